// SPDX-License-Identifier: GPL-2.0
/*
 * One hop of the fabric: header and HELLO codec, sender's queue, duplicate
 * filter. Pure logic, see hop.h.
 */
#include "fabric/hop.h"

void knell_hop_seal(struct knell_hop_hdr *hdr, u32 seq, u32 incarnation,
		    const void *data, size_t len)
{
	hdr->magic = cpu_to_be32(KNELL_HOP_MAGIC);
	hdr->version = KNELL_WIRE_VERSION;
	hdr->flags = 0;
	hdr->length = cpu_to_be16((u16)len);
	hdr->seq = cpu_to_be32(seq);
	hdr->incarnation = cpu_to_be32(incarnation);
	hdr->crc = cpu_to_be32(~crc32c(~0U, data, len));
}
EXPORT_SYMBOL_GPL(knell_hop_seal);

int knell_hop_open(const void *buf, size_t len, struct knell_hop_view *view)
{
	struct knell_hop_hdr hdr;
	const u8 *data;

	if (len < sizeof(hdr) || len > KNELL_HOP_MAX)
		return -EMSGSIZE;
	memcpy(&hdr, buf, sizeof(hdr));
	if (be32_to_cpu(hdr.magic) != KNELL_HOP_MAGIC ||
	    hdr.version != KNELL_WIRE_VERSION || hdr.flags)
		return -EPROTO;
	data = (const u8 *)buf + sizeof(hdr);
	if (be16_to_cpu(hdr.length) != len - sizeof(hdr) ||
	    len - sizeof(hdr) < sizeof(struct knell_frame_hdr))
		return -EMSGSIZE;
	if (be32_to_cpu(hdr.crc) != (u32)~crc32c(~0U, data, len - sizeof(hdr)))
		return -EBADMSG;

	view->data = data;
	view->len = len - sizeof(hdr);
	view->seq = be32_to_cpu(hdr.seq);
	view->incarnation = be32_to_cpu(hdr.incarnation);
	return 0;
}
EXPORT_SYMBOL_GPL(knell_hop_open);

u8 knell_hop_kind(const struct knell_hop_view *view)
{
	return view->data[offsetof(struct knell_frame_hdr, kind)];
}
EXPORT_SYMBOL_GPL(knell_hop_kind);

void knell_hop_hello_encode(u8 *buf, u32 cluster, const struct knell_hello *hello)
{
	struct knell_frame_info info = {
		.kind = KNELL_FRAME_HELLO,
		.cluster = cluster,
		.origin = hello->node,
		.dest = KNELL_NODE_ALL,
		.epoch = hello->epoch,
		.length = sizeof(struct knell_wire_hello),
	};

	knell_wire_put_header(buf, &info);
	knell_wire_put_hello(buf + KNELL_FRAME_HDR_LEN, hello);
}
EXPORT_SYMBOL_GPL(knell_hop_hello_encode);

int knell_hop_hello_decode(const void *buf, size_t len, u32 *cluster,
			   struct knell_hello *hello)
{
	struct knell_frame_info info;

	if (knell_wire_get_header(buf, len, &info) ||
	    info.kind != KNELL_FRAME_HELLO || info.hops || info.seq ||
	    info.dest != KNELL_NODE_ALL ||
	    knell_wire_get_hello((const u8 *)buf + KNELL_FRAME_HDR_LEN,
				 info.length, hello) ||
	    info.origin != hello->node || info.epoch != hello->epoch ||
	    !info.cluster != !hello->node)
		return -EBADMSG;
	*cluster = info.cluster;
	return 0;
}
EXPORT_SYMBOL_GPL(knell_hop_hello_decode);

/* Sequence numbers wrap and leave out 0. */
static u32 seq_after(u32 seq)
{
	return seq + 1 ? seq + 1 : 1;
}

void knell_hop_init(struct knell_hop *hop, u32 incarnation)
{
	memset(hop, 0, sizeof(*hop));
	hop->incarnation = incarnation;
}
EXPORT_SYMBOL_GPL(knell_hop_init);

void knell_hop_introduce(const struct knell_hop *hop,
			 struct knell_hello *hello)
{
	hello->incarnation = hop->incarnation;
	hello->peer_incarnation = hop->peer_incarnation;
	hello->peer_seq = hop->rx_last;
}
EXPORT_SYMBOL_GPL(knell_hop_introduce);

