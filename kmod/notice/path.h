/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a prebuilt frame to an address: device, source, next hop's MAC. */
#ifndef KNELL_NOTICE_PATH_H
#define KNELL_NOTICE_PATH_H

#include <linux/if_ether.h>
#include <linux/types.h>

struct knell_tx;
struct neighbour;
struct sk_buff;

/**
 * struct knell_path - a way to an address, resolved in advance
 * @tx: prepared device, NULL = there is no way
 * @family: AF_INET or AF_INET6
 * @src: own address
 * @dst: address of the receiver
 * @hop: neighbour the frame is handed to (the receiver or a gateway)
 * @mac: hardware address of @hop, zero while unknown
 */
struct knell_path {
	struct knell_tx *tx;
	u16 family;
	u8 src[16];
	u8 dst[16];
	u8 hop[16];
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
