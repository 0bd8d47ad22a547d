// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes and messages: validation with the outcome of lib/nlattr.c under
 * NL_VALIDATE_STRICT for the kinds of policy the family uses, and writing.
 */
#include <net/genetlink.h>

#define MAX_DEPTH 10

struct net init_net;

static int refuse(struct netlink_ext_ack *extack, const struct nlattr *attr, int error, const char *why)
{
	NL_SET_ERR_MSG_ATTR(extack, attr, why);
	return error;
}

/* The smallest and largest @policy lets through, as nla_get_range_unsigned() says. */
static struct netlink_range_validation range_of(const struct nla_policy *policy)
{
	switch (policy->validation_type) {
	case NLA_VALIDATE_RANGE:
		return (struct netlink_range_validation){ (u64)policy->min, (u64)policy->max };
	case NLA_VALIDATE_MAX:
		return (struct netlink_range_validation){ 0, (u64)policy->max };
	case NLA_VALIDATE_RANGE_PTR:
		return *policy->range;
	default:
		return (struct netlink_range_validation){ 0, UINT64_MAX };
	}
}

static int validate_value(const struct nla_policy *policy, const struct nlattr *attr, u64 value,
			  struct netlink_ext_ack *extack)
{
	const struct netlink_range_validation range = range_of(policy);

	if (value < range.min || value > range.max)
		return refuse(extack, attr, -ERANGE, "integer out of range");
	if (policy->validation_type == NLA_VALIDATE_MASK && value & ~(u64)policy->mask)
		return refuse(extack, attr, -EINVAL, "reserved bit set");
	return 0;
}

static int parse(struct nlattr **tb, int maxtype, const struct nlattr *head, int len,
		 const struct nla_policy *policy, struct netlink_ext_ack *extack, int depth);

static int validate(const struct nlattr *attr, const struct nla_policy *policy,
		    struct netlink_ext_ack *extack, int depth)
{
	static const int exact[NLA_NESTED + 1] = {
		[NLA_U8] = sizeof(u8), [NLA_U16] = sizeof(u16), [NLA_U32] = sizeof(u32), [NLA_U64] = sizeof(u64),
	};
	const int len = nla_len(attr);

	if (exact[policy->type] && len != exact[policy->type])
		return refuse(extack, attr, -EINVAL, "invalid attribute length");
	if (policy->type == NLA_NESTED && !(attr->nla_type & NLA_F_NESTED))
		return refuse(extack, attr, -EINVAL, "NLA_F_NESTED is missing");
	if (policy->type != NLA_NESTED && policy->type != NLA_UNSPEC && attr->nla_type & NLA_F_NESTED)
		return refuse(extack, attr, -EINVAL, "NLA_F_NESTED not expected");
	switch (policy->type) {
	case NLA_U8:
		return validate_value(policy, attr, nla_get_u8(attr), extack);
	case NLA_U16:
		return validate_value(policy, attr, nla_get_u16(attr), extack);
	case NLA_U32:
		return validate_value(policy, attr, nla_get_u32(attr), extack);
	case NLA_U64:
		return validate_value(policy, attr, nla_get_u64(attr), extack);
	case NLA_NUL_STRING: {
		int searched = policy->len && len > policy->len + 1 ? policy->len + 1 : len;

		if (!searched || !memchr(nla_data(attr), '\0', (size_t)searched))
			return refuse(extack, attr, -EINVAL, "unterminated string");
		if (policy->len && len - !((const char *)nla_data(attr))[len - 1] > policy->len)
			return refuse(extack, attr, -ERANGE, "string too long");
		return 0;
	}
	case NLA_BINARY:
		if (policy->len && len > policy->len)
			return refuse(extack, attr, -ERANGE, "too long");
		return validate_value(policy, attr, (u64)len, extack);
	case NLA_NESTED:
		if (!len)
			return 0;
		if (len < NLA_HDRLEN)
			return refuse(extack, attr, -ERANGE, "nest too short");
		return policy->nested_policy ? parse(NULL, policy->len, nla_data(attr), len, policy->nested_policy,
						     extack, depth + 1) : 0;
	default:
		return refuse(extack, attr, -EINVAL, "unsupported attribute");
	}
}

static int parse(struct nlattr **tb, int maxtype, const struct nlattr *head, int len,
		 const struct nla_policy *policy, struct netlink_ext_ack *extack, int depth)
{
	const struct nlattr *attr;
	int rem, error;

	if (depth >= MAX_DEPTH)
		return refuse(extack, head, -EINVAL, "nested too deeply");
	if (tb)
		memset(tb, 0, sizeof(*tb) * ((size_t)maxtype + 1));
	nla_for_each_attr(attr, head, len, rem) {
		const int type = nla_type(attr);

		if (!type || type > maxtype)
			return refuse(extack, attr, -EINVAL, "unknown attribute type");
		error = validate(attr, &policy[type], extack, depth);
		if (error)
			return error;
		if (tb)
			tb[type] = (struct nlattr *)(uintptr_t)attr;
	}
	return rem > 0 ? refuse(extack, NULL, -EINVAL, "bytes leftover after parsing attributes") : 0;
}

