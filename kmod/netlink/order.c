// SPDX-License-Identifier: GPL-2.0
/* Orders, probes and messages to other nodes. */
#include <linux/ktime.h>

#include "fabric/switch.h"
#include "netlink/netlink.h"
#include "recovery/recovery.h"

static int explain_send(int ret, struct netlink_ext_ack *extack)
{
	switch (ret) {
	case -EHOSTUNREACH:
		knell_error(extack, "no link leads to that node now: see LINK_GET");
		break;
	case -ENOBUFS:
		knell_error(extack, "the queue to that node is full: try again later");
		break;
	case -ENOMEM:
		knell_error(extack, "no memory for a frame: try again later");
		break;
	}
	return ret;
}

/* May something be sent to @node? It must exist and be another one. */
static int check_dest(u16 node, struct nlattr *attr, struct netlink_ext_ack *extack)
{
	knell_assert_locked();
	if (!knell_table.config) {
		knell_error(extack, "no cluster is installed");
		return -ENOENT;
	}
	if (!knell_node_get(node)) {
		knell_error_attr(extack, attr, "there is no such node");
		return -ENOENT;
	}
	return 0;
}

int knell_nl_order(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_ORDER_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_ORDER];
	struct knell_order_info order = { 0 }, check;
	struct knell_wire_order wire;
	u16 node;
	int ret;

	if (!knell_need(info->extack, NULL, info->attrs, KNELL_A_ORDER, "the order"))
		return -EINVAL;
	ret = knell_nl_parse(tb, KNELL_A_ORDER_MAX, nest, knell_order_policy, info);
	if (ret)
		return ret;
	if (!knell_need(info->extack, nest, tb, KNELL_A_ORDER_NODE, "whom the order is for") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_ORDER_WHAT, "what is ordered"))
		return -EINVAL;
	node = nla_get_u16(tb[KNELL_A_ORDER_NODE]);
	order.order = nla_get_u16(tb[KNELL_A_ORDER_WHAT]);
	if (tb[KNELL_A_ORDER_APP])
		order.app = nla_get_u16(tb[KNELL_A_ORDER_APP]);
	if (tb[KNELL_A_ORDER_ARG])
		order.arg = nla_get_u16(tb[KNELL_A_ORDER_ARG]);
	knell_wire_put_order(&wire, &order);
	if (knell_wire_get_order(&wire, sizeof(wire), &check)) {
		knell_error(info->extack, "the argument or application does not go with this order");
		return -EINVAL;
	}
	knell_core_lock();
	ret = node == KNELL_NODE_ALL && knell_table.config ? 0 :
		check_dest(node, tb[KNELL_A_ORDER_NODE], info->extack);
	if (!ret && order.app && !knell_app_get(order.app)) {
		knell_error_attr(info->extack, tb[KNELL_A_ORDER_APP],
				 "there is no such application");
		ret = -ENOENT;
	}
	if (!ret)
		ret = explain_send(knell_recovery_order(node, &order), info->extack);
	knell_core_unlock();
	return ret;
}

int knell_nl_probe(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_PROBE_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_PROBE];
	struct knell_probe probe;
	struct knell_wire_probe wire;
	u16 node;
	int ret;

	if (!knell_need(info->extack, NULL, info->attrs, KNELL_A_PROBE, "the probe"))
		return -EINVAL;
	ret = knell_nl_parse(tb, KNELL_A_PROBE_MAX, nest, knell_probe_policy, info);
	if (ret)
		return ret;
	if (!knell_need(info->extack, nest, tb, KNELL_A_PROBE_NODE, "the node to probe") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_PROBE_COOKIE, "the probe's cookie"))
		return -EINVAL;
	node = nla_get_u16(tb[KNELL_A_PROBE_NODE]);
	probe.cookie = nla_get_u64(tb[KNELL_A_PROBE_COOKIE]);
	knell_core_lock();
	ret = check_dest(node, tb[KNELL_A_PROBE_NODE], info->extack);
	probe.stamp_ns = ktime_get_ns();
	if (!ret && node == knell_table.config->cluster.self) {
		knell_tell(probe_reply, node, &probe);
	} else if (!ret) {
		knell_wire_put_probe(&wire, &probe);
		ret = explain_send(knell_switch_send(KNELL_FRAME_PROBE, node, &wire,
						     sizeof(wire)), info->extack);
	}
	knell_core_unlock();
	return ret;
}

static int message_stranger(struct nlattr *link, struct nlattr *data,
			    struct netlink_ext_ack *extack)
{
	int ret;

	if (!nla_get_u32(link)) {
		knell_nl_event_self(nla_data(data), nla_len(data));
		return 0;
	}
	knell_core_lock();
	ret = knell_switch_send_stranger(nla_get_u32(link), nla_data(data), nla_len(data));
	knell_core_unlock();
	if (ret == -EHOSTUNREACH) {
		knell_error_attr(extack, link, "no such link to a stranger: see LINK_GET");
		return ret;
	}
	return explain_send(ret, extack);
}

int knell_nl_message(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_MESSAGE_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_MESSAGE], *data, *link;
	u16 node;
	int ret;

	if (!knell_need(info->extack, NULL, info->attrs, KNELL_A_MESSAGE, "the message"))
		return -EINVAL;
	ret = knell_nl_parse(tb, KNELL_A_MESSAGE_MAX, nest, knell_message_policy, info);
	if (ret)
		return ret;
	link = tb[KNELL_A_MESSAGE_LINK];
	if ((!link &&
	     !knell_need(info->extack, nest, tb, KNELL_A_MESSAGE_NODE, "the receiver")) ||
	    !knell_need(info->extack, nest, tb, KNELL_A_MESSAGE_DATA, "the message's text"))
		return -EINVAL;
	data = tb[KNELL_A_MESSAGE_DATA];
	if (!nla_len(data)) {
		knell_error_attr(info->extack, data, "the message is empty");
		return -EINVAL;
	}
	if (link && tb[KNELL_A_MESSAGE_NODE]) {
		knell_error_attr(info->extack, link,
				 "a message goes to a node or over a link, not both");
		return -EINVAL;
	}
	if (link)
		return message_stranger(link, data, info->extack);
	node = nla_get_u16(tb[KNELL_A_MESSAGE_NODE]);
	knell_core_lock();
	ret = check_dest(node, tb[KNELL_A_MESSAGE_NODE], info->extack);
	if (!ret && node == knell_table.config->cluster.self)
		knell_tell(message, node, nla_data(data), nla_len(data));
	else if (!ret)
		ret = explain_send(knell_switch_send(KNELL_FRAME_MESSAGE, node, nla_data(data),
						     nla_len(data)), info->extack);
	knell_core_unlock();
	return ret;
}

int knell_nl_strangers(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_MESSAGE_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_MESSAGE];
	int ret;

	if (!knell_need(info->extack, NULL, info->attrs, KNELL_A_MESSAGE, "what is to be"))
		return -EINVAL;
	ret = knell_nl_parse(tb, KNELL_A_MESSAGE_MAX, nest, knell_strangers_policy, info);
	if (ret)
		return ret;
	if (!knell_need(info->extack, nest, tb, KNELL_A_MESSAGE_STRANGERS,
			"whether strangers are welcome"))
		return -EINVAL;
	knell_strangers_set(nla_get_u8(tb[KNELL_A_MESSAGE_STRANGERS]));
	knell_links_rejoin(false);
	return 0;
}
