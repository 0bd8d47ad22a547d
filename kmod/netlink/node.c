// SPDX-License-Identifier: GPL-2.0
/* Nodes over netlink: the dump, and the helper's word on the own node. */
#include "fabric/switch.h"
#include "health/health.h"
#include "membership/status.h"
#include "netlink/netlink.h"
#include "notice/notice.h"

static int put_addresses(struct sk_buff *skb, const struct knell_node *node)
{
	unsigned int i;

	for (i = 0; i < node->n_addresses; i++) {
		int len = node->addresses[i].family == AF_INET ? 4 : 16;

		if (nla_put(skb, KNELL_A_NODE_ADDRESS, len, node->addresses[i].addr))
			return -EMSGSIZE;
	}
	return 0;
}

int knell_nl_put_node(struct sk_buff *skb, int attr, const struct knell_node *node,
		      const struct knell_node_rec *rec)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	knell_assert_locked();
	if (!nest ||
	    nla_put_u16(skb, KNELL_A_NODE_ID, node->id) ||
	    nla_put_string(skb, KNELL_A_NODE_NAME, node->name) ||
	    nla_put_u8(skb, KNELL_A_NODE_ROLE, node->role) ||
	    (node->initiator[0] &&
	     nla_put_string(skb, KNELL_A_NODE_INITIATOR, node->initiator)) ||
	    put_addresses(skb, node) ||
	    nla_put_u8(skb, KNELL_A_NODE_STATUS, rec->status) ||
	    nla_put_u8(skb, KNELL_A_NODE_REASON, rec->reason) ||
	    nla_put_u32(skb, KNELL_A_NODE_EPOCH, rec->epoch) ||
	    nla_put_u32(skb, KNELL_A_NODE_SEQ, rec->seq) ||
	    nla_put_u16(skb, KNELL_A_NODE_AUTHOR, rec->author) ||
	    nla_put_u32(skb, KNELL_A_NODE_GENERATION, rec->generation) ||
	    nla_put_u32(skb, KNELL_A_NODE_MIB_HASH, rec->mib_hash) ||
	    nla_put_u64_64bit(skb, KNELL_A_NODE_STAMP_NS, rec->stamp_ns, KNELL_A_NODE_UNSPEC) ||
	    nla_put_u32(skb, KNELL_A_NODE_SERVED, knell_node_serves(node)) ||
	    (node == knell_self() && nla_put_flag(skb, KNELL_A_NODE_SELF))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

int knell_nl_node_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knell_node *node;

	knell_core_lock();
	cb->seq = knell_table.dump_generation;
	for (node = knell_node_next(cb->args[0]); node; node = knell_node_next(node->id)) {
		void *hdr = knell_nl_dump_begin(skb, cb, KNELL_CMD_NODE_GET);

		if (!hdr)
			break;
		if (knell_nl_put_node(skb, KNELL_A_NODE, node, &node->rec)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = node->id;
	}
	knell_core_unlock();
	return skb->len;
}

/* The reasons a helper may give for its own node's DOWN. */
static u8 down_reason(const struct nlattr *attr)
{
	return attr ? nla_get_u8(attr) : KNELL_REASON_ADMIN;
}

static int set_status(u8 status, struct nlattr *const tb[], struct netlink_ext_ack *extack)
{
	int ret;

	knell_assert_locked();
	if (status == KNELL_STATUS_JOINING) {
		char why[KNELL_DETAIL_MAX];

		nla_strscpy(why, tb[KNELL_A_NODE_DETAIL], sizeof(why));
		knell_notice_not_ready(why);
		return 0;
	}
	if (status == KNELL_STATUS_STANDBY && knell_notice_watch_error()) {
		knell_error(extack,
			    "nothing watches this node: health could not be armed, see HEALTH_GET; it is tried again");
		return -EAGAIN;
	}
	ret = status == KNELL_STATUS_STANDBY ?
		knell_notice_event(KNELL_EV_PASSED, KNELL_REASON_TEST) :
		knell_notice_event(KNELL_EV_FAIL, down_reason(tb[KNELL_A_NODE_REASON]));
	if (ret)
		knell_error(extack,
			    "this node is DOWN, LOST or has left: join again with a higher epoch");
	return ret;
}

int knell_nl_status_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_NODE_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_NODE];
	u8 status;
	int ret;

	if (!knell_need(info->extack, NULL, info->attrs, KNELL_A_NODE, "the node"))
		return -EINVAL;
	ret = knell_nl_parse(tb, KNELL_A_NODE_MAX, nest, knell_status_policy, info);
	if (ret)
		return ret;
	if (!knell_need(info->extack, nest, tb, KNELL_A_NODE_STATUS, "the status"))
		return -EINVAL;
	status = nla_get_u8(tb[KNELL_A_NODE_STATUS]);
	if (status != KNELL_STATUS_STANDBY && status != KNELL_STATUS_DOWN &&
	    status != KNELL_STATUS_JOINING) {
		knell_error_attr(info->extack, tb[KNELL_A_NODE_STATUS],
				 "only STANDBY (tests passed), JOINING (not yet) and DOWN can be set");
		return -EINVAL;
	}
	if (status == KNELL_STATUS_JOINING &&
	    !knell_need(info->extack, nest, tb, KNELL_A_NODE_DETAIL, "why it is not ready"))
		return -EINVAL;
	knell_core_lock();
	if (!knell_table.config) {
		knell_error(info->extack, "no cluster is installed");
		ret = -ENOENT;
	} else {
		ret = set_status(status, tb, info->extack);
	}
	knell_core_unlock();
	return ret;
}

int knell_nl_released(struct sk_buff *skb, struct genl_info *info)
{
	int ret;

	knell_core_lock();
	ret = knell_notice_event(KNELL_EV_RELEASED, KNELL_REASON_NONE);
	if (ret)
		knell_error(info->extack, "this node is neither DOWN nor LOST: nothing to be released");
	knell_core_unlock();
	return ret;
}

int knell_nl_pet(struct sk_buff *skb, struct genl_info *info)
{
	knell_health_pet();
	return 0;
}