int nla_parse(struct nlattr **tb, int maxtype, const struct nlattr *head, int len,
	      const struct nla_policy *policy, struct netlink_ext_ack *extack)
{
	return parse(tb, maxtype, head, len, policy, extack, 0);
}

int nla_parse_nested(struct nlattr **tb, int maxtype, const struct nlattr *nest,
		     const struct nla_policy *policy, struct netlink_ext_ack *extack)
{
	if (!(nest->nla_type & NLA_F_NESTED))
		return refuse(extack, nest, -EINVAL, "NLA_F_NESTED is missing");
	return parse(tb, maxtype, nla_data(nest), nla_len(nest), policy, extack, 0);
}

ssize_t nla_strscpy(char *dst, const struct nlattr *nla, size_t size)
{
	const char *text = nla_data(nla);
	size_t len = (size_t)nla_len(nla);

	assert(size);
	if (len && !text[len - 1])
		len--;
	if (len >= size)
		len = size - 1;
	memset(dst, 0, size);
	memcpy(dst, text, len);
	return (ssize_t)len;
}

static struct nlattr *append(struct sk_buff *skb, int type, int len)
{
	struct nlattr *attr = (struct nlattr *)(skb->data + skb->len);
	const unsigned int total = NLA_ALIGN(NLA_HDRLEN + (unsigned int)len);

	if (total > skb->room - skb->len)
		return NULL;
	memset(attr, 0, total);
	attr->nla_type = (u16)type;
	attr->nla_len = (u16)(NLA_HDRLEN + len);
	skb->len += total;
	return attr;
}

int nla_put(struct sk_buff *skb, int type, int len, const void *data)
{
	struct nlattr *attr = append(skb, type, len);

	if (!attr)
		return -EMSGSIZE;
	if (len)
		memcpy(nla_data(attr), data, (size_t)len);
	return 0;
}

struct nlattr *nla_nest_start(struct sk_buff *skb, int type)
{
	return append(skb, type | NLA_F_NESTED, 0);
}

void nla_nest_end(struct sk_buff *skb, struct nlattr *nest)
{
	const size_t len = (size_t)(skb->data + skb->len - (u8 *)nest);

	assert(len <= UINT16_MAX);
	nest->nla_len = (u16)len;
}

void nla_nest_cancel(struct sk_buff *skb, struct nlattr *nest)
{
	if (nest)
		skb->len = (unsigned int)((u8 *)nest - skb->data);
}

struct sk_buff *genlmsg_new(size_t payload, gfp_t gfp)
{
	struct sk_buff *skb = calloc(1, sizeof(*skb));

	(void)gfp;
	skb->room = NLMSG_ALIGN(NLMSG_HDRLEN + NLMSG_ALIGN(GENL_HDRLEN + payload));
	skb->data = malloc(skb->room);
	return skb;
}

void nlmsg_free(struct sk_buff *skb)
{
	if (skb)
		free(skb->data);
	free(skb);
}

void *genlmsg_put(struct sk_buff *skb, u32 port, u32 seq, const struct genl_family *family, int flags, u8 cmd)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(skb->data + skb->len);
	struct genlmsghdr *genl = NLMSG_DATA(header);

	if (NLMSG_HDRLEN + GENL_HDRLEN > skb->room - skb->len)
		return NULL;
	skb->len += NLMSG_HDRLEN + GENL_HDRLEN;
	*header = (struct nlmsghdr){ .nlmsg_type = GENL_MIN_ID, .nlmsg_flags = (u16)flags, .nlmsg_seq = seq,
				     .nlmsg_pid = port };
	*genl = (struct genlmsghdr){ .cmd = cmd, .version = (u8)family->version };
	return (u8 *)genl + GENL_HDRLEN;
}

void *genlmsg_put_reply(struct sk_buff *skb, struct genl_info *info, const struct genl_family *family,
			int flags, u8 cmd)
{
	return genlmsg_put(skb, info->nlhdr->nlmsg_pid, info->nlhdr->nlmsg_seq, family, flags, cmd);
}

static struct nlmsghdr *header_of(void *body)
{
	return (struct nlmsghdr *)((u8 *)body - GENL_HDRLEN - NLMSG_HDRLEN);
}

void genlmsg_end(struct sk_buff *skb, void *body)
{
	struct nlmsghdr *header = header_of(body);

	header->nlmsg_len = (u32)(skb->data + skb->len - (u8 *)header);
}

void genlmsg_cancel(struct sk_buff *skb, void *body)
{
	skb->len = (unsigned int)((u8 *)header_of(body) - skb->data);
}

int genlmsg_reply(struct sk_buff *skb, struct genl_info *info)
{
	assert(!info->reply);
	info->reply = skb;
	return 0;
}
