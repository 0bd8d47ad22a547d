#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# target.sh data|mailbox IQN {INITIATOR PORTAL}...: export the data LUN or the mailbox LUN through LIO, LUN 1.
# NOPIN, NOPIN_RESPONSE (seconds), SERIAL and TAS (data) come from the environment.
set -e
what=$1 iqn=$2
shift 2
target=/sys/kernel/config/target
modprobe -a target_core_mod iscsi_target_mod
mkdir -p $target/iscsi

if [ "$what" = data ]; then
	modprobe target_core_iblock
	store=$target/core/iblock_0/data
	mkdir -p $store
	printf 'udev_path=/dev/disk/by-id/virtio-data' > $store/control
	echo /dev/disk/by-id/virtio-data > $store/udev_path
	# With 1 PREEMPT AND ABORT waits until the dead node has taken the answers to what was aborted.
	echo "${TAS:-0}" > $store/attrib/emulate_tas
else
	modprobe knell_target
	store=$target/core/knell_0/mailbox
	mkdir -p $store
fi
echo 1 > $store/enable
echo "$SERIAL" > $store/wwn/vpd_unit_serial


# LIO writes reservations to its database, but whoever configures it reads them back (as rtslib does).
saved=/etc/target/pr/aptpl_$SERIAL
if [ "$what" = data ] && [ -s "$saved" ]; then
	awk -v out="$store/pr/res_aptpl_metadata" '
		/^PR_REG_START/ { line = ""; next }
		/^PR_REG_END/ { print line > out; close(out); next }
		{ line = line (line == "" ? "" : ",") $1 }' "$saved"
fi

tpg=$target/iscsi/$iqn/tpgt_1
mkdir -p "$tpg/lun/lun_1"
echo 0 > "$tpg/attrib/authentication"
echo 0 > "$tpg/attrib/generate_node_acls"
ln -s "$store" "$tpg/lun/lun_1/store"
while [ $# -ge 2 ]; do
	acl=$tpg/acls/$1
	mkdir -p "$acl/lun_1"
	echo "$NOPIN" > "$acl/attrib/nopin_timeout"
	echo "$NOPIN_RESPONSE" > "$acl/attrib/nopin_response_timeout"
	ln -s "$tpg/lun/lun_1" "$acl/lun_1/lun"
	[ -d "$tpg/np/$2:3260" ] || mkdir -p "$tpg/np/$2:3260"
	shift 2
done
echo 1 > "$tpg/enable"
