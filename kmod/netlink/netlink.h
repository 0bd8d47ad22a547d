/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family: what its files share.
 *
 * Context and locking: commands run in process context, in parallel; each
 * takes knell_lock as it needs. Every error carries an extended
 * acknowledgement that says what is wrong and what to do.
 */
#ifndef KNELL_NETLINK_NETLINK_H
#define KNELL_NETLINK_NETLINK_H

#include <net/genetlink.h>
#include <linux/knell.h>

#include "membership/table.h"

int knell_netlink_init(void);
void knell_netlink_exit(void);

extern struct genl_family knell_family;

/* Policies; the nested ones are also needed to parse what repeats. */
extern const struct nla_policy knell_cluster_policy[KNELL_A_CLUSTER_MAX + 1];
extern const struct nla_policy knell_node_policy[KNELL_A_NODE_MAX + 1];
extern const struct nla_policy knell_app_policy[KNELL_A_APP_MAX + 1];
extern const struct nla_policy knell_status_policy[KNELL_A_NODE_MAX + 1];
extern const struct nla_policy knell_report_policy[KNELL_A_APP_MAX + 1];
extern const struct nla_policy knell_restore_policy[KNELL_A_APP_MAX + 1];
extern const struct nla_policy knell_order_policy[KNELL_A_ORDER_MAX + 1];
extern const struct nla_policy knell_probe_policy[KNELL_A_PROBE_MAX + 1];
extern const struct nla_policy knell_message_policy[KNELL_A_MESSAGE_MAX + 1];
extern const struct nla_policy knell_strangers_policy[KNELL_A_MESSAGE_MAX + 1];
extern const struct nla_policy knell_mib_set_policy[KNELL_A_MIB_MAX + 1];
extern const struct nla_policy knell_mib_get_policy[KNELL_A_MIB_MAX + 1];
extern const struct nla_policy knell_set_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_status_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_report_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_restore_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_order_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_probe_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_message_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_strangers_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_mib_set_attrs[KNELL_A_MAX + 1];
extern const struct nla_policy knell_mib_get_attrs[KNELL_A_MAX + 1];

/* Is attribute @type there? Else says so in @extack; @what is a string literal. */
#define knell_need(extack, nest, tb, type, what) ({			\
	bool there_ = (tb)[type];					\
									\
	if (!there_) {							\
		NL_SET_ERR_MSG((extack), "knell: " what " is missing");	\
		NL_SET_ERR_ATTR_MISS((extack), (nest), (type));		\
	}								\
	there_;								\
})

#define knell_error(extack, what)	NL_SET_ERR_MSG((extack), "knell: " what)
#define knell_error_attr(extack, attr, what) \
	NL_SET_ERR_MSG_ATTR((extack), (attr), "knell: " what)

/* 0, or -EEXIST if an attribute that is not in @repeat, a mask of BIT(type), comes twice. */
int knell_nl_once(const struct genl_info *info, u32 repeat);
/* Parse a nest in which nothing but @repeat may come twice. */
int knell_nl_parse_nest(struct nlattr **tb, int maxtype, const struct nlattr *nest,
			const struct nla_policy *policy, u32 repeat,
			struct netlink_ext_ack *extack);
/* Parse the nest of a request; nothing may come twice, in it or beside it. */
int knell_nl_parse(struct nlattr **tb, int maxtype, const struct nlattr *nest,
		   const struct nla_policy *policy, struct genl_info *info);

/* Commands, by noun. */
int knell_nl_cluster_set(struct sk_buff *skb, struct genl_info *info);
int knell_nl_cluster_get(struct sk_buff *skb, struct genl_info *info);
int knell_nl_cluster_del(struct sk_buff *skb, struct genl_info *info);
int knell_nl_node_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knell_nl_status_set(struct sk_buff *skb, struct genl_info *info);
int knell_nl_released(struct sk_buff *skb, struct genl_info *info);
int knell_nl_pet(struct sk_buff *skb, struct genl_info *info);
int knell_nl_app_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knell_nl_app_report(struct sk_buff *skb, struct genl_info *info);
int knell_nl_app_restore(struct sk_buff *skb, struct genl_info *info);
int knell_nl_link_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knell_nl_health_dump(struct sk_buff *skb, struct netlink_callback *cb);
int knell_nl_stats_get(struct sk_buff *skb, struct genl_info *info);
int knell_nl_order(struct sk_buff *skb, struct genl_info *info);
int knell_nl_probe(struct sk_buff *skb, struct genl_info *info);
int knell_nl_message(struct sk_buff *skb, struct genl_info *info);
int knell_nl_strangers(struct sk_buff *skb, struct genl_info *info);
int knell_nl_mib_set(struct sk_buff *skb, struct genl_info *info);
int knell_nl_mib_get(struct sk_buff *skb, struct genl_info *info);
/* Forget the document; the node left its cluster. */
void knell_nl_mib_forget(void);

/* The cluster's key, KNELL_KEY_LEN octets, out of a nest KNELL_A_CLUSTER; caller's context. */
int knell_nl_parse_key(u8 *octets, struct nlattr *nest, struct nlattr **tb,
		       struct netlink_ext_ack *extack);

/* A parsed and checked cluster out of a CLUSTER_SET; ERR_PTR with @info->extack set. */
struct knell_config *knell_nl_parse_config(struct genl_info *info);

/* Nests as in dumps and events; knell_lock held where they read the table. 0 or -EMSGSIZE. */
int knell_nl_put_node(struct sk_buff *skb, int attr, const struct knell_node *node,
		      const struct knell_node_rec *rec);
int knell_nl_put_app(struct sk_buff *skb, int attr, const struct knell_app *app,
		     const struct knell_app_rec *rec);
int knell_nl_put_cluster(struct sk_buff *skb, const struct knell_cluster *cluster);
struct knell_link;
int knell_nl_put_link(struct sk_buff *skb, struct knell_link *link);
struct knell_check_info;
int knell_nl_put_check(struct sk_buff *skb, const struct knell_check_info *check);

/*
 * A reply to @info, or an event when it is NULL; NULL if there is no memory
 * (an event's subscribers are then told that they lost one) or, for an event,
 * nobody listens.
 */
struct knell_nl_msg {
	struct sk_buff *skb;
	void *hdr;
};

bool knell_nl_reply_begin(struct knell_nl_msg *msg, struct genl_info *info, u8 cmd, size_t room);
int knell_nl_reply_end(struct knell_nl_msg *msg, struct genl_info *info, int error);
/* Any context that may hold knell_lock; never sleeps. */
bool knell_nl_event_begin(struct knell_nl_msg *msg, u8 cmd);
void knell_nl_event_end(struct knell_nl_msg *msg, int error);

/* Subscribes to everything below, turns it into events. */
void knell_nl_event_init(void);
void knell_nl_event_exit(void);
/* A cluster was installed, or the one that is has changed; knell_lock held. */
void knell_nl_event_cluster(const struct knell_cluster *cluster);
/* A health check's answer changed: the callback of health. Process context. */
void knell_nl_event_answer(const struct knell_check_info *check);
/* A disk answers as if this node was fenced from it: the callback of health. Process context. */
void knell_nl_event_conflict(const char *device);
/* A message of a process on this node to its helper. Process context. */
void knell_nl_event_self(const void *data, u16 length);

/* One entry of a dump; the skb's room decides how many go into one message. */
void *knell_nl_dump_begin(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);

#endif /* KNELL_NETLINK_NETLINK_H */
