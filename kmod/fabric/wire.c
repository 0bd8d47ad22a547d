// SPDX-License-Identifier: GPL-2.0
/* Encoding and checked decoding of frames and what they carry. Pure. */
#include "fabric/wire.h"
#include <linux/knell.h>

_Static_assert(sizeof(struct knell_wire_node) == sizeof(struct knell_wire_app),
	       "KNELL_RECORDS_MAX counts both sorts of records");

static bool node_ok(u16 node)
{
	return node != KNELL_NODE_NONE && node <= KNELL_NODE_MAX;
}

static bool node_or_none_ok(u16 node)
{
	return node <= KNELL_NODE_MAX;
}

static bool role_ok(u8 role)
{
	return role >= KNELL_ROLE_SERVER && role <= KNELL_ROLE_ARRAY;
}

static bool reason_ok(u8 reason)
{
	return reason <= KNELL_REASON_TEST;
}

/* A frame of no cluster: for the neighbour, and from nobody in particular. */
static bool between_strangers(const struct knell_frame_info *info)
{
	return (info->kind == KNELL_FRAME_HELLO || info->kind == KNELL_FRAME_MESSAGE) &&
	       !info->hops && !info->origin && !info->epoch && !info->seq &&
	       info->dest == KNELL_NODE_ALL;
}

void knell_wire_put_header(void *buf, const struct knell_frame_info *info)
{
	struct knell_frame_hdr hdr = {
		.version = KNELL_WIRE_VERSION,
		.kind = info->kind,
		.hops = info->hops,
		.cluster = cpu_to_be32(info->cluster),
		.origin = cpu_to_be16(info->origin),
		.dest = cpu_to_be16(info->dest),
		.epoch = cpu_to_be32(info->epoch),
		.seq = cpu_to_be32(info->seq),
		.length = cpu_to_be16(info->length),
	};

	memcpy(buf, &hdr, sizeof(hdr));
}

int knell_wire_get_header(const void *buf, size_t len, struct knell_frame_info *info)
{
	struct knell_frame_hdr hdr;

	if (len < sizeof(hdr) || len > KNELL_FRAME_MAX)
		return -EBADMSG;
	memcpy(&hdr, buf, sizeof(hdr));
	if (hdr.version != KNELL_WIRE_VERSION)
		return -EPROTONOSUPPORT;
	*info = (struct knell_frame_info) {
		.kind = hdr.kind,
		.hops = hdr.hops,
		.cluster = be32_to_cpu(hdr.cluster),
		.origin = be16_to_cpu(hdr.origin),
		.dest = be16_to_cpu(hdr.dest),
		.epoch = be32_to_cpu(hdr.epoch),
		.seq = be32_to_cpu(hdr.seq),
		.length = be16_to_cpu(hdr.length),
	};
	if (hdr.flags || hdr.reserved || info->hops > KNELL_HOP_LIMIT ||
	    info->length != len - sizeof(hdr))
		return -EBADMSG;
	if (!info->cluster)
		return between_strangers(info) ? 0 : -EBADMSG;
	if (!info->epoch || !node_ok(info->origin) ||
	    (!node_ok(info->dest) && info->dest != KNELL_NODE_ALL))
		return -EBADMSG;
	return 0;
}

bool knell_wire_kind_known(u8 kind)
{
	return kind >= KNELL_FRAME_HELLO && kind <= KNELL_FRAME_MESSAGE;
}

int knell_wire_records(u16 length)
{
	if (!length || length > KNELL_FRAME_PAYLOAD_MAX || length % sizeof(struct knell_wire_node))
		return -EBADMSG;
	return length / sizeof(struct knell_wire_node);
}

void knell_wire_put_node(void *buf, const struct knell_node_rec *rec)
{
	struct knell_wire_node wire = {
		.node = cpu_to_be16(rec->node),
		.author = cpu_to_be16(rec->author),
		.status = rec->status,
		.reason = rec->reason,
		.role = rec->role,
		.epoch = cpu_to_be32(rec->epoch),
		.seq = cpu_to_be32(rec->seq),
		.generation = cpu_to_be32(rec->generation),
		.mib_hash = cpu_to_be32(rec->mib_hash),
		.stamp_ns = cpu_to_be64(rec->stamp_ns),
	};

	memcpy(buf, &wire, sizeof(wire));
}

