/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One hop of the fabric: hop header, HELLO, the sender's queue and the
 * receiver's duplicate filter.
 *
 * Context and locking: pure logic without locks; the owner of a
 * struct knell_hop serialises the calls for it.
 */
#ifndef KNELL_FABRIC_HOP_H
#define KNELL_FABRIC_HOP_H

#include "fabric/wire.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Frames a sender keeps at most, the one in flight not counted: with two rings of
 * so many a struct knell_nexus takes four pages; the allocator would give it eight.
 */
#define KNELL_HOP_QUEUE_MAX	224

#define KNELL_HOP_FRAME_MAX	(KNELL_HOP_MAX - sizeof(struct knell_hop_hdr))
#define KNELL_HELLO_LEN \
	(sizeof(struct knell_frame_hdr) + sizeof(struct knell_wire_hello))

/**
 * struct knell_hop_view - a received hop buffer that passed knell_hop_open()
 * @data: the frame, inside the buffer
 * @len: octets in @data
 * @seq: hop sequence, 0 = unsequenced
 * @incarnation: of the sender
 */
struct knell_hop_view {
	const u8 *data;
	size_t len;
	u32 seq;
	u32 incarnation;
};

/**
 * struct knell_hop_item - a frame in the sender's hands
 * @data: the frame, without hop header
 * @cookie: the owner's reference to @data
 * @len: octets in @data
 */
struct knell_hop_item {
	const void *data;
	void *cookie;
	u16 len;
};

/**
 * struct knell_hop_ring - first in, first out
 */
struct knell_hop_ring {
	u16 head;
	u16 count;
	struct knell_hop_item item[KNELL_HOP_QUEUE_MAX];
};

/**
 * struct knell_hop - both directions of one link over one hop
 * @incarnation: of this side, random, not 0
 * @peer_incarnation: last one seen in a HELLO of the other side, 0 = none
 * @rx_last: last sequence accepted under @peer_incarnation
 * @tx_last: last sequence the other side has accepted under @incarnation
 * @in_flight: @flying was handed out and is not acknowledged yet
 * @flying: the frame in flight; its sequence is the one after @tx_last
 * @urgent: notices: never displaced
 * @bulk: all else: displaced by notices when the queue is full
 *
 * There is one frame in flight at a time. A frame gets its sequence when it
 * is handed out, so that displaced frames leave no gap.
 */
struct knell_hop {
	u32 incarnation;
	u32 peer_incarnation;
	u32 rx_last;
	u32 tx_last;
	bool in_flight;
	struct knell_hop_item flying;
	struct knell_hop_ring urgent;
	struct knell_hop_ring bulk;
};

/**
 * enum knell_hop_news - what a received sequence number means
 * @KNELL_HOP_NEW: accepted, hand the frame on
 * @KNELL_HOP_DUPLICATE: seen before: acknowledge and drop
 * @KNELL_HOP_GAP: wrong incarnation or a gap: start over with HELLO
 */
enum knell_hop_news {
	KNELL_HOP_NEW,
	KNELL_HOP_DUPLICATE,
	KNELL_HOP_GAP,
};

/**
 * knell_hop_seal() - write the hop header in front of a frame
 * @hdr: where to
 * @seq: hop sequence, 0 = unsequenced
 * @incarnation: of the sending link
 * @data: the frame
 * @len: octets in @data, at most KNELL_HOP_FRAME_MAX
 */
void knell_hop_seal(struct knell_hop_hdr *hdr, u32 seq, u32 incarnation,
		    const void *data, size_t len);

/**
 * knell_hop_open() - check a received buffer
 * @buf: what arrived
 * @len: octets in @buf
 * @view: filled on success, points into @buf
 *
 * Return: 0, -EMSGSIZE (shorter than its headers or than it says),
 * -EPROTO (magic, version, flags), -EBADMSG (check sum).
 */
int knell_hop_open(const void *buf, size_t len, struct knell_hop_view *view);

/* The kind of a frame that passed knell_hop_open(). */
u8 knell_hop_kind(const struct knell_hop_view *view);

/**
 * knell_hop_hello_encode() - write a whole HELLO frame
 * @buf: KNELL_HELLO_LEN octets
 * @cluster: cluster id
 * @hello: what it says
 */
void knell_hop_hello_encode(u8 *buf, u32 cluster, const struct knell_hello *hello);

/**
 * knell_hop_hello_decode() - check and read a whole HELLO frame
 * @buf: the frame, without hop header
 * @len: its length
 * @cluster: cluster id
 * @hello: what it says
 *
 * Return: 0, or -EBADMSG if it is not a HELLO that is understood in full.
 */
int knell_hop_hello_decode(const void *buf, size_t len, u32 *cluster,
			   struct knell_hello *hello);

/**
 * knell_hop_init() - start with empty queues
 * @hop: zeroed memory or a hop whose queues were flushed
 * @incarnation: random, not 0
 */
void knell_hop_init(struct knell_hop *hop, u32 incarnation);

/* Fill the link's part of an outgoing HELLO: incarnations and sequence. */
void knell_hop_introduce(const struct knell_hop *hop,
			 struct knell_hello *hello);

/**
 * knell_hop_greet() - take in the HELLO of the other side
 * @hop: the link
 * @hello: what it said
 * @restarted: set if the other side is not the one spoken to before: the
 *	caller flushes the queues, because all records will be sent again
 *
 * A frame in flight that the other side did not get is handed out again by
 * knell_hop_next(), under the sequence the other side expects.
 *
 * @done: the frame in flight if the other side did get it
 * Return: 1 if @done was filled, 0 if not, -EPROTO if the HELLO claims frames
 * that were never sent.
 */
int knell_hop_greet(struct knell_hop *hop, const struct knell_hello *hello,
		    bool *restarted, struct knell_hop_item *done);

/**
 * knell_hop_receive() - judge the sequence number of an arrived frame
 * @hop: the link
 * @incarnation: from the hop header
 * @seq: from the hop header, not 0
 *
 * KNELL_HOP_NEW also marks it as received.
 */
enum knell_hop_news knell_hop_receive(struct knell_hop *hop, u32 incarnation,
				      u32 seq);

/**
 * knell_hop_queue() - queue a frame
 * @hop: the link
 * @item: the frame; on success its cookie belongs to the queue
 * @displaced: frame that had to make room
 *
 * Return: 0, 1 if @displaced was filled, -ENOBUFS if there is no room.
 */
int knell_hop_queue(struct knell_hop *hop, const struct knell_hop_item *item,
		    struct knell_hop_item *displaced);

/**
 * knell_hop_next() - the frame to send now
 * @hop: the link
 * @seq: its hop sequence
 *
 * The same frame is returned until it is acknowledged.
 * Return: NULL if there is nothing to send.
 */
const struct knell_hop_item *knell_hop_next(struct knell_hop *hop, u32 *seq);

/**
 * knell_hop_ack() - the other side has everything up to @seq
 * @done: the frame that is finished
 *
 * Return: true if @done was filled.
 */
bool knell_hop_ack(struct knell_hop *hop, u32 seq, struct knell_hop_item *done);

/* Take any frame out of the queues; false when they are empty. */
bool knell_hop_flush(struct knell_hop *hop, struct knell_hop_item *item);

/* Frames queued or in flight. */
unsigned int knell_hop_queued(const struct knell_hop *hop);
/* Of those queued the ones that are never displaced. */
unsigned int knell_hop_notices(const struct knell_hop *hop);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_FABRIC_HOP_H */
