/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generic netlink as the kernel offers it to a family: attributes, policies,
 * replies. What is refused and what is let through is as in lib/nlattr.c under
 * strict validation, see ../netlink.c.
 */
#ifndef FUZZ_NET_GENETLINK_H
#define FUZZ_NET_GENETLINK_H

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "kernel.h"

/* libnl, which the helper uses in the same program, has functions of the same names. */
#define genl_register_family kernel_genl_register_family
#define genlmsg_put kernel_genlmsg_put
#define nla_nest_cancel kernel_nla_nest_cancel
#define nla_nest_end kernel_nla_nest_end
#define nla_nest_start kernel_nla_nest_start
#define nla_parse kernel_nla_parse
#define nla_parse_nested kernel_nla_parse_nested
#define nla_put kernel_nla_put
#define nlmsg_free kernel_nlmsg_free

enum {
	NLA_UNSPEC, NLA_U8, NLA_U16, NLA_U32, NLA_U64, NLA_NUL_STRING, NLA_BINARY, NLA_NESTED,
};

enum nla_policy_validation {
	NLA_VALIDATE_NONE, NLA_VALIDATE_RANGE, NLA_VALIDATE_MAX, NLA_VALIDATE_MASK, NLA_VALIDATE_RANGE_PTR,
};

struct netlink_range_validation {
	u64 min, max;
};

struct nla_policy {
	u8 type;
	u8 validation_type;
	u16 len;
	union {
		const struct nla_policy *nested_policy;
		struct netlink_range_validation *range;
		u32 mask;
		struct { s16 min, max; };
	};
};

#define NLA_POLICY_NESTED(policy)	{ .type = NLA_NESTED, .nested_policy = policy, .len = ARRAY_SIZE(policy) - 1 }
#define NLA_POLICY_FULL_RANGE(t, r)	{ .type = t, .validation_type = NLA_VALIDATE_RANGE_PTR, .range = r }
#define NLA_POLICY_RANGE(t, low, high)	{ .type = t, .validation_type = NLA_VALIDATE_RANGE, .min = low, .max = high }
#define NLA_POLICY_MAX(t, high)		{ .type = t, .validation_type = NLA_VALIDATE_MAX, .max = high }
#define NLA_POLICY_MASK(t, bits)	{ .type = t, .validation_type = NLA_VALIDATE_MASK, .mask = bits }
#define NLA_POLICY_EXACT_LEN(n)		NLA_POLICY_RANGE(NLA_BINARY, n, n)

struct netlink_ext_ack {
	const char *_msg;
	const struct nlattr *bad_attr;
	const struct nlattr *miss_nest;
	u32 miss_type;
};

#define NL_SET_ERR_MSG(extack, text)			((extack)->_msg = (text))
#define NL_SET_ERR_MSG_ATTR(extack, attr, text)		((extack)->bad_attr = (attr), (extack)->_msg = (text))
#define NL_SET_ERR_ATTR_MISS(extack, nest, type)	((extack)->miss_nest = (nest), (extack)->miss_type = (type))

/* A message that is written; @room is what it has space for. */
struct sk_buff {
	unsigned int len, room;
	u32 portid;
	u8 *data;
};

#define NLMSG_DEFAULT_SIZE	3776
#define NETLINK_CB(skb)		(*(skb))

struct genl_info {
	const struct nlmsghdr *nlhdr;
	struct nlattr **attrs;
	struct netlink_ext_ack *extack;
	struct sk_buff *reply;
};

struct netlink_callback {
	struct sk_buff *skb;
	const struct nlmsghdr *nlh;
	unsigned int seq;
	long args[6];
};

#define GENL_ADMIN_PERM			0x01
#define GENL_MCAST_CAP_NET_ADMIN	0x01

struct genl_ops {
	int (*doit)(struct sk_buff *skb, struct genl_info *info);
	int (*dumpit)(struct sk_buff *skb, struct netlink_callback *cb);
	const struct nla_policy *policy;
	unsigned int maxattr;
	u8 cmd, flags;
};

struct genl_multicast_group {
	const char *name;
	u8 flags;
};

struct genl_family {
	const char *name;
	struct module *module;
	const struct genl_ops *ops;
	const struct genl_multicast_group *mcgrps;
	unsigned int version;
	u8 n_ops, n_mcgrps;
	bool parallel_ops;
};

struct net {
	int unused;
};

extern struct net init_net;

int genl_register_family(struct genl_family *family);
static inline int genl_unregister_family(struct genl_family *family) { (void)family; return 0; }

/* Nobody listens to events here. */
static inline int genl_has_listeners(const struct genl_family *family, struct net *net, unsigned int group)
{
	(void)family, (void)net, (void)group;
	return 0;
}

static inline void genl_set_err(const struct genl_family *family, struct net *net, u32 port, u32 group, int error)
{
	(void)family, (void)net, (void)port, (void)group, (void)error;
}

static inline void genl_dump_check_consistent(struct netlink_callback *cb, void *header) { (void)cb, (void)header; }