int knell_wire_check_node(const struct knell_node_rec *rec)
{
	if (!node_ok(rec->node) || !node_ok(rec->author) || !rec->epoch || !rec->seq ||
	    rec->status == KNELL_STATUS_UNKNOWN || rec->status > KNELL_STATUS_DOWN ||
	    !reason_ok(rec->reason) || !role_ok(rec->role))
		return -EBADMSG;
	if (knell_status_terminal(rec->status) != (rec->seq == KNELL_SEQ_TERMINAL))
		return -EBADMSG;
	return 0;
}

int knell_wire_get_node(const void *payload, size_t length, unsigned int index,
			struct knell_node_rec *rec)
{
	struct knell_wire_node wire;

	if (index >= length / sizeof(wire))
		return -EBADMSG;
	memcpy(&wire, (const u8 *)payload + index * sizeof(wire), sizeof(wire));
	if (wire.flags)
		return -EBADMSG;
	*rec = (struct knell_node_rec) {
		.node = be16_to_cpu(wire.node),
		.author = be16_to_cpu(wire.author),
		.status = wire.status,
		.reason = wire.reason,
		.role = wire.role,
		.epoch = be32_to_cpu(wire.epoch),
		.seq = be32_to_cpu(wire.seq),
		.generation = be32_to_cpu(wire.generation),
		.mib_hash = be32_to_cpu(wire.mib_hash),
		.stamp_ns = be64_to_cpu(wire.stamp_ns),
	};
	return knell_wire_check_node(rec);
}

void knell_wire_put_app(void *buf, const struct knell_app_rec *rec)
{
	struct knell_wire_app wire = {
		.app = cpu_to_be16(rec->app),
		.author = cpu_to_be16(rec->author),
		.state = rec->state,
		.reason = rec->reason,
		.owner = cpu_to_be16(rec->owner),
		.owner_epoch = cpu_to_be32(rec->owner_epoch),
		.from = cpu_to_be16(rec->from),
		.prefer = cpu_to_be16(rec->prefer),
		.version = cpu_to_be32(rec->version),
		.tried = cpu_to_be32(rec->tried),
		.stamp_ns = cpu_to_be64(rec->stamp_ns),
	};

	memcpy(buf, &wire, sizeof(wire));
}

static bool app_state_needs_owner(u8 state)
{
	return state == KNELL_APP_STARTING || state == KNELL_APP_RUNNING ||
	       state == KNELL_APP_STOPPING;
}

int knell_wire_check_app(const struct knell_app_rec *rec)
{
	if (!rec->app || rec->app > KNELL_APP_MAX || !node_ok(rec->author) ||
	    rec->state == KNELL_APP_UNKNOWN || rec->state > KNELL_APP_FAILED ||
	    !reason_ok(rec->reason) || !rec->version ||
	    !node_or_none_ok(rec->owner) || !node_or_none_ok(rec->from) ||
	    !node_or_none_ok(rec->prefer) || rec->tried >> KNELL_CANDIDATES_MAX)
		return -EBADMSG;
	/* An owner and its epoch come together. */
	if (!rec->owner != !rec->owner_epoch)
		return -EBADMSG;
	if (app_state_needs_owner(rec->state) && !rec->owner)
		return -EBADMSG;
	return 0;
}

int knell_wire_get_app(const void *payload, size_t length, unsigned int index,
		       struct knell_app_rec *rec)
{
	struct knell_wire_app wire;

	if (index >= length / sizeof(wire))
		return -EBADMSG;
	memcpy(&wire, (const u8 *)payload + index * sizeof(wire), sizeof(wire));
	*rec = (struct knell_app_rec) {
		.app = be16_to_cpu(wire.app),
		.author = be16_to_cpu(wire.author),
		.state = wire.state,
		.reason = wire.reason,
		.owner = be16_to_cpu(wire.owner),
		.owner_epoch = be32_to_cpu(wire.owner_epoch),
		.from = be16_to_cpu(wire.from),
		.prefer = be16_to_cpu(wire.prefer),
		.version = be32_to_cpu(wire.version),
		.tried = be32_to_cpu(wire.tried),
		.stamp_ns = be64_to_cpu(wire.stamp_ns),
	};
	return knell_wire_check_app(rec);
}

void knell_wire_put_hello(void *buf, const struct knell_hello *hello)
{
	struct knell_wire_hello wire = {
		.node = cpu_to_be16(hello->node),
		.role = hello->role,
		.epoch = cpu_to_be32(hello->epoch),
		.incarnation = cpu_to_be32(hello->incarnation),
		.peer_incarnation = cpu_to_be32(hello->peer_incarnation),
		.peer_seq = cpu_to_be32(hello->peer_seq),
	};

	memcpy(buf, &wire, sizeof(wire));
}

