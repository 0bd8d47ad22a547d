#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# state.sh: mount the disk that outlives a restart and put what must be kept on it.
set -e
[ -d /run/state/knell ] && exit 0
disk=/dev/disk/by-id/virtio-state
blkid "$disk" >/dev/null || mkfs.ext4 -q -E lazy_itable_init=0 "$disk"
mkdir -p /run/state /etc/target /var/lib/knell
# LIO does not flush the file it keeps reservations in: without "sync" a power loss forgets the last ones
mount -t ext4 -o sync "$disk" /run/state
mkdir -p /run/state/knell /run/state/target/pr
mount --bind /run/state/knell /var/lib/knell
mount --bind /run/state/target /etc/target
