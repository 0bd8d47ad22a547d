#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# vng.sh FOLDER: make a virtme-ng guest look like a fast VM, then run the agent. FOLDER/root
# is laid over the root file system.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
folder=$1
cp -a "$folder/root/." /
mkdir -p /run/lock/iscsi /etc/target/pr /var/lib/knell /etc/knell /srv/records
modprobe -a virtio_blk virtio_net virtio_console ext4 configfs
mountpoint -q /sys/kernel/config || mount -t configfs config /sys/kernel/config
rm -rf /etc/iscsi/nodes /etc/iscsi/send_targets
ip link set lo up
port=
while [ -z "$port" ]; do
	for dir in /sys/class/virtio-ports/*; do
		[ "$(cat "$dir/name" 2>/dev/null)" = knell.agent ] && port=/dev/${dir##*/}
	done
done
exec "$folder/agent" "$port"