int knell_wire_get_hello(const void *payload, size_t length, struct knell_hello *hello)
{
	struct knell_wire_hello wire;

	if (length != sizeof(wire))
		return -EBADMSG;
	memcpy(&wire, payload, sizeof(wire));
	*hello = (struct knell_hello) {
		.node = be16_to_cpu(wire.node),
		.role = wire.role,
		.epoch = be32_to_cpu(wire.epoch),
		.incarnation = be32_to_cpu(wire.incarnation),
		.peer_incarnation = be32_to_cpu(wire.peer_incarnation),
		.peer_seq = be32_to_cpu(wire.peer_seq),
	};
	if (wire.reserved || !hello->incarnation ||
	    (!hello->peer_incarnation && hello->peer_seq))
		return -EBADMSG;
	if (hello->node == KNELL_NODE_NONE)
		return hello->role || hello->epoch ? -EBADMSG : 0;
	return node_ok(hello->node) && role_ok(hello->role) && hello->epoch ? 0 : -EBADMSG;
}

void knell_wire_put_claim(void *buf, const struct knell_claim *claim)
{
	struct knell_wire_claim wire = {
		.app = cpu_to_be16(claim->app),
		.claimant = cpu_to_be16(claim->claimant),
		.claimant_epoch = cpu_to_be32(claim->claimant_epoch),
		.version = cpu_to_be32(claim->version),
	};

	memcpy(buf, &wire, sizeof(wire));
}

int knell_wire_get_claim(const void *payload, size_t length, struct knell_claim *claim)
{
	struct knell_wire_claim wire;

	if (length != sizeof(wire))
		return -EBADMSG;
	memcpy(&wire, payload, sizeof(wire));
	*claim = (struct knell_claim) {
		.app = be16_to_cpu(wire.app),
		.claimant = be16_to_cpu(wire.claimant),
		.claimant_epoch = be32_to_cpu(wire.claimant_epoch),
		.version = be32_to_cpu(wire.version),
	};
	if (!claim->app || claim->app > KNELL_APP_MAX || !node_ok(claim->claimant) ||
	    !claim->claimant_epoch)
		return -EBADMSG;
	return 0;
}

void knell_wire_put_order(void *buf, const struct knell_order_info *order)
{
	struct knell_wire_order wire = {
		.order = cpu_to_be16(order->order),
		.app = cpu_to_be16(order->app),
		.arg = cpu_to_be16(order->arg),
	};

	memcpy(buf, &wire, sizeof(wire));
}

int knell_wire_get_order(const void *payload, size_t length, struct knell_order_info *order)
{
	struct knell_wire_order wire;

	if (length != sizeof(wire))
		return -EBADMSG;
	memcpy(&wire, payload, sizeof(wire));
	*order = (struct knell_order_info) {
		.order = be16_to_cpu(wire.order),
		.app = be16_to_cpu(wire.app),
		.arg = be16_to_cpu(wire.arg),
	};
	if (wire.reserved || order->app > KNELL_APP_MAX)
		return -EBADMSG;
	switch (order->order) {
	case KNELL_ORDER_RELEASE:
		return node_or_none_ok(order->arg) ? 0 : -EBADMSG;
	case KNELL_ORDER_RESET:
		return order->arg ? -EBADMSG : 0;
	case KNELL_ORDER_MAINTENANCE:
		return order->arg > 1 || order->app ? -EBADMSG : 0;
	default:
		return -EBADMSG;
	}
}

void knell_wire_put_probe(void *buf, const struct knell_probe *probe)
{
	struct knell_wire_probe wire = {
		.cookie = cpu_to_be64(probe->cookie),
		.stamp_ns = cpu_to_be64(probe->stamp_ns),
	};

	memcpy(buf, &wire, sizeof(wire));
}

int knell_wire_get_probe(const void *payload, size_t length, struct knell_probe *probe)
{
	struct knell_wire_probe wire;

	if (length != sizeof(wire))
		return -EBADMSG;
	memcpy(&wire, payload, sizeof(wire));
	probe->cookie = be64_to_cpu(wire.cookie);
	probe->stamp_ns = be64_to_cpu(wire.stamp_ns);
	return 0;
}
