// SPDX-License-Identifier: GPL-2.0
/* Counters and health checks over netlink. */
#include "health/health.h"
#include "membership/counter.h"
#include "netlink/netlink.h"
#include "notice/lastgasp.h"
#include "notice/notice.h"

static int put_counter(struct sk_buff *skb, const char *name, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, KNELL_A_COUNTER);

	if (!nest || nla_put_string(skb, KNELL_A_COUNTER_NAME, name) ||
	    nla_put_u64_64bit(skb, KNELL_A_COUNTER_VALUE, value, KNELL_A_COUNTER_UNSPEC))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int knell_nl_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct knell_nl_msg msg;
	const char *name;
	unsigned int i;
	u64 value;
	int ret = 0;

	if (!knell_nl_reply_begin(&msg, info, KNELL_CMD_STATS_GET, 2 * NLMSG_DEFAULT_SIZE))
		return -ENOMEM;
	for (i = 0; i < KNELL_COUNTER_MAX && !ret; i++)
		ret = put_counter(msg.skb, knell_counter_names[i],
				  atomic64_read(&knell_counters[i]));
	for (i = 0; !ret && !knell_lastgasp_counter(i, &name, &value); i++)
		ret = put_counter(msg.skb, name, value);
	return knell_nl_reply_end(&msg, info, ret);
}

int knell_nl_put_check(struct sk_buff *skb, const struct knell_check_info *check)
{
	struct nlattr *nest = nla_nest_start(skb, KNELL_A_CHECK);

	if (!nest ||
	    nla_put_string(skb, KNELL_A_CHECK_NAME, check->name) ||
	    nla_put_u8(skb, KNELL_A_CHECK_ANSWER, check->answer) ||
	    nla_put_u8(skb, KNELL_A_CHECK_REASON, check->reason) ||
	    nla_put_u64_64bit(skb, KNELL_A_CHECK_RUNS, check->runs, KNELL_A_CHECK_UNSPEC) ||
	    nla_put_u32(skb, KNELL_A_CHECK_MISSED, check->missed) ||
	    nla_put_u32(skb, KNELL_A_CHECK_LIMIT, check->limit) ||
	    nla_put_string(skb, KNELL_A_CHECK_DETAIL, check->detail)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* The checks of the host, then whether they and the last gasp are armed. */
static int check_info(unsigned int index, struct knell_check_info *check)
{
	unsigned int checks = 0;

	while (!knell_health_info(checks, check)) {
		if (checks == index)
			return 0;
		checks++;
	}
	return knell_notice_info(index - checks, check);
}

int knell_nl_health_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knell_check_info check;

	cb->seq = 1;	/* the list of checks never changes */
	while (!check_info(cb->args[0], &check)) {
		void *hdr = knell_nl_dump_begin(skb, cb, KNELL_CMD_HEALTH_GET);

		if (!hdr)
			break;
		if (knell_nl_put_check(skb, &check)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0]++;
	}
	return skb->len;
}
