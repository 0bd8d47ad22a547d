/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract between the frame switch and the links of the fabric.
 *
 * Context and locking: everything here is process context and may sleep,
 * unless a line says otherwise. The switch serialises itself with its own
 * mutex; it calls ops->send() with that mutex held, so a link must never call
 * into the switch from send(), nor with a lock held that send() takes.
 */
#ifndef KNELL_FABRIC_LINK_H
#define KNELL_FABRIC_LINK_H

#include <linux/list.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/knell.h>
#include <linux/knell_wire.h>

#include "membership/directory.h"	/* knell_identity_get(), knell_node_of_initiator() */

#define KNELL_LINK_VERSION	1

/**
 * struct knell_frame - an immutable frame shared by all links that carry it
 * @ref: users
 * @len: octets in @data
 * @data: starts with struct knell_frame_hdr
 */
struct knell_frame {
	refcount_t ref;
	u16 len;
	u8 data[];
};

/* Never sleeps for @gfp == GFP_ATOMIC; NULL if there is no memory or @len > KNELL_HOP_MAX - 20. */
struct knell_frame *knell_frame_alloc(size_t len, gfp_t gfp);
struct knell_frame *knell_frame_get(struct knell_frame *frame);	/* any context */
void knell_frame_put(struct knell_frame *frame);			/* any context */

/* What the switch tells about a link over netlink; filled by ops->info(). */
struct knell_link_info {
	u64 tx_frames, rx_frames, tx_dropped, rx_dropped, rx_duplicate, restarts;
	u32 tx_queued, parked;
	u32 tx_notices;	/* of @tx_queued: records, claims and orders, none of them in flight */
};

struct knell_link;

/**
 * struct knell_link_ops - one kind of link
 * @version: KNELL_LINK_VERSION
 * @size: sizeof(struct knell_link_ops)
 * @owner: module that must stay while a link of it is registered
 * @kind: initiator or target
 * @send: queue @frame (takes its own reference); never sleeps; -ENOBUFS if the
 *	queue is full (a notice then displaces messages and packets, never the
 *	other way round), -ENOTCONN if the link is down
 * @rejoin: identity or epoch of this node changed, or the cluster went
 *	away: start over with HELLO (or be silent). May sleep; called
 *	without the switch's mutex
 * @info: counters; any time, must not sleep
 */
struct knell_link_ops {
	u32 version;
	u32 size;
	struct module *owner;
	enum knell_link_kind kind;
	int (*send)(struct knell_link *link, struct knell_frame *frame);
	void (*rejoin)(struct knell_link *link);
	void (*info)(struct knell_link *link, struct knell_link_info *info);
};

/**
 * struct knell_link - embedded by the implementation in its own structure
 * @ops: set before knell_link_add()
 * @name: for people: H:C:T:L of the device, or the initiator name
 *
 * The rest belongs to the switch.
 */
struct knell_link {
	const struct knell_link_ops *ops;
	char name[KNELL_INITIATOR_MAX];

	struct list_head node;
	u32 id;
	u32 peer_epoch;
	u16 peer;
	u8 peer_role;
	u8 state;
	u32 silence_ms;	/* see knell_link_down() */
	bool resync;	/* records could not be sent: send all again */
	bool told_rejoin;
	unsigned int busy;	/* ops run without the mutex */
};

/* -EINVAL if version or size do not fit, -ESHUTDOWN while unloading. */
int knell_link_add(struct knell_link *link);
/* After it returns no ops of this link run or will run. */
void knell_link_del(struct knell_link *link);

/* HELLO was exchanged; the switch answers with all its records. */
void knell_link_up(struct knell_link *link, u16 peer, u8 peer_role, u32 peer_epoch);
/* HELLO was exchanged, but the two share no cluster: only messages of the helpers pass. */
void knell_link_stranger(struct knell_link *link);
/*
 * The session is gone. On a target link this starts the grace period before LOST;
 * link->silence_ms says for how long, at the least, the peer has been silent.
 */
void knell_link_down(struct knell_link *link);
/* A frame (without hop header) arrived; copied. The switch counts malformed and forged frames. */
void knell_link_rx(struct knell_link *link, const void *data, size_t len);

#endif /* KNELL_FABRIC_LINK_H */
