#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# stack.sh vlan|bond CARD ADDRESS/PREFIX: put the address on a VLAN on top of a card, or on a bond of it.
set -e
kind=$1 card=$2 address=$3
ip addr flush dev "$card"
case $kind in
vlan)
	modprobe 8021q
	top=$card.7
	ip link add link "$card" name "$top" type vlan id 7
	;;
bond)
	modprobe bonding max_bonds=0
	top=bond0
	ip link add "$top" type bond mode active-backup miimon 100
	ip link set "$card" down
	ip link set "$card" master "$top"
	;;
esac
echo 1 > "/proc/sys/net/ipv6/conf/$top/disable_ipv6"
ip link set "$top" up
ip addr replace "$address" dev "$top"
