// SPDX-License-Identifier: GPL-2.0
/*
 * Resolves the way to an address while the kernel is well, and builds the
 * Ethernet and IP headers of frames that take it.
 *
 * Context and locking: RTNL for resolve and release, process context for the
 * rest, except knell_path_checksum(), which also runs while dying: it only
 * computes. Addresses are looked up in the initial network namespace.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/addrconf.h>
#include <net/ip6_checksum.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "netpoll_tx.h"
#include "path.h"

#define KNELL_PATH_TTL		64

static struct dst_entry *knell_path_route4(struct knell_path *path, const void *src)
{
	struct flowi4 fl4 = { .flowi4_proto = IPPROTO_UDP };
	struct rtable *rt;

	memcpy(&fl4.daddr, path->dst, 4);
	if (src)
		memcpy(&fl4.saddr, src, 4);
	rt = ip_route_output_key(&init_net, &fl4);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (rt->rt_flags & (RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-EHOSTUNREACH);
	}
	memcpy(path->src, &fl4.saddr, 4);
	return &rt->dst;
}

static struct dst_entry *knell_path_route6(struct knell_path *path, const void *src)
{
	struct flowi6 fl6 = { .flowi6_proto = IPPROTO_UDP };
	struct dst_entry *dst;

	memcpy(&fl6.daddr, path->dst, 16);
	if (src)
		memcpy(&fl6.saddr, src, 16);
	dst = ipv6_stub->ipv6_dst_lookup_flow(&init_net, NULL, &fl6, NULL);
	if (!IS_ERR(dst))
		memcpy(path->src, &fl6.saddr, 16);
	return dst;
}

/* The MAC of the next hop; asks for it, once, if nobody has talked to it lately. */
static int knell_path_neighbour(struct knell_path *path, struct dst_entry *dst)
{
	struct neighbour *neigh = dst_neigh_lookup(dst, path->dst);

	if (IS_ERR_OR_NULL(neigh))
		return -EHOSTUNREACH;
	memcpy(path->hop, neigh->primary_key, min_t(size_t, neigh->tbl->key_len, 16));
	if (READ_ONCE(neigh->nud_state) & NUD_VALID)
		neigh_ha_snapshot(path->mac, neigh, dst->dev);
	else
		neigh_event_send(neigh, NULL);
	neigh_release(neigh);
	return 0;
}

/*
 * The device below VLANs, whose tags become part of the frame: a VLAN device
 * cannot be trusted to transmit while dying (see netpoll_tx.c).
 */
static struct net_device *knell_path_untag(struct knell_path *path, struct net_device *dev)
{
	struct knell_tag inner[KNELL_PATH_TAGS];
	unsigned int i, n = 0;

	while (is_vlan_dev(dev) && n < KNELL_PATH_TAGS) {
		inner[n].proto = vlan_dev_vlan_proto(dev);
		inner[n].tci = htons(vlan_dev_vlan_id(dev));
		dev = vlan_dev_real_dev(dev);
		n++;
	}
	for (i = 0; i < n; i++)
		path->tags[i] = inner[n - 1 - i];
	path->n_tags = n;
	return dev;
}

/**
 * knell_path_resolve() - find the way to an address
 * @path: filled; to be released also if the next hop's MAC is not known yet
 * @family: AF_INET or AF_INET6
 * @dst: address of the receiver, network order
 * @src: own address, or NULL: the one the route prefers
 *
 * Context: process, RTNL held.
 * Return: 0 (see knell_path_ready()), or -EAFNOSUPPORT, or why there is no way;
 * then nothing is to be released, but the names in @path stay for people.
 */
int knell_path_resolve(struct knell_path *path, u16 family, const void *dst, const void *src)
{
	struct dst_entry *route;
	int err;

	ASSERT_RTNL();
	memset(path, 0, sizeof(*path));
	path->family = family;
	if (family != AF_INET && family != AF_INET6)
		return -EAFNOSUPPORT;

	memcpy(path->dst, dst, family == AF_INET ? 4 : 16);
	route = family == AF_INET ? knell_path_route4(path, src) : knell_path_route6(path, src);
	if (IS_ERR(route))
		return PTR_ERR(route);

	path->ifindex = route->dev->ifindex;
	ether_addr_copy(path->own, route->dev->dev_addr);
	strscpy(path->ifname, route->dev->name, sizeof(path->ifname));
	path->tx = knell_tx_get(knell_path_untag(path, route->dev));
	if (IS_ERR(path->tx)) {
		err = PTR_ERR(path->tx);
		path->tx = NULL;
		goto out;
	}
	err = knell_path_neighbour(path, route);
	if (err)
		knell_path_release(path);
out:
	dst_release(route);
	return err;
}

/**
 * knell_path_release() - give the device back
 * @path: resolved or zero
 *
 * Context: process, RTNL held; no dying CPU may see @path any more.
 */