/* Reading */
static inline int nla_type(const struct nlattr *nla) { return nla->nla_type & NLA_TYPE_MASK; }
static inline void *nla_data(const struct nlattr *nla) { return (char *)(uintptr_t)nla + NLA_HDRLEN; }
static inline int nla_len(const struct nlattr *nla) { return nla->nla_len - NLA_HDRLEN; }

static inline bool nla_ok(const struct nlattr *nla, int rem)
{
	return rem >= (int)sizeof(*nla) && nla->nla_len >= sizeof(*nla) && nla->nla_len <= rem;
}

static inline struct nlattr *nla_next(const struct nlattr *nla, int *rem)
{
	unsigned int total = NLA_ALIGN(nla->nla_len);

	*rem -= (int)total;
	return (struct nlattr *)((char *)(uintptr_t)nla + total);
}

#define nla_for_each_attr(pos, head, len, rem) \
	for (pos = (void *)(uintptr_t)(head), rem = (len); nla_ok(pos, rem); pos = nla_next(pos, &(rem)))
#define nla_for_each_nested(pos, nest, rem)	nla_for_each_attr(pos, nla_data(nest), nla_len(nest), rem)
#define nlmsg_for_each_attr(pos, header, before, rem) \
	nla_for_each_attr(pos, nlmsg_attrdata(header, before), nlmsg_attrlen(header, before), rem)

static inline struct nlattr *nlmsg_attrdata(const struct nlmsghdr *header, int before)
{
	return (struct nlattr *)((char *)(uintptr_t)header + NLMSG_HDRLEN + NLMSG_ALIGN(before));
}

static inline int nlmsg_attrlen(const struct nlmsghdr *header, int before)
{
	return (int)header->nlmsg_len - NLMSG_HDRLEN - (int)NLMSG_ALIGN(before);
}

static inline u8 nla_get_u8(const struct nlattr *nla) { return *(const u8 *)nla_data(nla); }
static inline u16 nla_get_u16(const struct nlattr *nla) { return *(const u16 *)nla_data(nla); }
static inline u32 nla_get_u32(const struct nlattr *nla) { return *(const u32 *)nla_data(nla); }

static inline u64 nla_get_u64(const struct nlattr *nla)
{
	u64 value;

	memcpy(&value, nla_data(nla), sizeof(value));
	return value;
}

ssize_t nla_strscpy(char *dst, const struct nlattr *nla, size_t size);
int nla_parse(struct nlattr **tb, int maxtype, const struct nlattr *head, int len,
	      const struct nla_policy *policy, struct netlink_ext_ack *extack);
int nla_parse_nested(struct nlattr **tb, int maxtype, const struct nlattr *nest,
		     const struct nla_policy *policy, struct netlink_ext_ack *extack);

/* Writing: 0, or -EMSGSIZE when there is no room */
int nla_put(struct sk_buff *skb, int type, int len, const void *data);
static inline int nla_put_u8(struct sk_buff *skb, int type, u8 v) { return nla_put(skb, type, sizeof(v), &v); }
static inline int nla_put_u16(struct sk_buff *skb, int type, u16 v) { return nla_put(skb, type, sizeof(v), &v); }
static inline int nla_put_u32(struct sk_buff *skb, int type, u32 v) { return nla_put(skb, type, sizeof(v), &v); }
static inline int nla_put_flag(struct sk_buff *skb, int type) { return nla_put(skb, type, 0, NULL); }

static inline int nla_put_u64_64bit(struct sk_buff *skb, int type, u64 v, int pad)
{
	(void)pad;
	return nla_put(skb, type, sizeof(v), &v);
}

static inline int nla_put_string(struct sk_buff *skb, int type, const char *text)
{
	return nla_put(skb, type, (int)strlen(text) + 1, text);
}

struct nlattr *nla_nest_start(struct sk_buff *skb, int type);
void nla_nest_end(struct sk_buff *skb, struct nlattr *nest);
/* NULL is fine. */
void nla_nest_cancel(struct sk_buff *skb, struct nlattr *nest);

struct sk_buff *genlmsg_new(size_t payload, gfp_t gfp);
void nlmsg_free(struct sk_buff *skb);
void *genlmsg_put(struct sk_buff *skb, u32 port, u32 seq, const struct genl_family *family, int flags, u8 cmd);
void *genlmsg_put_reply(struct sk_buff *skb, struct genl_info *info, const struct genl_family *family,
			int flags, u8 cmd);
void genlmsg_end(struct sk_buff *skb, void *body);
void genlmsg_cancel(struct sk_buff *skb, void *body);
/* Takes @skb; it becomes the answer of @info. */
int genlmsg_reply(struct sk_buff *skb, struct genl_info *info);

static inline void genlmsg_multicast_netns(const struct genl_family *family, struct net *net, struct sk_buff *skb,
					   u32 port, unsigned int group, gfp_t gfp)
{
	(void)family, (void)net, (void)port, (void)group, (void)gfp;
	nlmsg_free(skb);
}

#endif /* FUZZ_NET_GENETLINK_H */
