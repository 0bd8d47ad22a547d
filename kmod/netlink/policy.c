// SPDX-License-Identifier: GPL-2.0
/*
 * What a request may look like; checked by the core before a command runs.
 * Documentation/netlink/specs/knell.yaml says the same for people.
 */
#include <linux/knell_wire.h>

#include "netlink/netlink.h"

static struct netlink_range_validation node_range = { .min = 1, .max = KNELL_NODE_MAX };
static struct netlink_range_validation node_or_none_range = { .max = KNELL_NODE_MAX };
static struct netlink_range_validation app_range = { .min = 1, .max = KNELL_APP_MAX };
static struct netlink_range_validation not_0 = { .min = 1, .max = U32_MAX };
static struct netlink_range_validation ms_10min = { .max = 600000 };
static struct netlink_range_validation ms_1h = { .max = 3600000 };
static struct netlink_range_validation deadline_1h = { .min = 1000, .max = 3600000 };
static struct netlink_range_validation mib_size = { .min = 1, .max = KNELL_MIB_MAX };
static struct netlink_range_validation tried_range = {
	.max = (1 << KNELL_CANDIDATES_MAX) - 1,
};

#define NODE		NLA_POLICY_FULL_RANGE(NLA_U16, &node_range)
#define NODE_OR_NONE	NLA_POLICY_FULL_RANGE(NLA_U16, &node_or_none_range)
#define APP		NLA_POLICY_FULL_RANGE(NLA_U16, &app_range)
#define NOT_0		NLA_POLICY_FULL_RANGE(NLA_U32, &not_0)
#define NAME		{ .type = NLA_NUL_STRING, .len = KNELL_NAME_MAX - 1 }
#define MS_10MIN	NLA_POLICY_FULL_RANGE(NLA_U32, &ms_10min)
#define MS_1H		NLA_POLICY_FULL_RANGE(NLA_U32, &ms_1h)
#define DEADLINE_1H	NLA_POLICY_FULL_RANGE(NLA_U32, &deadline_1h)
#define REASON		NLA_POLICY_MAX(NLA_U8, KNELL_REASON_TEST)

const struct nla_policy knell_cluster_policy[KNELL_A_CLUSTER_MAX + 1] = {
	[KNELL_A_CLUSTER_ID] = NOT_0,
	[KNELL_A_CLUSTER_NAME] = NAME,
	[KNELL_A_CLUSTER_SELF] = NODE,
	[KNELL_A_CLUSTER_EPOCH] = NOT_0,
	[KNELL_A_CLUSTER_KEY] = NLA_POLICY_EXACT_LEN(KNELL_KEY_LEN),
	[KNELL_A_CLUSTER_GENERATION] = { .type = NLA_U32 },
	[KNELL_A_CLUSTER_MIB_HASH] = { .type = NLA_U32 },
	[KNELL_A_CLUSTER_HELPER_TIMEOUT] = MS_10MIN,
	[KNELL_A_CLUSTER_LOST_GRACE] = MS_10MIN,
	[KNELL_A_CLUSTER_LINK_GRACE] = MS_10MIN,
	[KNELL_A_CLUSTER_START_GRACE] = MS_1H,
	[KNELL_A_CLUSTER_TAKEOVER_DEADLINE] = DEADLINE_1H,
	[KNELL_A_CLUSTER_RELEASE_DEADLINE] = DEADLINE_1H,
	[KNELL_A_CLUSTER_CPU_TIMEOUT] = MS_10MIN,
	[KNELL_A_CLUSTER_ON_DOWN] = NLA_POLICY_MAX(NLA_U8, KNELL_ON_DOWN_PANIC),
	[KNELL_A_CLUSTER_GASP] = NLA_POLICY_MASK(NLA_U8, KNELL_GASP_ISCSI | KNELL_GASP_CERT),
	[KNELL_A_CLUSTER_OOPS_DOWN] = NLA_POLICY_MAX(NLA_U8, 1),
	[KNELL_A_CLUSTER_SUPERVISION] = NLA_POLICY_MAX(NLA_U8, KNELL_SUPERVISION_NOP),
	[KNELL_A_CLUSTER_MAINTENANCE] = NLA_POLICY_MAX(NLA_U8, 1),
	[KNELL_A_CLUSTER_KEY_NAME] = { .type = NLA_NUL_STRING, .len = KNELL_KEY_NAME_MAX - 1 },
};

const struct nla_policy knell_node_policy[KNELL_A_NODE_MAX + 1] = {
	[KNELL_A_NODE_ID] = NODE,
	[KNELL_A_NODE_NAME] = NAME,
	[KNELL_A_NODE_ROLE] = NLA_POLICY_RANGE(NLA_U8, KNELL_ROLE_SERVER, KNELL_ROLE_ARRAY),
	[KNELL_A_NODE_INITIATOR] = { .type = NLA_NUL_STRING, .len = KNELL_INITIATOR_MAX - 1 },
	[KNELL_A_NODE_ADDRESS] = { .type = NLA_BINARY, .len = 16 },
};

const struct nla_policy knell_app_policy[KNELL_A_APP_MAX + 1] = {
	[KNELL_A_APP_ID] = APP,
	[KNELL_A_APP_NAME] = NAME,
	[KNELL_A_APP_CANDIDATES] = { .type = NLA_BINARY, .len = KNELL_CANDIDATES_MAX * 2 },
	[KNELL_A_APP_FLAGS] = NLA_POLICY_MASK(NLA_U32, KNELL_APP_F_TAKEOVER_ANY |
					      KNELL_APP_F_FENCE_NONE | KNELL_APP_F_NO_VOLUME),
};

