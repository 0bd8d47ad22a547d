// SPDX-License-Identifier: GPL-2.0
/* Every command of the family knell as data, see requests.h. */
#include <errno.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/knell.h>
#include <linux/knell_wire.h>

#include "requests.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define BAD(...)	.n_bad = COUNT(((uint64_t[]){ __VA_ARGS__ })), .bad = { __VA_ARGS__ }
#define INT(t, k, v, ...) \
	{ .type = t, .kind = k, .number = v, ##__VA_ARGS__ }
#define NEEDED		.needed = true
#define STRING(t, s, m, ...) \
	{ .type = t, .kind = TEXT, .data = s, .len = sizeof(s), .max = m, ##__VA_ARGS__ }
#define BYTES(t, d, l, ...) \
	{ .type = t, .kind = OCTETS, .data = d, .len = l, ##__VA_ARGS__ }
#define PART(t, u, m, need, f) \
	{ .type = t, .needed = need, .unknown = (u) + 1, .misplaced = m, .n_fields = COUNT(f), .fields = f }

static const uint8_t octets[32768 + 8];
static const uint8_t key[KNELL_KEY_LEN + 8] = { 1 };
static const uint8_t ipv4[4] = { 10, 0, 0, 2 };
static const uint8_t ipv6[16] = { 0xfd };
static const uint16_t candidates[] = { 1, 3 };

static const struct field cluster[] = {
	INT(KNELL_A_CLUSTER_ID, U32, 0x4b6e656c, NEEDED, BAD(0)),
	STRING(KNELL_A_CLUSTER_NAME, "strict", KNELL_NAME_MAX, NEEDED),
	INT(KNELL_A_CLUSTER_SELF, U16, 1, NEEDED, BAD(0, 7, KNELL_NODE_MAX + 1, 0xffff)),
	INT(KNELL_A_CLUSTER_EPOCH, U32, 5, NEEDED, BAD(0, 4, 0x10000)),
	BYTES(KNELL_A_CLUSTER_KEY, key, KNELL_KEY_LEN, NEEDED, BAD(0, 31, 33)),
	INT(KNELL_A_CLUSTER_GENERATION, U32, 1),
	INT(KNELL_A_CLUSTER_MIB_HASH, U32, 2),
	INT(KNELL_A_CLUSTER_HELPER_TIMEOUT, U32, 0, BAD(1, 199, 600001, 0xffffffff)),
	INT(KNELL_A_CLUSTER_LOST_GRACE, U32, 600000, BAD(600001, 0xffffffff)),
	INT(KNELL_A_CLUSTER_LINK_GRACE, U32, 0, BAD(600001, 0xffffffff)),
	INT(KNELL_A_CLUSTER_START_GRACE, U32, 3600000, BAD(3600001, 0xffffffff)),
	INT(KNELL_A_CLUSTER_TAKEOVER_DEADLINE, U32, 60000, BAD(0, 999, 3600001)),
	INT(KNELL_A_CLUSTER_RELEASE_DEADLINE, U32, 60000, BAD(0, 999, 3600001)),
	INT(KNELL_A_CLUSTER_CPU_TIMEOUT, U32, 0, BAD(600001, 0xffffffff)),
	INT(KNELL_A_CLUSTER_ON_DOWN, U8, KNELL_ON_DOWN_NONE, BAD(KNELL_ON_DOWN_PANIC + 1, 255)),
	INT(KNELL_A_CLUSTER_GASP, U8, 0, BAD(4, 0x80, 255)),
	INT(KNELL_A_CLUSTER_OOPS_DOWN, U8, 0, BAD(2, 255)),
	INT(KNELL_A_CLUSTER_MAINTENANCE, U8, 0, BAD(2, 255)),
	INT(KNELL_A_CLUSTER_SUPERVISION, U8, KNELL_SUPERVISION_NOP, BAD(2, 255)),
};

static const struct field node_1[] = {
	INT(KNELL_A_NODE_ID, U16, 1, NEEDED, BAD(0, 2, 3, KNELL_NODE_MAX + 1, 0xffff)),
	STRING(KNELL_A_NODE_NAME, "alpha", KNELL_NAME_MAX, NEEDED),
	INT(KNELL_A_NODE_ROLE, U8, KNELL_ROLE_SERVER, NEEDED, BAD(0, KNELL_ROLE_ARRAY + 1, 255)),
	STRING(KNELL_A_NODE_INITIATOR, "iqn.2026-11.example:alpha", KNELL_INITIATOR_MAX),
	BYTES(KNELL_A_NODE_ADDRESS, ipv4, sizeof(ipv4), BAD(0, 3, 5, 8, 15, 17)),
	BYTES(KNELL_A_NODE_ADDRESS, ipv6, sizeof(ipv6), BAD(0, 3, 5, 8, 15, 17)),
};

static const struct field node_2[] = {
	INT(KNELL_A_NODE_ID, U16, 2, NEEDED, BAD(1, 3)),
	STRING(KNELL_A_NODE_NAME, "router", KNELL_NAME_MAX, NEEDED),
	INT(KNELL_A_NODE_ROLE, U8, KNELL_ROLE_ROUTER, NEEDED),
};

static const struct field node_3[] = {
	INT(KNELL_A_NODE_ID, U16, 3, NEEDED, BAD(1, 2, 4)),
	STRING(KNELL_A_NODE_NAME, "gamma", KNELL_NAME_MAX, NEEDED),
	INT(KNELL_A_NODE_ROLE, U8, KNELL_ROLE_SERVER, NEEDED),
	STRING(KNELL_A_NODE_INITIATOR, "iqn.2026-11.example:gamma", KNELL_INITIATOR_MAX),
};

static const struct field app_1[] = {
	INT(KNELL_A_APP_ID, U16, 1, NEEDED, BAD(0, 2, KNELL_APP_MAX + 1, 0xffff)),
	STRING(KNELL_A_APP_NAME, "records", KNELL_NAME_MAX, NEEDED),
	BYTES(KNELL_A_APP_CANDIDATES, candidates, sizeof(candidates), NEEDED, BAD(0, 1, 3, 33, 34)),
	INT(KNELL_A_APP_FLAGS, U32, KNELL_APP_F_TAKEOVER_ANY, BAD(8, 0x80000000)),
};

static const struct field app_2[] = {
	INT(KNELL_A_APP_ID, U16, 2, NEEDED, BAD(1)),
	STRING(KNELL_A_APP_NAME, "web", KNELL_NAME_MAX, NEEDED),
	BYTES(KNELL_A_APP_CANDIDATES, candidates, sizeof(candidates), NEEDED),
};

static const struct part set_parts[] = {
	PART(KNELL_A_CLUSTER, KNELL_A_CLUSTER_MAX, 0, true, cluster),
	PART(KNELL_A_NODE, KNELL_A_NODE_MAX, KNELL_A_NODE_STATUS, true, node_1),
	PART(KNELL_A_NODE, KNELL_A_NODE_MAX, KNELL_A_NODE_SELF, false, node_2),
	PART(KNELL_A_NODE, KNELL_A_NODE_MAX, KNELL_A_NODE_STAMP_NS, true, node_3),
	PART(KNELL_A_APP, KNELL_A_APP_MAX, KNELL_A_APP_STATE, false, app_1),
	PART(KNELL_A_APP, KNELL_A_APP_MAX, KNELL_A_APP_GRANTED, false, app_2),
};

static const struct field status[] = {
	INT(KNELL_A_NODE_STATUS, U8, KNELL_STATUS_STANDBY, NEEDED,
	    BAD(KNELL_STATUS_UNKNOWN, KNELL_STATUS_ACTIVE, KNELL_STATUS_RECOVERED, KNELL_STATUS_LOST,
		KNELL_STATUS_DOWN + 1, 255)),
	INT(KNELL_A_NODE_REASON, U8, KNELL_REASON_TEST, BAD(KNELL_REASON_TEST + 1, 255)),
	STRING(KNELL_A_NODE_DETAIL, "tests run", KNELL_DETAIL_MAX),
};
static const struct part status_parts[] = {
	PART(KNELL_A_NODE, KNELL_A_NODE_MAX, KNELL_A_NODE_ID, true, status),
};

static const struct field report[] = {
	INT(KNELL_A_APP_ID, U16, 1, NEEDED, BAD(0, 9, KNELL_APP_MAX + 1)),
	INT(KNELL_A_APP_STATE, U8, KNELL_APP_RUNNING, NEEDED,
	    BAD(KNELL_APP_UNKNOWN, KNELL_APP_STARTING, KNELL_APP_FAILED, KNELL_APP_FAILED + 1, 255)),
	INT(KNELL_A_APP_REASON, U8, KNELL_REASON_ADMIN, BAD(KNELL_REASON_TEST + 1, 255)),
	INT(KNELL_A_APP_PREFER, U16, 3, BAD(KNELL_NODE_MAX + 1, 0xffff)),
	INT(KNELL_A_APP_VERSION, U32, 1, BAD(0)),
};
static const struct part report_parts[] = {
	PART(KNELL_A_APP, KNELL_A_APP_MAX, KNELL_A_APP_OWNER, true, report),
};

static const struct field restore[] = {
	INT(KNELL_A_APP_ID, U16, 1, NEEDED, BAD(0, 9, KNELL_APP_MAX + 1)),
	INT(KNELL_A_APP_STATE, U8, KNELL_APP_STOPPED, NEEDED,
	    BAD(KNELL_APP_UNKNOWN, KNELL_APP_FAILED + 1, 255)),
	INT(KNELL_A_APP_REASON, U8, KNELL_REASON_ADMIN, BAD(KNELL_REASON_TEST + 1, 255)),
	INT(KNELL_A_APP_OWNER, U16, 3, BAD(0, KNELL_NODE_MAX + 1, 0xffff)),
	INT(KNELL_A_APP_OWNER_EPOCH, U32, 1, BAD(0)),
	INT(KNELL_A_APP_FROM, U16, 0, BAD(KNELL_NODE_MAX + 1, 0xffff)),
	INT(KNELL_A_APP_PREFER, U16, 0, BAD(KNELL_NODE_MAX + 1, 0xffff)),
	INT(KNELL_A_APP_VERSION, U32, 1, NEEDED, BAD(0)),
	INT(KNELL_A_APP_TRIED, U32, 0, BAD(0x10000, 0xffffffff)),
	INT(KNELL_A_APP_AUTHOR, U16, 2, NEEDED, BAD(0, KNELL_NODE_MAX + 1, 0xffff)),
	INT(KNELL_A_APP_STAMP_NS, U64, 77),
};
static const struct part restore_parts[] = {
	PART(KNELL_A_APP, KNELL_A_APP_MAX, KNELL_A_APP_NAME, true, restore),
};

static const struct field order[] = {
	INT(KNELL_A_ORDER_NODE, U16, 3, NEEDED, BAD(0, 9, KNELL_NODE_MAX + 1)),
	INT(KNELL_A_ORDER_WHAT, U16, KNELL_ORDER_RELEASE, NEEDED, BAD(0, KNELL_ORDER_MAINTENANCE + 1, 0xffff)),
	INT(KNELL_A_ORDER_APP, U16, 1, BAD(9, KNELL_APP_MAX + 1, 0xffff)),
	INT(KNELL_A_ORDER_ARG, U16, 3, BAD(KNELL_NODE_MAX + 1, 0xffff)),
};
static const struct part order_parts[] = {
	PART(KNELL_A_ORDER, KNELL_A_ORDER_MAX, KNELL_A_ORDER_ORIGIN, true, order),
};

static const struct field probe[] = {
	INT(KNELL_A_PROBE_NODE, U16, 3, NEEDED, BAD(0, 9, KNELL_NODE_MAX + 1, 0xffff)),
	INT(KNELL_A_PROBE_COOKIE, U64, 7, NEEDED),
};
static const struct part probe_parts[] = {
	PART(KNELL_A_PROBE, KNELL_A_PROBE_MAX, KNELL_A_PROBE_RTT_NS, true, probe),
};

static const struct field message[] = {
	INT(KNELL_A_MESSAGE_NODE, U16, 3, NEEDED, BAD(0, 9, KNELL_NODE_MAX + 1, 0xffff)),
	BYTES(KNELL_A_MESSAGE_DATA, octets, 3072, NEEDED, BAD(0, 3073, 8192)),
};
static const struct part message_parts[] = {
	PART(KNELL_A_MESSAGE, KNELL_A_MESSAGE_MAX, KNELL_A_MESSAGE_NAME, true, message),
};

static const struct field strangers[] = {
	INT(KNELL_A_MESSAGE_STRANGERS, U8, 0, NEEDED, BAD(2, 255)),
};
static const struct part strangers_parts[] = {
	PART(KNELL_A_MESSAGE, KNELL_A_MESSAGE_MAX, KNELL_A_MESSAGE_NAME, true, strangers),
};

static const struct field mib_set[] = {
	INT(KNELL_A_MIB_GENERATION, U32, 1, NEEDED),
	INT(KNELL_A_MIB_TOTAL, U32, 4, NEEDED, BAD(0, KNELL_MIB_MAX + 1, 0xffffffff)),
	INT(KNELL_A_MIB_OFFSET, U32, 0, NEEDED, BAD(1, 4, 0xffffffff)),
	BYTES(KNELL_A_MIB_CHUNK, octets, 4, NEEDED, BAD(0, 5, KNELL_MIB_CHUNK_MAX, KNELL_MIB_CHUNK_MAX + 1)),
	BYTES(KNELL_A_MIB_SHA256, octets, 32, NEEDED, BAD(0, 31, 33)),
};
static const struct part mib_set_parts[] = {
	PART(KNELL_A_MIB, KNELL_A_MIB_MAX, 0, true, mib_set),
};

static const struct field mib_get[] = {
	INT(KNELL_A_MIB_OFFSET, U32, 0, BAD(1, KNELL_MIB_MAX, 0xffffffff)),
};
static const struct part mib_get_parts[] = {
	PART(KNELL_A_MIB, KNELL_A_MIB_MAX, KNELL_A_MIB_CHUNK, false, mib_get),
};

#define DO(c, e, h, p) \
	{ .cmd = KNELL_CMD_##c, .name = #c, .error = e, .harmless = h, .n_parts = COUNT(p), .parts = p }
#define PLAIN(c, e, h)	{ .cmd = KNELL_CMD_##c, .name = #c, .error = e, .harmless = h }
#define DUMP(c)		{ .cmd = KNELL_CMD_##c, .name = #c, .dump = true, .harmless = true }

const struct request requests[] = {
	DO(CLUSTER_SET, 0, true, set_parts),
	PLAIN(CLUSTER_GET, 0, true),
	PLAIN(CLUSTER_DEL, 0, false),
	DUMP(NODE_GET),
	DUMP(APP_GET),
	DUMP(LINK_GET),
	DUMP(HEALTH_GET),
	PLAIN(STATS_GET, 0, true),
	PLAIN(PET, 0, true),
	DO(STATUS_SET, 0, true, status_parts),
	DO(APP_REPORT, EPERM, true, report_parts),
	DO(APP_RESTORE, 0, true, restore_parts),
	DO(ORDER, EHOSTUNREACH, true, order_parts),
	DO(PROBE, EHOSTUNREACH, true, probe_parts),
	DO(MESSAGE, EHOSTUNREACH, true, message_parts),
	DO(MIB_SET, EBADMSG, true, mib_set_parts),
	DO(MIB_GET, ENOENT, true, mib_get_parts),
	PLAIN(RELEASED, EBUSY, true),
	DO(STRANGERS, 0, true, strangers_parts),
};
const unsigned int n_requests = COUNT(requests);

const struct request *request_of(uint8_t cmd)
{
	for (unsigned int i = 0; i < n_requests; i++)
		if (requests[i].cmd == cmd)
			return &requests[i];
	return NULL;
}

static void add_field(struct nlmsg *msg, const struct field *field, const struct mutation *m)
{
	uint8_t buffer[1024] = { 0 };
	uint64_t number = field->number;
	const void *data = field->data;
	uint16_t type = field->type;
	size_t len = field->len;
	uint16_t u16;
	uint32_t u32;
	uint8_t u8;

	if (m && m->spoil == VALUE)
		number = m->value;
	u8 = (uint8_t)number;
	u16 = (uint16_t)number;
	u32 = (uint32_t)number;
	switch (field->kind) {
	case U8: data = &u8; break;
	case U16: data = &u16; break;
	case U32: data = &u32; break;
	case U64: data = &number; break;
	default: break;
	}
	if (field->kind <= U64)
		len = field->kind;
	if (m && m->spoil == LENGTH) {
		if (m->value <= sizeof(buffer)) {
			memcpy(buffer, data, len < m->value ? len : m->value);
			data = buffer;
		} else {
			data = octets;
		}
		len = m->value;
	} else if (m && (m->spoil == OVERLONG || m->spoil == UNTERMINATED)) {
		len = m->spoil == OVERLONG ? field->max + 1U : field->max;
		memset(buffer, 'x', len);
		buffer[field->max] = '\0';
		data = buffer;
	} else if (m && m->spoil == TYPE_BITS) {
		type ^= (uint16_t)m->value;
	}
	nlmsg_attr(msg, type, data, len);
	if (m && m->spoil == TWICE)
		nlmsg_attr(msg, type, data, len);
}

/* What is appended to a nest or to the message. */
static void append(struct nlmsg *msg, const struct mutation *m)
{
	static const uint8_t rubbish[] = { 0x5a, 0xa5, 0xff, 0xff, 0xff, 0xff, 0x5a };
	struct nlattr broken = { .nla_len = (uint16_t)m->value, .nla_type = 1 };
	const uint32_t value = 1;

	if (m->spoil == EXTRA)
		nlmsg_attr(msg, (uint16_t)m->value, &value, sizeof(value));
	else if (m->spoil == TRAILING)
		nlmsg_raw(msg, rubbish, m->value);
	else if (m->spoil == BROKEN)
		nlmsg_raw(msg, &broken, sizeof(broken));
}

static void add_part(struct nlmsg *msg, const struct part *part, const struct mutation *m)
{
	const bool whole = m && m->field < 0;
	const uint16_t bits = whole && m->spoil == TYPE_BITS ? (uint16_t)m->value : 0;
	const size_t offset = nlmsg_nest(msg, (part->type | NLA_F_NESTED) ^ bits);

	for (unsigned int i = 0; i < part->n_fields; i++) {
		const bool mine = m && m->field == (int)i;

		if (!mine || m->spoil != OMIT)
			add_field(msg, &part->fields[i], mine ? m : NULL);
	}
	if (whole)
		append(msg, m);
	nlmsg_nest_end(msg, offset);
}

void request_build(struct nlmsg *msg, uint16_t family, const struct request *request,
		   const struct mutation *m)
{
	uint16_t flags = request->dump ? NLM_F_DUMP : 0;

	if (m->spoil == FLAGS)
		flags |= (uint16_t)m->value;
	nlmsg_begin(msg, family, flags, request->cmd);
	if (m->spoil == RESERVED)
		msg->data[NLMSG_HDRLEN + offsetof(struct genlmsghdr, reserved)] = 1;
	for (unsigned int i = 0; i < request->n_parts; i++) {
		const bool mine = m->part == (int)i;
		const bool whole = mine && m->field < 0;

		if (whole && m->spoil == OMIT)
			continue;
		add_part(msg, &request->parts[i], mine ? m : NULL);
		if (whole && m->spoil == TWICE)
			add_part(msg, &request->parts[i], NULL);
	}
	if (m->part < 0)
		append(msg, m);
}
