/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a prebuilt frame to an address: device, source, next hop's MAC. */
#ifndef KNELL_NOTICE_PATH_H
#define KNELL_NOTICE_PATH_H

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/types.h>

/* Stacked VLANs a way may lead through. */
#define KNELL_PATH_TAGS	2

struct knell_tx;
struct neighbour;
struct sk_buff;

/**
 * struct knell_tag - one VLAN tag
 * @proto: ETH_P_8021Q or ETH_P_8021AD, network order
 * @tci: network order
 */
struct knell_tag {
	__be16 proto;
	__be16 tci;
};

/**
 * struct knell_path - a way to an address, resolved in advance
 * @tx: prepared device, NULL = there is no way
 * @ifindex: device of the route, which may be a VLAN on top of @tx
 * @ifname: its name, for people; set as soon as there is a route
 * @n_tags: VLAN tags between the two
 * @tags: of the frame, outermost first
 * @family: AF_INET or AF_INET6
 * @src: own address
 * @dst: address of the receiver
 * @hop: neighbour the frame is handed to (the receiver or a gateway)
 * @own: hardware address of the route's device
 * @mac: hardware address of @hop, zero while unknown
 */
struct knell_path {
	struct knell_tx *tx;
	int ifindex;
	char ifname[IFNAMSIZ];
	unsigned int n_tags;
	struct knell_tag tags[KNELL_PATH_TAGS];
	u16 family;
	u8 src[16];
	u8 dst[16];
	u8 hop[16];
	u8 own[ETH_ALEN];
	u8 mac[ETH_ALEN];
};

int knell_path_resolve(struct knell_path *path, u16 family, const void *dst, const void *src);
void knell_path_release(struct knell_path *path);
bool knell_path_ready(const struct knell_path *path);
bool knell_path_changed(const struct knell_path *path, const struct neighbour *neigh);

struct sk_buff *knell_path_skb(const struct knell_path *path, u8 protocol, size_t len);
void knell_path_checksum(const struct knell_path *path, struct sk_buff *skb, u8 protocol,
			 __sum16 *check);

#endif /* KNELL_NOTICE_PATH_H */