const struct nla_policy knell_status_policy[KNELL_A_NODE_MAX + 1] = {
	[KNELL_A_NODE_STATUS] = NLA_POLICY_RANGE(NLA_U8, KNELL_STATUS_JOINING, KNELL_STATUS_DOWN),
	[KNELL_A_NODE_REASON] = REASON,
	[KNELL_A_NODE_DETAIL] = { .type = NLA_NUL_STRING, .len = KNELL_DETAIL_MAX - 1 },
};

const struct nla_policy knell_report_policy[KNELL_A_APP_MAX + 1] = {
	[KNELL_A_APP_ID] = APP,
	[KNELL_A_APP_STATE] = NLA_POLICY_RANGE(NLA_U8, KNELL_APP_STOPPED, KNELL_APP_STOPPING),
	[KNELL_A_APP_REASON] = REASON,
	[KNELL_A_APP_PREFER] = NODE_OR_NONE,
	[KNELL_A_APP_VERSION] = NOT_0,
};

const struct nla_policy knell_restore_policy[KNELL_A_APP_MAX + 1] = {
	[KNELL_A_APP_ID] = APP,
	[KNELL_A_APP_STATE] = NLA_POLICY_RANGE(NLA_U8, KNELL_APP_STOPPED, KNELL_APP_FAILED),
	[KNELL_A_APP_REASON] = REASON,
	[KNELL_A_APP_OWNER] = NODE_OR_NONE,
	[KNELL_A_APP_OWNER_EPOCH] = { .type = NLA_U32 },
	[KNELL_A_APP_FROM] = NODE_OR_NONE,
	[KNELL_A_APP_PREFER] = NODE_OR_NONE,
	[KNELL_A_APP_VERSION] = NOT_0,
	[KNELL_A_APP_TRIED] = NLA_POLICY_FULL_RANGE(NLA_U32, &tried_range),
	[KNELL_A_APP_AUTHOR] = NODE,
	[KNELL_A_APP_STAMP_NS] = { .type = NLA_U64 },
};

const struct nla_policy knell_order_policy[KNELL_A_ORDER_MAX + 1] = {
	/* A node, or KNELL_NODE_ALL; the range is checked by the command. */
	[KNELL_A_ORDER_NODE] = { .type = NLA_U16 },
	[KNELL_A_ORDER_WHAT] = NLA_POLICY_RANGE(NLA_U16, KNELL_ORDER_RELEASE,
						KNELL_ORDER_MAINTENANCE),
	[KNELL_A_ORDER_APP] = NLA_POLICY_MAX(NLA_U16, KNELL_APP_MAX),
	[KNELL_A_ORDER_ARG] = NODE_OR_NONE,
};

const struct nla_policy knell_probe_policy[KNELL_A_PROBE_MAX + 1] = {
	[KNELL_A_PROBE_NODE] = NODE,
	[KNELL_A_PROBE_COOKIE] = { .type = NLA_U64 },
};

const struct nla_policy knell_message_policy[KNELL_A_MESSAGE_MAX + 1] = {
	[KNELL_A_MESSAGE_NODE] = NODE,
	[KNELL_A_MESSAGE_DATA] = { .type = NLA_BINARY, .len = 3072 },
	[KNELL_A_MESSAGE_LINK] = { .type = NLA_U32 },
};

const struct nla_policy knell_strangers_policy[KNELL_A_MESSAGE_MAX + 1] = {
	[KNELL_A_MESSAGE_STRANGERS] = NLA_POLICY_MAX(NLA_U8, 1),
};

const struct nla_policy knell_mib_set_policy[KNELL_A_MIB_MAX + 1] = {
	[KNELL_A_MIB_GENERATION] = { .type = NLA_U32 },
	[KNELL_A_MIB_TOTAL] = NLA_POLICY_FULL_RANGE(NLA_U32, &mib_size),
	[KNELL_A_MIB_OFFSET] = { .type = NLA_U32 },
	[KNELL_A_MIB_CHUNK] = { .type = NLA_BINARY, .len = KNELL_MIB_CHUNK_MAX },
	[KNELL_A_MIB_SHA256] = NLA_POLICY_EXACT_LEN(32),
};

const struct nla_policy knell_mib_get_policy[KNELL_A_MIB_MAX + 1] = {
	[KNELL_A_MIB_OFFSET] = { .type = NLA_U32 },
};

const struct nla_policy knell_set_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_CLUSTER] = NLA_POLICY_NESTED(knell_cluster_policy),
	[KNELL_A_NODE] = NLA_POLICY_NESTED(knell_node_policy),
	[KNELL_A_APP] = NLA_POLICY_NESTED(knell_app_policy),
};

const struct nla_policy knell_status_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_NODE] = NLA_POLICY_NESTED(knell_status_policy),
};

const struct nla_policy knell_report_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_APP] = NLA_POLICY_NESTED(knell_report_policy),
};

const struct nla_policy knell_restore_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_APP] = NLA_POLICY_NESTED(knell_restore_policy),
};

const struct nla_policy knell_order_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_ORDER] = NLA_POLICY_NESTED(knell_order_policy),
};

const struct nla_policy knell_probe_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_PROBE] = NLA_POLICY_NESTED(knell_probe_policy),
};

const struct nla_policy knell_message_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_MESSAGE] = NLA_POLICY_NESTED(knell_message_policy),
};

const struct nla_policy knell_strangers_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_MESSAGE] = NLA_POLICY_NESTED(knell_strangers_policy),
};

const struct nla_policy knell_mib_set_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_MIB] = NLA_POLICY_NESTED(knell_mib_set_policy),
};

const struct nla_policy knell_mib_get_attrs[KNELL_A_MAX + 1] = {
	[KNELL_A_MIB] = NLA_POLICY_NESTED(knell_mib_get_policy),
};
