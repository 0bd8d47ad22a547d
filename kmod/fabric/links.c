// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of links and the routes learned from them.
 *
 * Context and locking: process context. knell_lock protects the list, the
 * links' members and the routes. ops->send() and ops->info() run with it held,
 * ops->rejoin() without; knell_link_del() waits for the latter.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/wait.h>

#include "fabric/switch.h"
#include "fault/fault.h"
#include "membership/counter.h"

LIST_HEAD(knell_links);

static struct knell_link *routes[KNELL_NODE_MAX + 1];
/* Links that are up, by their peer: with hundreds of nodes nobody shall have to look for one. */
static u16 links_up[KNELL_NODE_MAX + 1];
static DECLARE_WAIT_QUEUE_HEAD(idle);
static u32 last_id;
static bool closed;

void knell_switch_close(void)
{
	mutex_lock(&knell_lock);
	closed = true;
	mutex_unlock(&knell_lock);
}

int knell_link_add(struct knell_link *link)
{
	const struct knell_link_ops *ops = link->ops;
	int ret = 0;

	if (!ops || ops->version != KNELL_LINK_VERSION || ops->size != sizeof(*ops) ||
	    !ops->send || !ops->rejoin || !ops->info)
		return -EINVAL;
	if (ops->owner != THIS_MODULE && !try_module_get(ops->owner))
		return -ESHUTDOWN;
	knell_core_lock();
	if (closed) {
		ret = -ESHUTDOWN;
	} else {
		link->id = ++last_id;
		link->peer = KNELL_NODE_NONE;
		link->peer_role = 0;
		link->peer_epoch = 0;
		link->state = KNELL_LINK_HELLO;
		link->resync = false;
		link->told_rejoin = true;
		link->busy = 0;
		list_add_tail(&link->node, &knell_links);
	}
	knell_core_unlock();
	if (ret && ops->owner != THIS_MODULE)
		module_put(ops->owner);
	return ret;
}
EXPORT_SYMBOL_GPL(knell_link_add);

static void set_state(struct knell_link *link, u8 state)
{
	u8 was = link->state;

	knell_assert_locked();
	if (was == state)
		return;
	if (was == KNELL_LINK_UP)
		links_up[link->peer]--;
	if (state == KNELL_LINK_UP)
		links_up[link->peer]++;
	link->state = state;
	knell_table.dump_generation++;
	knell_tell(link, link, was);
}

void knell_link_del(struct knell_link *link)
{
	struct module *owner = link->ops->owner;

	knell_core_lock();
	set_state(link, KNELL_LINK_DOWN);
	knell_routes_forget(link);
	list_del(&link->node);
	knell_table.dump_generation++;
	knell_core_unlock();
	wait_event(idle, !READ_ONCE(link->busy));
	if (owner != THIS_MODULE)
		module_put(owner);
}
EXPORT_SYMBOL_GPL(knell_link_del);

void knell_link_up(struct knell_link *link, u16 peer, u8 peer_role, u32 peer_epoch)
{
	struct knell_node *node;

	knell_core_lock();
	node = knell_node_get(peer);
	if (!node || node == knell_self()) {
		knell_count(link_refused);
		pr_warn_ratelimited("knell: link %s: peer %u is no other node of this cluster\n",
				    link->name, peer);
		goto out;
	}
	if (link->state == KNELL_LINK_UP && link->peer != peer) {
		knell_routes_forget(link);
		set_state(link, KNELL_LINK_DOWN);
	}
	WRITE_ONCE(link->peer, peer);
	link->peer_role = node->role;
	link->peer_epoch = peer_epoch;
	link->resync = false;
	knell_route_learn(peer, link);
	set_state(link, KNELL_LINK_UP);
	knell_switch_send_all(link);
out:
	knell_core_unlock();
}
EXPORT_SYMBOL_GPL(knell_link_up);

void knell_link_stranger(struct knell_link *link)
{
	knell_core_lock();
	knell_routes_forget(link);
	if (link->state == KNELL_LINK_UP)
		set_state(link, KNELL_LINK_DOWN);
	WRITE_ONCE(link->peer, KNELL_NODE_NONE);
	link->peer_role = 0;
	link->peer_epoch = 0;
	link->resync = false;
	set_state(link, KNELL_LINK_STRANGER);
	knell_core_unlock();
}
EXPORT_SYMBOL_GPL(knell_link_stranger);

void knell_link_down(struct knell_link *link)
{
	knell_core_lock();
	knell_routes_forget(link);
	set_state(link, KNELL_LINK_DOWN);
	knell_core_unlock();
}
EXPORT_SYMBOL_GPL(knell_link_down);

