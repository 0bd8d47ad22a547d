#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# login.sh PORTAL IQN NOOP REPLACEMENT: log in to a target, NOP-Out every NOOP seconds (0 = never); keeps trying.
set -e
portal=$1 iqn=$2 noop=$3 replacement=$4
modprobe -a iscsi_tcp sd_mod sg
exec 9>/run/login.lock
flock 9
if ! pgrep -x iscsid >/dev/null; then
	echo "InitiatorName=iqn.2026-11.example:$(hostname)" > /etc/iscsi/initiatorname.iscsi
	printf 'iscsid.startup = /usr/sbin/iscsid\nnode.startup = manual\n' > /etc/iscsi/iscsid.conf
	iscsid </dev/null >/run/iscsid.log 2>&1 9>&-
fi
exec 9>&-
iscsiadm -m node -T "$iqn" -p "$portal" -o new >/dev/null
set_value() { iscsiadm -m node -T "$iqn" -p "$portal" -o update -n "$1" -v "$2"; }
set_value 'node.conn[0].timeo.noop_out_interval' "$noop"
set_value 'node.conn[0].timeo.noop_out_timeout' "$noop"
set_value node.session.timeo.replacement_timeout "$replacement"
set_value node.session.initial_login_retry_max 60
set_value 'node.conn[0].timeo.login_timeout' 5
until iscsiadm -m session 2>/dev/null | grep -q " $iqn "; do
	iscsiadm -m node -T "$iqn" -p "$portal" --login >/run/login.log 2>&1 || cat /run/login.log >&2
done
