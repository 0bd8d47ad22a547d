// SPDX-License-Identifier: GPL-2.0
/*
 * What goes out: changed records to everybody, frames of the other kinds to
 * one node or all.
 *
 * A record that could not be sent for lack of memory or room is not lost: it
 * is in the table, the link is marked, and all records are sent again a little
 * later. That a node came or is well again waits in the same way for a link
 * that is behind: when hundreds of nodes join at once, each of them has to be
 * told of all, not of one after the other. A death waits for nothing.
 *
 * Context and locking: process context, knell_lock held.
 */
#include <linux/workqueue.h>

#include "fabric/switch.h"
#include "fault/fault.h"
#include "membership/counter.h"
#include "timeouts.h"

#define RESYNC_DELAY	msecs_to_jiffies(KNELL_RESYNC_MS)
/* Notices that wait for a link to take them, from which on it is behind. */
#define BEHIND		16

LIST_HEAD(knell_listeners);

static struct workqueue_struct *wq;
static u32 tx_epoch, tx_seq;

static void resync(struct work_struct *work);
static DECLARE_DELAYED_WORK(resync_work, resync);

void knell_switch_resync(struct knell_link *link)
{
	knell_assert_locked();
	link->resync = true;
	queue_delayed_work(wq, &resync_work, RESYNC_DELAY);
}

static bool is_behind(struct knell_link *link)
{
	struct knell_link_info info = { 0 };

	link->ops->info(link, &info);
	return info.tx_notices >= BEHIND;
}

static void resync(struct work_struct *work)
{
	struct knell_link *link;

	knell_core_lock();
	list_for_each_entry(link, &knell_links, node) {
		if (link->state != KNELL_LINK_UP || !link->resync)
			continue;
		if (is_behind(link)) {
			knell_switch_resync(link);
			continue;
		}
		link->resync = false;
		knell_count(resyncs);
		knell_switch_send_all(link);
	}
	knell_core_unlock();
}

int knell_switch_init(void)
{
	wq = alloc_workqueue("knell_resync", WQ_MEM_RECLAIM, 1);
	return wq ? 0 : -ENOMEM;
}

void knell_switch_exit(void)
{
	cancel_delayed_work_sync(&resync_work);
	destroy_workqueue(wq);
}

void knell_listen(struct knell_listener *listener)
{
	mutex_lock(&knell_lock);
	list_add_tail(&listener->list, &knell_listeners);
	mutex_unlock(&knell_lock);
}

void knell_unlisten(struct knell_listener *listener)
{
	mutex_lock(&knell_lock);
	list_del(&listener->list);
	mutex_unlock(&knell_lock);
}

void knell_core_lock(void)
{
	mutex_lock(&knell_lock);
}

void knell_core_unlock(void)
{
	knell_switch_settle();
	mutex_unlock(&knell_lock);
}

/**
 * struct batch - records on their way into frames
 * @link: only to this one; NULL = to all but @except
 * @except: the link they came in on
 * @kind: NODE or APP
 * @urgent: some are more than the life of a node
 * @count: records in @payload
 */
struct batch {
	struct knell_link *link;
	const void *except;
	u8 kind;
	bool urgent;
	unsigned int count;
};

/* Too large for the stack; protected by knell_lock like everything here. */
static u8 payload[KNELL_FRAME_PAYLOAD_MAX];

static struct knell_frame *make_frame(const struct knell_frame_info *info, const void *data,
				      gfp_t gfp)
{
	struct knell_frame *frame = NULL;

	if (!knell_fault(KNELL_FAULT_NOTICE, KNELL_FAULT_FAIL))
		frame = knell_frame_alloc(KNELL_FRAME_HDR_LEN + info->length, gfp);
	if (!frame) {
		knell_count(tx_no_memory);
		return NULL;
	}
	knell_wire_put_header(frame->data, info);
	memcpy(frame->data + KNELL_FRAME_HDR_LEN, data, info->length);
	return frame;
}

static void batch_send_link(struct knell_link *link, struct knell_frame *frame)
{
	int ret;

	if (link->state != KNELL_LINK_UP)
		return;
	ret = frame ? knell_link_send(link, frame) : -ENOMEM;
	/* A link that is down gets everything when it comes up. */
	if (ret && ret != -ENOTCONN)
		knell_switch_resync(link);
}

