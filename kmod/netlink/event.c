// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that changes, as an event with the content of the corresponding
 * get.
 *
 * Context and locking: knell_lock held (but for what health tells);
 * never sleeps.
 */
#include "fabric/switch.h"
#include "health/health.h"
#include "netlink/netlink.h"

static void heard_node(struct knell_node *node, const struct knell_node_rec *old)
{
	struct knell_nl_msg msg;

	if (!memcmp(old, &node->rec, sizeof(*old)) ||
	    !knell_nl_event_begin(&msg, KNELL_CMD_NODE_GET))
		return;
	knell_nl_event_end(&msg, knell_nl_put_node(msg.skb, KNELL_A_NODE, node, &node->rec) ||
			   knell_nl_put_node(msg.skb, KNELL_A_NODE_OLD, node, old));
}

static void heard_app(struct knell_app *app, const struct knell_app_rec *old)
{
	struct knell_nl_msg msg;

	if (!memcmp(old, &app->rec, sizeof(*old)) ||
	    !knell_nl_event_begin(&msg, KNELL_CMD_APP_GET))
		return;
	knell_nl_event_end(&msg, knell_nl_put_app(msg.skb, KNELL_A_APP, app, &app->rec) ||
			   knell_nl_put_app(msg.skb, KNELL_A_APP_OLD, app, old));
}

static void heard_link(struct knell_link *link, u8 was)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_LINK_GET))
		knell_nl_event_end(&msg, knell_nl_put_link(msg.skb, link));
}

static int put_order(struct sk_buff *skb, u16 origin, const struct knell_order_info *order)
{
	struct nlattr *nest = nla_nest_start(skb, KNELL_A_ORDER);

	if (!nest ||
	    nla_put_u16(skb, KNELL_A_ORDER_NODE, knell_table.config->cluster.self) ||
	    nla_put_u16(skb, KNELL_A_ORDER_WHAT, order->order) ||
	    nla_put_u16(skb, KNELL_A_ORDER_APP, order->app) ||
	    nla_put_u16(skb, KNELL_A_ORDER_ARG, order->arg) ||
	    nla_put_u16(skb, KNELL_A_ORDER_ORIGIN, origin))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static void heard_order(u16 origin, const struct knell_order_info *order)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_ORDER))
		knell_nl_event_end(&msg, put_order(msg.skb, origin, order));
}

static int put_message(struct sk_buff *skb, u16 origin, const void *data, u16 length)
{
	struct nlattr *nest = nla_nest_start(skb, KNELL_A_MESSAGE);

	if (!nest || nla_put_u16(skb, KNELL_A_MESSAGE_NODE, origin) ||
	    nla_put(skb, KNELL_A_MESSAGE_DATA, length, data))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static void heard_message(u16 origin, const void *data, u16 length)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_MESSAGE))
		knell_nl_event_end(&msg, put_message(msg.skb, origin, data, length));
}

static int put_stranger(struct sk_buff *skb, u32 link, const char *name, const void *data,
			u16 length)
{
	struct nlattr *nest = nla_nest_start(skb, KNELL_A_MESSAGE);

	if (!nest || nla_put_u32(skb, KNELL_A_MESSAGE_LINK, link) ||
	    nla_put_string(skb, KNELL_A_MESSAGE_NAME, name) ||
	    nla_put(skb, KNELL_A_MESSAGE_DATA, length, data))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static void heard_stranger(struct knell_link *link, const void *data, u16 length)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_MESSAGE))
		knell_nl_event_end(&msg, put_stranger(msg.skb, link->id, link->name, data, length));
}

/* Of one process on this node to its helper, which need not be in a cluster for that. */
void knell_nl_event_self(const void *data, u16 length)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_MESSAGE))
		knell_nl_event_end(&msg, put_stranger(msg.skb, 0, "", data, length));
}

static int put_probe(struct sk_buff *skb, u16 origin, const struct knell_probe *probe)
{
	struct nlattr *nest = nla_nest_start(skb, KNELL_A_PROBE);

	if (!nest || nla_put_u16(skb, KNELL_A_PROBE_NODE, origin) ||
	    nla_put_u64_64bit(skb, KNELL_A_PROBE_COOKIE, probe->cookie, 0) ||
	    nla_put_u64_64bit(skb, KNELL_A_PROBE_RTT_NS, ktime_get_ns() - probe->stamp_ns, 0))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static void heard_probe_reply(u16 origin, const struct knell_probe *probe)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_PROBE))
		knell_nl_event_end(&msg, put_probe(msg.skb, origin, probe));
}

void knell_nl_event_cluster(const struct knell_cluster *cluster)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_CLUSTER_GET))
		knell_nl_event_end(&msg, knell_nl_put_cluster(msg.skb, cluster));
}

void knell_nl_event_answer(const struct knell_check_info *check)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_HEALTH_GET))
		knell_nl_event_end(&msg, knell_nl_put_check(msg.skb, check));
}

void knell_nl_event_conflict(const char *device)
{
	struct knell_nl_msg msg;

	if (knell_nl_event_begin(&msg, KNELL_CMD_CONFLICT))
		knell_nl_event_end(&msg, nla_put_string(msg.skb, KNELL_A_DEVICE, device));
}

static struct knell_listener listener = {
	.node = heard_node,
	.app = heard_app,
	.link = heard_link,
	.order = heard_order,
	.message = heard_message,
	.stranger = heard_stranger,
	.probe_reply = heard_probe_reply,
};

void knell_nl_event_init(void)
{
	knell_listen(&listener);
}

void knell_nl_event_exit(void)
{
	knell_unlisten(&listener);
}
