// SPDX-License-Identifier: GPL-2.0
/*
 * The family itself: its commands, and how replies, dumps and events are made.
 *
 * Context and locking: process context. Events are composed with knell_lock
 * held and without sleeping, so that a subscriber or a shortage of memory
 * cannot hold up a notice; who loses one is told by ENOBUFS and dumps again.
 */
#include <linux/module.h>
#include <linux/ktime.h>

#include "membership/counter.h"
#include "netlink/netlink.h"

/* Takes none. Not a policy for no types at all: then the core would not even look at attributes. */
static const struct nla_policy no_attrs[KNELL_A_MAX + 1];

#define DO(command, function, attrs) {				\
	.cmd = KNELL_CMD_##command,				\
	.doit = function,					\
	.policy = attrs,					\
	.maxattr = ARRAY_SIZE(attrs) - 1,			\
	.flags = GENL_ADMIN_PERM,				\
}

#define DUMP(command, function) {				\
	.cmd = KNELL_CMD_##command,				\
	.dumpit = function,					\
	.policy = no_attrs,					\
	.maxattr = KNELL_A_MAX,					\
	.flags = GENL_ADMIN_PERM,				\
}

static const struct genl_ops ops[] = {
	DO(CLUSTER_SET, knell_nl_cluster_set, knell_set_attrs),
	DO(CLUSTER_GET, knell_nl_cluster_get, no_attrs),
	DO(CLUSTER_DEL, knell_nl_cluster_del, no_attrs),
	DUMP(NODE_GET, knell_nl_node_dump),
	DUMP(APP_GET, knell_nl_app_dump),
	DUMP(LINK_GET, knell_nl_link_dump),
	DUMP(HEALTH_GET, knell_nl_health_dump),
	DO(STATS_GET, knell_nl_stats_get, no_attrs),
	DO(PET, knell_nl_pet, no_attrs),
	DO(STATUS_SET, knell_nl_status_set, knell_status_attrs),
	DO(APP_REPORT, knell_nl_app_report, knell_report_attrs),
	DO(APP_RESTORE, knell_nl_app_restore, knell_restore_attrs),
	DO(ORDER, knell_nl_order, knell_order_attrs),
	DO(PROBE, knell_nl_probe, knell_probe_attrs),
	DO(MESSAGE, knell_nl_message, knell_message_attrs),
	DO(MIB_SET, knell_nl_mib_set, knell_mib_set_attrs),
	DO(MIB_GET, knell_nl_mib_get, knell_mib_get_attrs),
	DO(RELEASED, knell_nl_released, no_attrs),
	DO(STRANGERS, knell_nl_strangers, knell_strangers_attrs),
};

static const struct genl_multicast_group groups[] = {
	{ .name = KNELL_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family knell_family __ro_after_init = {
	.name = KNELL_FAMILY_NAME,
	.version = KNELL_FAMILY_VERSION,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.parallel_ops = true,
};

bool knell_nl_reply_begin(struct knell_nl_msg *msg, struct genl_info *info, u8 cmd, size_t room)
{
	msg->hdr = NULL;
	msg->skb = genlmsg_new(room, GFP_KERNEL);
	if (msg->skb)
		msg->hdr = genlmsg_put_reply(msg->skb, info, &knell_family, 0, cmd);
	if (msg->hdr)
		return true;
	nlmsg_free(msg->skb);
	knell_error(info->extack, "no memory for the reply");
	return false;
}

int knell_nl_reply_end(struct knell_nl_msg *msg, struct genl_info *info, int error)
{
	if (error) {
		nlmsg_free(msg->skb);
		knell_error(info->extack, "the reply does not fit into a message");
		return error;
	}
	genlmsg_end(msg->skb, msg->hdr);
	return genlmsg_reply(msg->skb, info);
}

static void event_lost(void)
{
	knell_count(events_lost);
	genl_set_err(&knell_family, &init_net, 0, 0, -ENOBUFS);
}

bool knell_nl_event_begin(struct knell_nl_msg *msg, u8 cmd)
{
	if (!genl_has_listeners(&knell_family, &init_net, 0))
		return false;
	msg->hdr = NULL;
	msg->skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (msg->skb)
		msg->hdr = genlmsg_put(msg->skb, 0, 0, &knell_family, 0, cmd);
	if (msg->hdr &&
	    !nla_put_u64_64bit(msg->skb, KNELL_A_TIME_NS, ktime_get_real_ns(), KNELL_A_UNSPEC))
		return true;
	nlmsg_free(msg->skb);
	event_lost();
	return false;
}

void knell_nl_event_end(struct knell_nl_msg *msg, int error)
{
	if (error) {
		nlmsg_free(msg->skb);
		event_lost();
		return;
	}
	genlmsg_end(msg->skb, msg->hdr);
	genlmsg_multicast_netns(&knell_family, &init_net, msg->skb, 0, 0, GFP_ATOMIC);
}

void *knell_nl_dump_begin(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&knell_family, NLM_F_MULTI, cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

int knell_netlink_init(void)
{
	int ret = genl_register_family(&knell_family);

	if (ret)
		return ret;
	knell_nl_event_init();
	return 0;
}

void knell_netlink_exit(void)
{
	knell_nl_event_exit();
	genl_unregister_family(&knell_family);
	knell_nl_mib_forget();
}