static void batch_flush(struct batch *batch)
{
	const struct knell_cluster *cluster;
	struct knell_frame_info info;
	struct knell_frame *frame;
	struct knell_link *link;

	if (!batch->count)
		return;
	cluster = &knell_table.config->cluster;
	info = (struct knell_frame_info) {
		.kind = batch->kind,
		.cluster = cluster->id,
		.origin = cluster->self,
		.dest = KNELL_NODE_ALL,
		.epoch = cluster->epoch,
		.length = batch->count * sizeof(struct knell_wire_node),
	};
	frame = make_frame(&info, payload, GFP_ATOMIC);
	if (batch->link) {
		batch_send_link(batch->link, frame);
	} else {
		list_for_each_entry(link, &knell_links, node) {
			if (link == batch->except)
				continue;
			if (!batch->urgent && link->state == KNELL_LINK_UP && is_behind(link))
				knell_switch_resync(link);
			else
				batch_send_link(link, frame);
		}
	}
	knell_frame_put(frame);
	batch->count = 0;
	batch->urgent = false;
}

static void batch_add(struct batch *batch, u8 kind, const void *wire)
{
	if (batch->kind != kind || batch->count == KNELL_RECORDS_MAX)
		batch_flush(batch);
	batch->kind = kind;
	memcpy(payload + batch->count * sizeof(struct knell_wire_node), wire,
	       sizeof(struct knell_wire_node));
	batch->count++;
}

static void batch_add_node(struct batch *batch, const struct knell_node_rec *rec)
{
	struct knell_wire_node wire;

	knell_wire_put_node(&wire, rec);
	batch_add(batch, KNELL_FRAME_NODE, &wire);
	batch->urgent |= knell_status_terminal(rec->status);
}

static void batch_add_app(struct batch *batch, const struct knell_app_rec *rec)
{
	struct knell_wire_app wire;

	knell_wire_put_app(&wire, rec);
	batch_add(batch, KNELL_FRAME_APP, &wire);
	batch->urgent = true;
}

/* Routers say everything; a server its own status and what it serves (see authority.c). */
static bool may_say_node(const struct knell_node *node)
{
	u16 self = knell_table.config->cluster.self;

	return node->rec.epoch &&
	       (knell_self_is_router() || (node->id == self && node->rec.author == self));
}

static bool may_say_app(const struct knell_app *app)
{
	return app->rec.version &&
	       (knell_self_is_router() || app->rec.owner == knell_table.config->cluster.self);
}

/* The one link all unsent changes came in on, NULL if there are several or they were made here. */
static const void *common_source(void)
{
	const void *source = NULL;
	struct knell_node *node;
	struct knell_app *app;
	bool first = true;

	list_for_each_entry(node, &knell_table.nodes_pending, pending) {
		if (!node->unsent)
			continue;
		if (!first && node->source != source)
			return NULL;
		source = node->source;
		first = false;
	}
	list_for_each_entry(app, &knell_table.apps_pending, pending) {
		if (!app->unsent)
			continue;
		if (!first && app->source != source)
			return NULL;
		source = app->source;
		first = false;
	}
	return source;
}

static void send_changes(void)
{
	struct batch batch = { .except = common_source() };
	struct knell_node *node;
	struct knell_app *app;

	knell_table.unsent = false;
	list_for_each_entry(node, &knell_table.nodes_pending, pending) {
		if (node->unsent && may_say_node(node))
			batch_add_node(&batch, &node->rec);
		node->unsent = false;
	}
	list_for_each_entry(app, &knell_table.apps_pending, pending) {
		if (app->unsent && may_say_app(app))
			batch_add_app(&batch, &app->rec);
		app->unsent = false;
	}
	batch_flush(&batch);
}

/* Stops as soon as a listener changed something: that goes out first. */
static void tell_changes(void)
{
	while (!knell_table.unsent && !list_empty(&knell_table.nodes_pending)) {
		struct knell_node *node = list_first_entry(&knell_table.nodes_pending,
							   struct knell_node, pending);
		struct knell_node_rec old = node->old;

		list_del_init(&node->pending);
		knell_tell(node, node, &old);
	}
	while (!knell_table.unsent && !list_empty(&knell_table.apps_pending)) {
		struct knell_app *app = list_first_entry(&knell_table.apps_pending,
							 struct knell_app, pending);
		struct knell_app_rec old = app->old;

		list_del_init(&app->pending);
		knell_tell(app, app, &old);
	}
}

/* First the other nodes, then what follows from it, then the log and the helper. */
void knell_switch_settle(void)
{
	knell_assert_locked();
	do {
		while (knell_table.unsent) {
			send_changes();
			knell_tell(settled);
		}
		tell_changes();
	} while (knell_table.unsent);
}

void knell_switch_send_all(struct knell_link *link)
{
	struct batch batch = { .link = link };
	struct knell_node *node;
	struct knell_app *app;

	knell_assert_locked();
	knell_for_each_node(node)
		if (may_say_node(node))
			batch_add_node(&batch, &node->rec);
	knell_for_each_app(app)
		if (may_say_app(app))
			batch_add_app(&batch, &app->rec);
	batch_flush(&batch);
}

