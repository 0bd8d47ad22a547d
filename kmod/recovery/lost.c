// SPDX-License-Identifier: GPL-2.0
/*
 * The router's word on silent nodes.
 *
 * A node whose power is cut says nothing; its router sees the I_T nexus go.
 * After lost_grace, and if nobody else reaches the node either (silence.c), the
 * router announces it LOST. The node that comes back in time is not LOST; if it
 * comes back with a higher epoch its new record says all there is to say. A
 * router that restarted gives everybody start_grace to log in again.
 *
 * Others are asked with a PROBE, through routers, and through servers too where
 * a router is concerned or not linked. Either the node answers, or a router
 * that lost it later and still gives it time. Who was answered for is asked for
 * again every lost_grace, because nobody here would see the other link go.
 *
 * Context and locking: process context, knell_lock held.
 */
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/ktime.h>

#include "fabric/switch.h"
#include "membership/counter.h"
#include "membership/status.h"
#include "recovery/recovery.h"
#include "recovery/silence.h"
#include "timeouts.h"

/**
 * struct silence - a node nothing is connected to
 * @pending: it is being waited for
 * @probed: others were asked, the answer is awaited
 * @heard: an answer came since the link went
 * @cookie: of that probe
 * @until: jiffies
 */
struct silence {
	bool pending;
	bool probed;
	bool heard;
	u64 cookie;
	unsigned long until;
};

static struct silence silences[KNELL_NODE_MAX + 1];
/* Start grace not over yet: nodes that never logged in were not looked at. */
static bool starting;
/* Other routers that had not said or been proved to be dead when it was last looked. */
static unsigned int routers_left;

static void wait_until(struct knell_node *node, unsigned int ms)
{
	struct silence *silence = &silences[node->id];

	silence->until = jiffies + msecs_to_jiffies(ms);
	knell_recovery_look_at(silence->until);
}

static void begin(struct knell_node *node, unsigned int grace_ms)
{
	struct silence *silence = &silences[node->id];

	if (silence->pending)
		return;
	knell_count(lost_pending);
	*silence = (struct silence) { .pending = true };
	node->awaited = true;
	wait_until(node, grace_ms);
}

static void cancel(struct knell_node *node)
{
	if (!silences[node->id].pending)
		return;
	knell_count(lost_cancelled);
	silences[node->id].pending = false;
	node->awaited = false;
}

void knell_lost_installed(bool joined)
{
	struct knell_node *node;

	if (!joined)
		return;
	memset(silences, 0, sizeof(silences));
	knell_for_each_node(node)
		node->awaited = false;
	starting = knell_self_is_router();
}

static unsigned int lost_grace(void)
{
	return max_t(unsigned int, knell_table.config->cluster.lost_grace,
		     KNELL_LOST_GRACE_MIN_MS);
}

/*
 * A node that was cut off drops its addresses KNELL_SILENCE_MS, link_grace and
 * the time to let go after it last heard of its router; lost_grace covers the
 * latter two. A session that was found broken after a shorter silence, or whose
 * silence is not known, is waited for that much longer.
 */
static unsigned int grace_after(unsigned int silence_ms)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;

	if (cluster->supervision != KNELL_SUPERVISION_NOP || !cluster->link_grace)
		return lost_grace();
	return lost_grace() + KNELL_SILENCE_MS -
	       min_t(unsigned int, silence_ms, KNELL_SILENCE_MS);
}

void knell_lost_link(struct knell_link *link)
{
	struct knell_node *node = knell_node_get(link->peer);

	if (!node)
		return;
	if (link->state == KNELL_LINK_UP)
		cancel(node);
	else if (link->ops->kind == KNELL_LINK_TARGET && link->state == KNELL_LINK_DOWN &&
		 knell_status_up(node->rec.status) && !knell_link_to(node->id))
		begin(node, grace_after(link->silence_ms));
}

/* One that is LOST was silent as long as whomever it reached. */
static unsigned int count_routers(void)
{
	struct knell_node *node;
	unsigned int left = 0;

	knell_for_each_node(node)
		left += node != knell_self() && knell_node_is_router(node->id) &&
			node->rec.status != KNELL_STATUS_DOWN &&
			node->rec.status != KNELL_STATUS_LEFT;
	return left;
}

/* A router died: whom it may have reached until then is cut off only now. */
static void postpone(void)
{
	unsigned long until = jiffies + msecs_to_jiffies(grace_after(0));
	struct knell_node *node;

	knell_for_each_node(node) {
		struct silence *silence = &silences[node->id];

		if (!silence->pending || !time_before(silence->until, until))
			continue;
		silence->probed = false;
		silence->until = until;
	}
}

/* May another router be alive, and is one of those not linked? */
static bool other_routers(bool *unlinked)
{
	struct knell_node *node;
	bool any = false;

	*unlinked = false;
	knell_for_each_node(node) {
		if (node == knell_self() || !knell_node_is_router(node->id) ||
		    knell_status_terminal(node->rec.status))
			continue;
		any = true;
		*unlinked |= !knell_link_to(node->id);
	}
	return any;
}

