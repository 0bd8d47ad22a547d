#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# state.sh: mount the disk that outlives a restart and put what must be kept on it.
set -e
[ -d /state/knell ] && exit 0
disk=/dev/disk/by-id/virtio-state
blkid "$disk" >/dev/null || mkfs.ext4 -q -E lazy_itable_init=0 "$disk"
mkdir -p /state /etc/target /var/lib/knell
mount -t ext4 "$disk" /state
mkdir -p /state/knell /state/target/pr
mount --bind /state/knell /var/lib/knell
mount --bind /state/target /etc/target