struct knell_link *knell_route(u16 node)
{
	struct knell_link *link;

	knell_assert_locked();
	if (node > KNELL_NODE_MAX)
		return NULL;
	list_for_each_entry(link, &knell_links, node)
		if (link->state == KNELL_LINK_UP && link->peer == node)
			return link;
	return routes[node];
}

void knell_route_learn(u16 node, struct knell_link *link)
{
	knell_assert_locked();
	routes[node] = link;
}

void knell_routes_forget(struct knell_link *link)
{
	unsigned int i;

	knell_assert_locked();
	for (i = 0; i < ARRAY_SIZE(routes); i++)
		if (routes[i] == link)
			routes[i] = NULL;
}

int knell_link_queue(struct knell_link *link, struct knell_frame *frame)
{
	int ret;

	knell_assert_locked();
	ret = knell_fault(KNELL_FAULT_RELAY, KNELL_FAULT_FAIL) ?
		-ENOBUFS : link->ops->send(link, frame);
	if (!ret)
		knell_count(tx_frames);
	else if (ret == -ENOBUFS)
		knell_count(tx_no_buffer);
	return ret;
}

int knell_link_send(struct knell_link *link, struct knell_frame *frame)
{
	return link->state == KNELL_LINK_UP ? knell_link_queue(link, frame) : -ENOTCONN;
}

/* How little hope there is that the router there answers: it serves, it may, it is dead. */
static unsigned int remoteness(const struct knell_link *link)
{
	struct knell_node *router = knell_node_get(link->peer);

	if (!router || (router->rec.epoch >= link->peer_epoch &&
			knell_status_terminal(router->rec.status)))
		return 2;
	return router->rec.status != KNELL_STATUS_ACTIVE;
}

u16 knell_nearest_router(void)
{
	unsigned int remote, least = 3;
	struct knell_link *link;
	u16 best = KNELL_NODE_NONE;

	knell_assert_locked();
	list_for_each_entry(link, &knell_links, node) {
		if (link->state != KNELL_LINK_UP || !knell_node_is_router(link->peer))
			continue;
		remote = remoteness(link);
		if (remote < least || (remote == least && link->peer < best)) {
			least = remote;
			best = link->peer;
		}
	}
	return best;
}

bool knell_link_to(u16 node)
{
	knell_assert_locked();
	return node <= KNELL_NODE_MAX && links_up[node];
}

struct knell_link *knell_link_next(u32 id)
{
	struct knell_link *link;

	knell_assert_locked();
	list_for_each_entry(link, &knell_links, node)
		if (link->id > id)
			return link;
	return NULL;
}

/* Links whose rejoin() is still to be called; marked first, so that each is called once. */
static struct knell_link *next_to_rejoin(void)
{
	struct knell_link *link;

	list_for_each_entry(link, &knell_links, node)
		if (!link->told_rejoin)
			return link;
	return NULL;
}

void knell_links_rejoin(bool all)
{
	struct knell_link *link;

	knell_core_lock();
	list_for_each_entry(link, &knell_links, node)
		link->told_rejoin = !all && link->state == KNELL_LINK_UP &&
				    knell_node_get(link->peer);
	while ((link = next_to_rejoin())) {
		link->told_rejoin = true;
		link->busy++;
		knell_routes_forget(link);
		set_state(link, KNELL_LINK_HELLO);
		knell_core_unlock();
		link->ops->rejoin(link);
		knell_core_lock();
		WRITE_ONCE(link->busy, link->busy - 1);
		wake_up_all(&idle);
	}
	knell_core_unlock();
}

void knell_links_count(unsigned int *up, unsigned int *routers)
{
	struct knell_node *node;

	knell_assert_locked();
	*up = 0;
	*routers = 0;
	knell_for_each_node(node) {
		if (node->role == KNELL_ROLE_SERVER || node == knell_self() ||
		    knell_self()->role == KNELL_ROLE_ROUTER)
			continue;
		++*routers;
		if (knell_link_to(node->id))
			++*up;
	}
}

bool knell_links_drained(void)
{
	struct knell_link *link;
	bool up = false;

	knell_assert_locked();
	list_for_each_entry(link, &knell_links, node) {
		struct knell_link_info info = { 0 };

		if (link->state != KNELL_LINK_UP)
			continue;
		up = true;
		link->ops->info(link, &info);
		if (link->resync || info.tx_queued)
			return false;
	}
	return up;
}
