/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frame switch: links, what comes in, what goes out, who is told.
 *
 * State travels, not events: a record that is newer than ours is committed to
 * the table, and knell_core_unlock() sends all changed records to the other
 * links first and then tells the listeners. So a router passes a notice on
 * before it thinks about it, and nothing that changed can stay untold.
 *
 * Context and locking: process context; everything with knell_lock held unless
 * a line says otherwise.
 */
#ifndef KNELL_FABRIC_SWITCH_H
#define KNELL_FABRIC_SWITCH_H

#include "fabric/link.h"
#include "fabric/wire.h"
#include "membership/table.h"

/**
 * struct knell_listener - what upper floors hear; with knell_lock held
 * @node: a node's record changed from @old
 * @app: an application's record changed from @old
 * @overrule: an owner whose time is over went on counting, up to @version: what is known stays
 * @was_down: others remember an older epoch of this node as DOWN or LOST
 * @settled: records changed and were sent, the two above follow; may commit
 *	further changes
 * @link: a link went up or down; @was is the state before
 * @claim: a valid claim for this router
 * @order: an order for this node, or for all
 * @message: for this node's helper
 * @stranger: the same, from the other end of @link, which is in no cluster of ours
 * @probe_reply: the answer to a probe of this node
 *
 * Each may be NULL.
 */
struct knell_listener {
	struct list_head list;
	void (*node)(struct knell_node *node, const struct knell_node_rec *old);
	void (*app)(struct knell_app *app, const struct knell_app_rec *old);
	void (*overrule)(struct knell_app *app, u32 version);
	void (*was_down)(void);
	void (*settled)(void);
	void (*link)(struct knell_link *link, u8 was);
	void (*claim)(const struct knell_claim *claim);
	void (*order)(u16 origin, const struct knell_order_info *order);
	void (*message)(u16 origin, const void *data, u16 length);
	void (*stranger)(struct knell_link *link, const void *data, u16 length);
	void (*probe_reply)(u16 origin, const struct knell_probe *probe);
};

int knell_switch_init(void);
/* All links must be gone. Takes knell_lock. */
void knell_switch_exit(void);
/* The cluster goes: forget which frames were seen; epochs of the next one may be lower. */
void knell_switch_forget(void);
/* No further links from now on (unloading). Takes knell_lock. */
void knell_switch_close(void);

/* In the order in which they are told. Take knell_lock. */
void knell_listen(struct knell_listener *listener);
void knell_unlisten(struct knell_listener *listener);
/* For the floor that tells them: call one member of every listener that has it. */
extern struct list_head knell_listeners;
#define knell_tell(member, ...)						\
	do {								\
		struct knell_listener *l_;				\
									\
		list_for_each_entry(l_, &knell_listeners, list)		\
			if (l_->member)					\
				l_->member(__VA_ARGS__);		\
	} while (0)

/* Take knell_lock; without it held. */
void knell_core_lock(void);
/* Send and tell everything that changed, then let go of knell_lock. */
void knell_core_unlock(void);

/* Send and tell everything that changed so far. */
void knell_switch_settle(void);

/**
 * knell_switch_send() - send a frame to one node, or to all
 * @kind: CLAIM, ORDER, PROBE, PROBE_REPLY or MESSAGE
 * @dest: node or KNELL_NODE_ALL; not this node
 * @payload: encoded
 * @length: octets of payload
 *
 * Return: 0 if at least one link took it; -EHOSTUNREACH if no link leads there;
 * -ENOMEM; -ENOBUFS.
 */
int knell_switch_send(u8 kind, u16 dest, const void *payload, u16 length);

/* The same for a frame that is made already; it does not go back to @except. */
int knell_switch_forward(const struct knell_frame_info *info, const void *data,
			 struct knell_link *except);

/**
 * knell_switch_ask() - ask a node nothing is connected to whether it lives
 * @dest: the node
 * @probe: encoded
 * @servers: ask through servers as well, not only through routers
 *
 * Not deduplicated on its way: each way is tried.
 *
 * Return: as knell_switch_send().
 */
int knell_switch_ask(u16 dest, const struct knell_wire_probe *probe, bool servers);

/* Answer a PROBE of @dest the way it came. */
void knell_switch_answer(struct knell_link *link, u16 dest, const void *probe, u16 length);

/**
 * knell_switch_send_stranger() - send a message to the other end of a link
 * @id: link in state STRANGER
 * @data: the message
 * @length: octets of @data
 *
 * Return: 0; -EHOSTUNREACH if there is no such link; -ENOMEM; -ENOBUFS.
 */
int knell_switch_send_stranger(u32 id, const void *data, u16 length);

/* Send all records this node may say to @link (it came up, or some could not be sent). */
void knell_switch_send_all(struct knell_link *link);
/* The same a little later, as soon as the link is not behind. */
void knell_switch_resync(struct knell_link *link);
/* Send just these to the peer of a link, because it does not know them. */
void knell_switch_send_app(u16 dest, const struct knell_app_rec *rec);

/* Between the files of the switch. */
struct knell_link *knell_route(u16 node);
void knell_route_learn(u16 node, struct knell_link *link);
void knell_routes_forget(struct knell_link *link);
/* Only to a member of the cluster, else -ENOTCONN; knell_link_queue() to whom it may be. */
int knell_link_send(struct knell_link *link, struct knell_frame *frame);
int knell_link_queue(struct knell_link *link, struct knell_frame *frame);
/*
 * Of the routers this node has a link to the one to turn to, KNELL_NODE_NONE if there is none:
 * one that is active before one that is not, one that died last, then the lowest number.
 */
u16 knell_nearest_router(void);
/* Is there a link up to @node? */
bool knell_link_to(u16 node);
/* First link after @id in the order of ids. */
struct knell_link *knell_link_next(u32 id);
extern struct list_head knell_links;

/*
 * Links start over with HELLO, or fall silent: @all, or those that are not up
 * or whose peer is no node of the cluster any more. WITHOUT knell_lock.
 */
void knell_links_rejoin(bool all);
/*
 * How many routers this node needs one of, and to how many of them a link is up. A router needs
 * none: it is not cut off because another one died.
 */
void knell_links_count(unsigned int *up, unsigned int *routers);
/*
 * Everything there was to say has been acknowledged: some link is up, and no
 * link that is up holds a frame or a record that could not become one yet.
 */
bool knell_links_drained(void);

/* Until then (jiffies) owners may tell this router what it missed. */
extern unsigned long knell_restoring_until;

#endif /* KNELL_FABRIC_SWITCH_H */
