// SPDX-License-Identifier: GPL-2.0
/* Links of the fabric over netlink. */
#include "fabric/switch.h"
#include "netlink/netlink.h"

int knell_nl_put_link(struct sk_buff *skb, struct knell_link *link)
{
	struct knell_link_info info = { 0 };
	struct nlattr *nest;

	knell_assert_locked();
	link->ops->info(link, &info);
	nest = nla_nest_start(skb, KNELL_A_LINK);
	if (!nest ||
	    nla_put_u32(skb, KNELL_A_LINK_ID, link->id) ||
	    nla_put_string(skb, KNELL_A_LINK_NAME, link->name) ||
	    nla_put_u8(skb, KNELL_A_LINK_KIND, link->ops->kind) ||
	    nla_put_u8(skb, KNELL_A_LINK_STATE, link->state) ||
	    nla_put_u16(skb, KNELL_A_LINK_PEER, link->peer) ||
	    nla_put_u64_64bit(skb, KNELL_A_LINK_TX_FRAMES, info.tx_frames, 0) ||
	    nla_put_u64_64bit(skb, KNELL_A_LINK_RX_FRAMES, info.rx_frames, 0) ||
	    nla_put_u32(skb, KNELL_A_LINK_TX_QUEUED, info.tx_queued) ||
	    nla_put_u64_64bit(skb, KNELL_A_LINK_TX_DROPPED, info.tx_dropped, 0) ||
	    nla_put_u64_64bit(skb, KNELL_A_LINK_RX_DROPPED, info.rx_dropped, 0) ||
	    nla_put_u64_64bit(skb, KNELL_A_LINK_RX_DUPLICATE, info.rx_duplicate, 0) ||
	    nla_put_u64_64bit(skb, KNELL_A_LINK_RESTARTS, info.restarts, 0) ||
	    nla_put_u32(skb, KNELL_A_LINK_PARKED, info.parked)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

int knell_nl_link_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knell_link *link;

	knell_core_lock();
	cb->seq = knell_table.dump_generation;
	list_for_each_entry(link, &knell_links, node) {
		void *hdr;

		if (link->id <= cb->args[0])
			continue;
		hdr = knell_nl_dump_begin(skb, cb, KNELL_CMD_LINK_GET);
		if (!hdr)
			break;
		if (knell_nl_put_link(skb, link)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = link->id;
	}
	knell_core_unlock();
	return skb->len;
}