int knell_hop_greet(struct knell_hop *hop, const struct knell_hello *hello,
		    bool *restarted, struct knell_hop_item *done)
{
	bool known = hello->peer_incarnation == hop->incarnation;
	u32 got = known ? hello->peer_seq : 0;
	u32 flying = seq_after(hop->tx_last);

	*restarted = hello->incarnation != hop->peer_incarnation;
	if (*restarted) {
		/* It learned of this link just now, so it can have nothing. */
		if (got)
			return -EPROTO;
		hop->peer_incarnation = hello->incarnation;
		hop->rx_last = 0;
	} else if (known && got != hop->tx_last && got != flying) {
		return -EPROTO;
	}

	hop->tx_last = got;
	if (!hop->in_flight || got != flying)
		return 0;
	*done = hop->flying;
	hop->in_flight = false;
	return 1;
}
EXPORT_SYMBOL_GPL(knell_hop_greet);

enum knell_hop_news knell_hop_receive(struct knell_hop *hop, u32 incarnation,
				      u32 seq)
{
	if (incarnation != hop->peer_incarnation || !seq)
		return KNELL_HOP_GAP;
	if (seq == seq_after(hop->rx_last)) {
		hop->rx_last = seq;
		return KNELL_HOP_NEW;
	}
	if (hop->rx_last && (s32)(seq - hop->rx_last) <= 0)
		return KNELL_HOP_DUPLICATE;
	return KNELL_HOP_GAP;
}
EXPORT_SYMBOL_GPL(knell_hop_receive);

static void ring_push(struct knell_hop_ring *ring,
		      const struct knell_hop_item *item)
{
	ring->item[(ring->head + ring->count) % KNELL_HOP_QUEUE_MAX] = *item;
	ring->count++;
}

static bool ring_pop(struct knell_hop_ring *ring, struct knell_hop_item *item)
{
	if (!ring->count)
		return false;
	*item = ring->item[ring->head];
	ring->head = (ring->head + 1) % KNELL_HOP_QUEUE_MAX;
	ring->count--;
	return true;
}

static bool is_notice(const struct knell_hop_item *item)
{
	switch (((const u8 *)item->data)[offsetof(struct knell_frame_hdr, kind)]) {
	case KNELL_FRAME_NODE:
	case KNELL_FRAME_APP:
	case KNELL_FRAME_CLAIM:
	case KNELL_FRAME_ORDER:
		return true;
	default:
		return false;
	}
}

int knell_hop_queue(struct knell_hop *hop, const struct knell_hop_item *item,
		    struct knell_hop_item *displaced)
{
	bool full = hop->urgent.count + hop->bulk.count >= KNELL_HOP_QUEUE_MAX;
	int ret = 0;

	if (!is_notice(item)) {
		if (full)
			return -ENOBUFS;
		ring_push(&hop->bulk, item);
		return 0;
	}
	if (full) {
		if (!ring_pop(&hop->bulk, displaced))
			return -ENOBUFS;
		ret = 1;
	}
	ring_push(&hop->urgent, item);
	return ret;
}
EXPORT_SYMBOL_GPL(knell_hop_queue);

const struct knell_hop_item *knell_hop_next(struct knell_hop *hop, u32 *seq)
{
	if (!hop->in_flight) {
		if (!ring_pop(&hop->urgent, &hop->flying) &&
		    !ring_pop(&hop->bulk, &hop->flying))
			return NULL;
		hop->in_flight = true;
	}
	*seq = seq_after(hop->tx_last);
	return &hop->flying;
}
EXPORT_SYMBOL_GPL(knell_hop_next);

bool knell_hop_ack(struct knell_hop *hop, u32 seq, struct knell_hop_item *done)
{
	if (!hop->in_flight || seq != seq_after(hop->tx_last))
		return false;
	hop->tx_last = seq;
	hop->in_flight = false;
	*done = hop->flying;
	return true;
}
EXPORT_SYMBOL_GPL(knell_hop_ack);

bool knell_hop_flush(struct knell_hop *hop, struct knell_hop_item *item)
{
	if (hop->in_flight) {
		*item = hop->flying;
		hop->in_flight = false;
		return true;
	}
	return ring_pop(&hop->urgent, item) || ring_pop(&hop->bulk, item);
}
EXPORT_SYMBOL_GPL(knell_hop_flush);

unsigned int knell_hop_queued(const struct knell_hop *hop)
{
	return hop->urgent.count + hop->bulk.count + (hop->in_flight ? 1 : 0);
}
EXPORT_SYMBOL_GPL(knell_hop_queued);

unsigned int knell_hop_notices(const struct knell_hop *hop)
{
	return hop->urgent.count;
}
EXPORT_SYMBOL_GPL(knell_hop_notices);
