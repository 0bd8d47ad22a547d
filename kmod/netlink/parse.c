// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing of requests, stricter than the kernel's own: an attribute that comes
 * twice is refused, where nla_parse() would silently take the last one.
 */
#include "netlink/netlink.h"

static int check_once(const struct nlattr *head, int len, u32 repeat,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	u32 seen = 0;
	int rem;

	nla_for_each_attr(attr, head, len, rem) {
		/* The policies have refused whatever is not below 32. */
		u32 bit = BIT(nla_type(attr) & 31);

		if (seen & bit & ~repeat) {
			knell_error_attr(extack, attr, "an attribute comes twice");
			return -EEXIST;
		}
		seen |= bit;
	}
	return 0;
}

int knell_nl_once(const struct genl_info *info, u32 repeat)
{
	static_assert(KNELL_A_MAX < 32 && KNELL_A_CLUSTER_MAX < 32 && KNELL_A_NODE_MAX < 32 &&
		      KNELL_A_APP_MAX < 32);

	return check_once(nlmsg_attrdata(info->nlhdr, GENL_HDRLEN),
			  nlmsg_attrlen(info->nlhdr, GENL_HDRLEN), repeat, info->extack);
}

int knell_nl_parse_nest(struct nlattr **tb, int maxtype, const struct nlattr *nest,
			const struct nla_policy *policy, u32 repeat,
			struct netlink_ext_ack *extack)
{
	int ret = nla_parse_nested(tb, maxtype, nest, policy, extack);

	return ret ? ret : check_once(nla_data(nest), nla_len(nest), repeat, extack);
}

int knell_nl_parse(struct nlattr **tb, int maxtype, const struct nlattr *nest,
		   const struct nla_policy *policy, struct genl_info *info)
{
	int ret = knell_nl_once(info, 0);

	return ret ? ret : knell_nl_parse_nest(tb, maxtype, nest, policy, 0, info->extack);
}
