#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# net.sh {MAC NAME ADDRESS/PREFIX}...: find a network card by its MAC, name it, bring it up.
set -e
while [ $# -ge 3 ]; do
	found=
	for dir in /sys/class/net/*; do
		[ "$(cat "$dir/address")" = "$1" ] && found=${dir##*/}
	done
	[ -n "$found" ] || { echo "net.sh: no card with MAC $1" >&2; exit 1; }
	if [ "$found" != "$2" ]; then
		ip link set "$found" down
		ip link set "$found" name "$2"
	fi
	# no IPv6 chatter on a link whose packets are counted
	echo 1 > "/proc/sys/net/ipv6/conf/$2/disable_ipv6"
	ip link set "$2" up
	ip addr replace "$3" dev "$2"
	shift 3
done
