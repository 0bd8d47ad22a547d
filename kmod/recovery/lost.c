// SPDX-License-Identifier: GPL-2.0
/*
 * The router's word on silent nodes.
 *
 * A node whose power is cut says nothing; its router sees the I_T nexus go.
 * After lost_grace, and if no other router reaches the node either, the router
 * announces it LOST. The node that comes back in time is not LOST; if it comes
 * back with a higher epoch its new record says all there is to say. A router
 * that restarted gives everybody start_grace to log in again.
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
#include "timeouts.h"

#define PROBE_WAIT	msecs_to_jiffies(KNELL_LOST_PROBE_MS)

/**
 * struct silence - a node nothing is connected to
 * @pending: it is being waited for
 * @probed: asked through other routers, the answer is awaited
 * @cookie: of that probe
 * @until: jiffies
 */
struct silence {
	bool pending;
	bool probed;
	u64 cookie;
	unsigned long until;
};

static struct silence silences[KNELL_NODE_MAX + 1];
/* Start grace not over yet: nodes that never logged in were not looked at. */
static bool starting;

static void begin(struct knell_node *node, unsigned int grace_ms)
{
	struct silence *silence = &silences[node->id];

	if (silence->pending)
		return;
	knell_count(lost_pending);
	*silence = (struct silence) {
		.pending = true,
		.until = jiffies + msecs_to_jiffies(grace_ms),
	};
	knell_recovery_look_at(silence->until);
}

static void cancel(u16 node)
{
	if (!silences[node].pending)
		return;
	knell_count(lost_cancelled);
	silences[node].pending = false;
}

void knell_lost_installed(bool joined)
{
	if (!joined)
		return;
	memset(silences, 0, sizeof(silences));
	starting = knell_self_is_router();
}

/*
 * A node that was cut off drops its addresses KNELL_SILENCE_MS, link_grace and
 * the time to let go after it last heard of its router; lost_grace covers the
 * latter two. A session that was found broken after a shorter silence, or whose
 * silence is not known, is waited for that much longer.
 */
static unsigned int grace_of(const struct knell_link *link)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;
	unsigned int grace = max_t(unsigned int, cluster->lost_grace, KNELL_LOST_GRACE_MIN_MS);

	if (cluster->supervision == KNELL_SUPERVISION_NOP && cluster->link_grace)
		grace += KNELL_SILENCE_MS - min_t(unsigned int, link->silence_ms, KNELL_SILENCE_MS);
	return grace;
}

void knell_lost_link(struct knell_link *link)
{
	struct knell_node *node = knell_node_get(link->peer);

	if (!node || link->ops->kind != KNELL_LINK_TARGET)
		return;
	if (link->state == KNELL_LINK_UP)
		cancel(node->id);
	else if (link->state == KNELL_LINK_DOWN && knell_status_up(node->rec.status) &&
		 !knell_link_to(node->id, 0))
		begin(node, grace_of(link));
}

/* Other routers may have a link to it: a node that answers is not lost. */
static bool ask_others(struct knell_node *node)
{
	struct silence *silence = &silences[node->id];
	struct knell_probe probe = { .stamp_ns = ktime_get_ns() };
	struct knell_wire_probe wire;

	if (silence->probed || knell_nearest_router() == KNELL_NODE_NONE)
		return false;
	get_random_bytes(&probe.cookie, sizeof(probe.cookie));
	knell_wire_put_probe(&wire, &probe);
	if (knell_switch_send(KNELL_FRAME_PROBE, node->id, &wire, sizeof(wire)))
		return false;
	silence->probed = true;
	silence->cookie = probe.cookie;
	silence->until = jiffies + PROBE_WAIT;
	return true;
}

void knell_lost_probe_reply(u16 origin, const struct knell_probe *probe)
{
	struct silence *silence = &silences[origin];

	if (silence->pending && silence->probed && silence->cookie == probe->cookie)
		cancel(origin);
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
		    knell_link_to(node->id, 0))
			continue;
		if (knell_status_up(node->rec.status) ||
		    (node->rec.status == KNELL_STATUS_UNKNOWN && epoch_of_unknown(node)))
			begin(node, 0);
	}
}

void knell_lost_check(void)
{
	struct knell_node *node;

	if (!knell_self_is_router() || !knell_self_in(knell_table.self_state))
		return;
	check_start();
	knell_for_each_node(node) {
		struct silence *silence = &silences[node->id];

		if (!silence->pending)
			continue;
		if (time_before(jiffies, silence->until) || ask_others(node)) {
			knell_recovery_look_at(silence->until);
			continue;
		}
		silence->pending = false;
		if (!knell_link_to(node->id, 0))
			announce(node);
	}
}