void knell_switch_send_app(u16 dest, const struct knell_app_rec *rec)
{
	struct batch batch = { .link = knell_route(dest) };

	knell_assert_locked();
	if (!batch.link || !rec->version)
		return;
	batch_add_app(&batch, rec);
	batch_flush(&batch);
}

int knell_switch_forward(const struct knell_frame_info *info, const void *data,
			 struct knell_link *except)
{
	struct knell_frame *frame;
	struct knell_link *link;
	int ret = -EHOSTUNREACH, err;

	knell_assert_locked();
	/* The mutex is held: a notice must not wait until memory is reclaimed for a message. */
	frame = make_frame(info, data, GFP_NOWAIT);
	if (!frame)
		return -ENOMEM;
	link = info->dest == KNELL_NODE_ALL ? NULL : knell_route(info->dest);
	/* Through a server go only probes and their answers; and nothing where it came from. */
	if (link && link->peer != info->dest &&
	    (link == except || (!knell_node_is_router(link->peer) &&
				info->kind != KNELL_FRAME_PROBE_REPLY)))
		link = NULL;
	if (link) {
		ret = link == except ? -EHOSTUNREACH : knell_link_send(link, frame);
	} else {
		/* For all, or nobody knows where: every router, and everybody if it is for all. */
		list_for_each_entry(link, &knell_links, node) {
			if (link == except || link->state != KNELL_LINK_UP ||
			    (info->dest != KNELL_NODE_ALL && !knell_node_is_router(link->peer)))
				continue;
			err = knell_link_send(link, frame);
			if (!err || ret)
				ret = err;
		}
	}
	if (ret == -EHOSTUNREACH)
		knell_count(tx_no_route);
	knell_frame_put(frame);
	return ret == -ENOTCONN ? -EHOSTUNREACH : ret;
}

int knell_switch_send_stranger(u32 id, const void *data, u16 length)
{
	struct knell_link *link = id ? knell_link_next(id - 1) : NULL;
	const struct knell_frame_info info = {
		.kind = KNELL_FRAME_MESSAGE,
		.dest = KNELL_NODE_ALL,
		.length = length,
	};
	struct knell_frame *frame;
	int ret;

	knell_assert_locked();
	if (!link || link->id != id || link->state != KNELL_LINK_STRANGER)
		return -EHOSTUNREACH;
	frame = make_frame(&info, data, GFP_NOWAIT);
	if (!frame)
		return -ENOMEM;
	ret = knell_link_queue(link, frame);
	knell_frame_put(frame);
	return ret == -ENOTCONN ? -EHOSTUNREACH : ret;
}

/* @seq: 0 = not deduplicated on its way */
static struct knell_frame_info info_of(u8 kind, u16 dest, u16 length, u32 seq)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;

	knell_assert_locked();
	return (struct knell_frame_info) {
		.kind = kind,
		.hops = KNELL_HOP_LIMIT,
		.cluster = cluster->id,
		.origin = cluster->self,
		.dest = dest,
		.epoch = cluster->epoch,
		.seq = seq,
		.length = length,
	};
}

int knell_switch_send(u8 kind, u16 dest, const void *data, u16 length)
{
	struct knell_frame_info info;

	knell_assert_locked();
	if (!knell_table.config)
		return -EHOSTUNREACH;
	if (tx_epoch != knell_table.config->cluster.epoch) {
		tx_epoch = knell_table.config->cluster.epoch;
		tx_seq = 0;
	}
	info = info_of(kind, dest, length, ++tx_seq);
	return knell_switch_forward(&info, data, NULL);
}

int knell_switch_ask(u16 dest, const struct knell_wire_probe *probe, bool servers)
{
	struct knell_frame_info info = info_of(KNELL_FRAME_PROBE, dest, sizeof(*probe), 0);
	struct knell_frame *frame = make_frame(&info, probe, GFP_NOWAIT);
	struct knell_link *link;
	int ret = -EHOSTUNREACH, err;

	if (!frame)
		return -ENOMEM;
	list_for_each_entry(link, &knell_links, node) {
		if (link->state != KNELL_LINK_UP ||
		    (!servers && !knell_node_is_router(link->peer)))
			continue;
		err = knell_link_send(link, frame);
		if (!err || ret)
			ret = err;
	}
	knell_frame_put(frame);
	return ret;
}

void knell_switch_answer(struct knell_link *link, u16 dest, const void *probe, u16 length)
{
	struct knell_frame_info info = info_of(KNELL_FRAME_PROBE_REPLY, dest, length, 0);
	struct knell_frame *frame = make_frame(&info, probe, GFP_NOWAIT);

	if (frame)
		knell_link_send(link, frame);
	knell_frame_put(frame);
}