void knell_path_release(struct knell_path *path)
{
	knell_tx_put(path->tx);
	path->tx = NULL;
}

/**
 * knell_path_ready() - can a frame be built for it?
 * @path: resolved or zero
 */
bool knell_path_ready(const struct knell_path *path)
{
	return path->tx && is_valid_ether_addr(path->mac);
}

/**
 * knell_path_changed() - does news of a neighbour concern this way?
 * @path: resolved or zero
 * @neigh: what the news is about
 *
 * Changes of the reachability state alone are no news: a healthy cluster
 * would rebuild its frames for ever.
 *
 * Context: any; RCU read side.
 */
bool knell_path_changed(const struct knell_path *path, const struct neighbour *neigh)
{
	u8 mac[MAX_ADDR_LEN];

	if (!READ_ONCE(path->tx) || path->ifindex != neigh->dev->ifindex)
		return false;
	if (neigh->tbl->key_len != (path->family == AF_INET ? 4 : 16))
		return false;
	if (memcmp(neigh->primary_key, path->hop, neigh->tbl->key_len))
		return false;
	if (!(READ_ONCE(neigh->nud_state) & NUD_VALID))
		return false;
	neigh_ha_snapshot(mac, neigh, neigh->dev);
	return !ether_addr_equal_unaligned(mac, path->mac);
}

/**
 * knell_path_skb() - a frame with Ethernet and IP header and room for the rest
 * @path: ready
 * @protocol: IPPROTO_UDP or IPPROTO_TCP
 * @len: octets of transport header and payload
 *
 * Context: process.
 * Return: the frame, its transport header and payload zeroed, or NULL.
 */
struct sk_buff *knell_path_skb(const struct knell_path *path, u8 protocol, size_t len)
{
	struct net_device *dev = knell_tx_dev(path->tx);
	bool v4 = path->family == AF_INET;
	size_t ip_len = v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	size_t head = LL_RESERVED_SPACE(dev) + path->n_tags * VLAN_HLEN + ip_len;
	__be16 proto = htons(v4 ? ETH_P_IP : ETH_P_IPV6);
	struct sk_buff *skb;
	struct ethhdr *eth;
	unsigned int i;

	skb = alloc_skb(head + len + dev->needed_tailroom, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, head);
	skb_put_zero(skb, len);
	skb_reset_transport_header(skb);

	skb_push(skb, ip_len);
	skb_reset_network_header(skb);
	memset(skb->data, 0, ip_len);
	if (v4) {
		struct iphdr *ip = ip_hdr(skb);

		ip->version = 4;
		ip->ihl = sizeof(*ip) / 4;
		ip->tot_len = htons(ip_len + len);
		ip->frag_off = htons(IP_DF);
		ip->ttl = KNELL_PATH_TTL;
		ip->protocol = protocol;
		memcpy(&ip->saddr, path->src, 4);
		memcpy(&ip->daddr, path->dst, 4);
		ip->check = ip_fast_csum(ip, ip->ihl);
	} else {
		struct ipv6hdr *ip6 = ipv6_hdr(skb);

		ip6->version = 6;
		ip6->payload_len = htons(len);
		ip6->nexthdr = protocol;
		ip6->hop_limit = KNELL_PATH_TTL;
		memcpy(&ip6->saddr, path->src, 16);
		memcpy(&ip6->daddr, path->dst, 16);
	}

	for (i = path->n_tags; i--; ) {
		struct vlan_hdr *tag = skb_push(skb, VLAN_HLEN);

		tag->h_vlan_TCI = path->tags[i].tci;
		tag->h_vlan_encapsulated_proto = proto;
		proto = path->tags[i].proto;
	}

	eth = skb_push(skb, ETH_HLEN);
	skb_reset_mac_header(skb);
	ether_addr_copy(eth->h_source, path->own);
	ether_addr_copy(eth->h_dest, path->mac);
	eth->h_proto = proto;
	skb->protocol = eth->h_proto;
	skb->dev = dev;
	return skb;
}

/**
 * knell_path_checksum() - complete the transport checksum
 * @path: the way @skb was built for
 * @skb: everything else in it is final
 * @protocol: as it was built
 * @check: checksum field in @skb
 *
 * Context: any, NMI included; only computes.
 */
void knell_path_checksum(const struct knell_path *path, struct sk_buff *skb, u8 protocol,
			 __sum16 *check)
{
	u8 *start = skb_transport_header(skb);
	size_t len = skb_tail_pointer(skb) - start;
	__wsum sum;

	*check = 0;
	sum = csum_partial(start, len, 0);
	if (path->family == AF_INET)
		*check = csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len,
					   protocol, sum);
	else
		*check = csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len,
					 protocol, sum);
	if (protocol == IPPROTO_UDP && !*check)
		*check = CSUM_MANGLED_0;
}