static bool any_link(void)
{
	struct knell_link *link;

	list_for_each_entry(link, &knell_links, node)
		if (link->state == KNELL_LINK_UP)
			return true;
	return false;
}

/* Return: false if nobody could be asked just now. */
static bool ask_others(struct knell_node *node, bool servers)
{
	struct silence *silence = &silences[node->id];
	struct knell_probe probe = { .stamp_ns = ktime_get_ns() };
	struct knell_wire_probe wire;

	get_random_bytes(&probe.cookie, sizeof(probe.cookie));
	knell_wire_put_probe(&wire, &probe);
	if (knell_switch_ask(node->id, &wire, servers))
		return false;
	silence->probed = true;
	silence->cookie = probe.cookie;
	wait_until(node, KNELL_LOST_PROBE_MS);
	return true;
}

/* @origin: the node itself, or a router that gives it time. */
void knell_lost_probe_reply(u16 origin, const struct knell_probe *probe)
{
	struct knell_node *node;

	knell_for_each_node(node) {
		struct silence *silence = &silences[node->id];

		if (!silence->pending || !silence->probed || silence->cookie != probe->cookie ||
		    (origin != node->id && !knell_node_is_router(origin)))
			continue;
		silence->probed = false;
		silence->heard = true;
		wait_until(node, lost_grace());
	}
}

/* Nothing heard of it since this router started, but applications say it served them. */
static u32 epoch_of_unknown(const struct knell_node *node)
{
	struct knell_app *app;
	u32 epoch = 0;

	knell_for_each_app(app)
		if (app->rec.owner == node->id &&
		    (app->rec.state == KNELL_APP_STARTING ||
		     app->rec.state == KNELL_APP_RUNNING ||
		     app->rec.state == KNELL_APP_STOPPING))
			epoch = max(epoch, app->rec.owner_epoch);
	return epoch;
}

static void announce(struct knell_node *node)
{
	struct knell_node_rec rec = node->rec;

	if (!rec.epoch)
		rec.epoch = epoch_of_unknown(node);
	if (!rec.epoch || knell_status_terminal(rec.status))
		return;
	rec.author = knell_table.config->cluster.self;
	rec.status = KNELL_STATUS_LOST;
	rec.reason = KNELL_REASON_NEXUS;
	rec.seq = KNELL_SEQ_TERMINAL;
	rec.stamp_ns = ktime_get_real_ns();
	knell_count(lost_announced);
	knell_node_commit(node, &rec, NULL);
}

static void check_start(void)
{
	struct knell_node *node;

	if (!starting || knell_recovery_in_start_grace()) {
		if (starting)
			knell_recovery_look_at(knell_restoring_until);
		return;
	}
	starting = false;
	knell_for_each_node(node) {
		if (node == knell_self() || node->role != KNELL_ROLE_SERVER ||
		    knell_link_to(node->id))
			continue;
		if (knell_status_up(node->rec.status) ||
		    (node->rec.status == KNELL_STATUS_UNKNOWN && epoch_of_unknown(node)))
			begin(node, 0);
	}
}

/* Time is over for a node that nothing is connected to. */
static void check(struct knell_node *node)
{
	struct silence *silence = &silences[node->id];
	struct knell_silence facts = {
		.asked = silence->probed,
		.heard = silence->heard,
		.witness = any_link(),
	};
	bool unlinked;

	facts.others = other_routers(&unlinked);
	node->awaited = false;
	switch (knell_silence_over(&facts)) {
	case KNELL_SILENCE_ASK:
		if (ask_others(node, unlinked || node->role != KNELL_ROLE_SERVER))
			return;
		fallthrough;
	case KNELL_SILENCE_HOLD:
		silence->probed = false;
		wait_until(node, lost_grace());
		return;
	case KNELL_SILENCE_AGAIN:
		silence->pending = false;
		begin(node, grace_after(0));
		return;
	case KNELL_SILENCE_LOST:
		silence->pending = false;
		announce(node);
		return;
	}
}

void knell_lost_check(void)
{
	struct knell_node *node;
	unsigned int left;

	if (!knell_self_is_router() || !knell_self_in(knell_table.self_state))
		return;
	check_start();
	left = count_routers();
	if (left < routers_left)
		postpone();
	routers_left = left;
	knell_for_each_node(node) {
		struct silence *silence = &silences[node->id];

		if (silence->pending &&
		    (knell_status_terminal(node->rec.status) || knell_link_to(node->id)))
			cancel(node);
		/* It came, or came back, over another router only. */
		if (!silence->pending && !starting && node != knell_self() &&
		    knell_status_up(node->rec.status) && !knell_link_to(node->id))
			begin(node, grace_after(0));
		if (!silence->pending)
			continue;
		if (time_before(jiffies, silence->until))
			knell_recovery_look_at(silence->until);
		else
			check(node);
	}
}
