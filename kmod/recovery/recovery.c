// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at all applications whenever something changed, or a deadline passed,
 * and acts on what concerns this node.
 *
 * The deadlines of recovery, all kept here by one delayed work:
 *  - a claim is repeated while it is not answered, ever more slowly;
 *  - the helper finishes a granted plan within takeover_deadline;
 *  - a first start waits start_grace for candidates not heard of;
 *  - a router waits lost_grace, and for an answer through other routers,
 *    before it says LOST (lost.c);
 *  - a router waits takeover_deadline for the claim of the candidate whose
 *    turn it is, at a first start also start_grace (grant.c).
 *
 * Context and locking: process context, knell_lock.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/workqueue.h>

#include "fabric/switch.h"
#include "fault/fault.h"
#include "membership/counter.h"
#include "membership/status.h"
#include "notice/notice.h"
#include "recovery/recovery.h"
#include "timeouts.h"

#define CLAIM_RETRY_MIN	msecs_to_jiffies(KNELL_CLAIM_MIN_MS)
#define CLAIM_RETRY_MAX	msecs_to_jiffies(KNELL_CLAIM_MAX_MS)

/**
 * struct pursuit - how far this node has come with an application
 * @claimed: a claim for @claimed_version is out
 * @claimed_version: of the record it was based on
 * @claimed_router: to whom it went
 * @claim_at: when to claim again (jiffies)
 * @claim_retry: time to the next repetition (jiffies)
 * @granted_version: of the record that granted it to this node
 * @deadline: the plan must be finished by then (jiffies)
 * @written: this node has written a version of the record since it joined
 */
struct pursuit {
	bool claimed;
	u32 claimed_version;
	u16 claimed_router;
	unsigned long claim_at;
	unsigned long claim_retry;
	u32 granted_version;
	unsigned long deadline;
	bool written;
};

static struct pursuit pursuits[KNELL_APP_MAX + 1];
static struct workqueue_struct *wq;
static unsigned long joined_at;

static void look(void);

static void tick(struct work_struct *work)
{
	knell_core_lock();
	look();
	knell_core_unlock();
}

static DECLARE_DELAYED_WORK(tick_work, tick);

void knell_recovery_look_at(unsigned long at)
{
	unsigned long now = jiffies;
	unsigned long delay = time_after(at, now) ? at - now : 0;

	knell_assert_locked();
	if (!delayed_work_pending(&tick_work) || time_before(at, tick_work.timer.expires))
		mod_delayed_work(wq, &tick_work, delay);
}

void knell_recovery_look_now(void)
{
	mod_delayed_work(wq, &tick_work, 0);
}

bool knell_recovery_may_act(void)
{
	knell_assert_locked();
	return knell_table.config && !knell_table.config->cluster.maintenance &&
	       (knell_table.self_state == KNELL_SELF_STANDBY ||
		knell_table.self_state == KNELL_SELF_ACTIVE);
}

static unsigned long start_grace_end(void)
{
	return joined_at + msecs_to_jiffies(knell_table.config->cluster.start_grace);
}

bool knell_recovery_in_start_grace(void)
{
	knell_assert_locked();
	return time_before(jiffies, start_grace_end());
}

bool knell_recovery_granted(const struct knell_app_rec *rec)
{
	const struct knell_cluster *cluster;

	knell_assert_locked();
	if (!knell_table.config || !knell_self_in(knell_table.self_state))
		return false;
	cluster = &knell_table.config->cluster;
	return rec->state == KNELL_APP_STARTING && rec->owner == cluster->self &&
	       rec->owner_epoch == cluster->epoch;
}

bool knell_recovery_orphaned(const struct knell_app *app)
{
	struct knell_node *owner = knell_node_get(app->rec.owner);

	return knell_app_orphaned(&app->rec, app->flags, owner ? &owner->rec : NULL);
}

/* Does @node serve something of @app's home, or something it took from @app's last owner? */
static bool same_death(const struct knell_app *app, const struct knell_node *node)
{
	struct knell_app *other;

	knell_for_each_app(other) {
		if (other == app || other->rec.owner != node->id ||
		    other->rec.owner_epoch != node->rec.epoch ||
		    (other->rec.state != KNELL_APP_STARTING &&
		     other->rec.state != KNELL_APP_RUNNING))
			continue;
		if (other->candidates[0] == app->candidates[0] ||
		    (app->rec.owner && other->rec.from == app->rec.owner))
			return true;
	}
	return false;
}

static unsigned int candidates(const struct knell_app *app, struct knell_candidate *list)
{
	unsigned int i;

	for (i = 0; i < app->n_candidates; i++) {
		struct knell_node *node = knell_node_get(app->candidates[i]);

		list[i] = (struct knell_candidate) { .node = app->candidates[i] };
		if (!node)
			continue;
		list[i].status = node->rec.status;
		list[i].released = app->rec.state == KNELL_APP_ORPHAN &&
				   app->rec.owner == node->id &&
				   app->rec.owner_epoch == node->rec.epoch &&
				   knell_in_good_order(app->rec.reason);
		if (node->rec.status == KNELL_STATUS_ACTIVE)
			list[i].same_death = same_death(app, node);
	}
	return app->n_candidates;
}

struct knell_pick knell_recovery_pick(const struct knell_app *app)
{
	struct knell_candidate list[KNELL_CANDIDATES_MAX];
	unsigned int count = candidates(app, list);

	return knell_candidate_pick(list, count, &app->rec, app->flags,
				    knell_recovery_in_start_grace());
}

bool knell_recovery_healthy(const struct knell_app *app, u16 node)
{
	struct knell_candidate list[KNELL_CANDIDATES_MAX];
	unsigned int i, count = candidates(app, list);

	for (i = 0; i < count; i++)
		if (list[i].node == node)
			return knell_candidate_healthy(list, count, i, &app->rec, app->flags);
	return false;
}

/* A version above @rec->version. */
static void write_above(struct knell_app *app, struct knell_app_rec *rec)
{
	bool forgetful = knell_self_is_router() && !pursuits[app->id].written;

	rec->version = knell_app_version_above(rec->version, forgetful);
	if (!rec->version) {
		pr_crit_ratelimited("knell: application %s: its versions are used up: leave and set the cluster up again\n",
				    app->name);
		return;
	}
	rec->author = knell_table.config->cluster.self;
	pursuits[app->id].written = true;
	knell_app_commit(app, rec, NULL);
}

void knell_recovery_write(struct knell_app *app, struct knell_app_rec *rec)
{
	rec->stamp_ns = ktime_get_real_ns();
	write_above(app, rec);
}

/* What is known stays, above what an owner whose time is over went on counting. */
static void overrule(struct knell_app *app, u32 version)
{
	struct knell_app_rec rec = app->rec;

	rec.version = version;
	write_above(app, &rec);
}

static void send_claim(struct knell_app *app, u16 router)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;
	struct knell_claim claim = {
		.app = app->id,
		.claimant = cluster->self,
		.claimant_epoch = cluster->epoch,
		.version = app->rec.version,
	};
	struct knell_wire_claim wire;

	knell_wire_put_claim(&wire, &claim);
	knell_count(claims_sent);
	if (knell_fault(KNELL_FAULT_CLAIM, KNELL_FAULT_DROP))
		return;
	knell_switch_send(KNELL_FRAME_CLAIM, router, &wire, sizeof(wire));
	if (knell_fault(KNELL_FAULT_CLAIM, KNELL_FAULT_DOUBLE))
		knell_switch_send(KNELL_FRAME_CLAIM, router, &wire, sizeof(wire));
}

/* To one router, until it answers; at once to the next if that one is gone. */
static void claim(struct knell_app *app)
{
	struct pursuit *p = &pursuits[app->id];
	u16 router;

	if (knell_self_is_router()) {
		knell_grant(app, knell_self());
		return;
	}
	router = knell_nearest_router();
	if (router == KNELL_NODE_NONE) {
		/* When a link comes up we look again. */
		p->claimed = false;
		return;
	}
	if (!p->claimed || p->claimed_version != app->rec.version || p->claimed_router != router) {
		p->claimed = true;
		p->claimed_version = app->rec.version;
		p->claimed_router = router;
		p->claim_retry = CLAIM_RETRY_MIN;
	} else if (time_before(jiffies, p->claim_at)) {
		knell_recovery_look_at(p->claim_at);
		return;
	}
	send_claim(app, router);
	p->claim_at = jiffies + p->claim_retry;
	p->claim_retry = min(2 * p->claim_retry, CLAIM_RETRY_MAX);
	knell_recovery_look_at(p->claim_at);
}

/* The helper had its time for the plan: as good as hung, so another one fences it as well. */
static void check_deadline(struct knell_app *app)
{
	struct pursuit *p = &pursuits[app->id];

	if (!knell_recovery_granted(&app->rec))
		return;
	if (p->granted_version != app->rec.version) {
		p->granted_version = app->rec.version;
		p->deadline = jiffies +
			msecs_to_jiffies(knell_table.config->cluster.takeover_deadline);
		knell_count(grants_received);
	}
	if (time_before(jiffies, p->deadline)) {
		knell_recovery_look_at(p->deadline);
		return;
	}
	pr_crit("knell: application %s: the helper did not finish the plan in time\n", app->name);
	knell_notice_event(KNELL_EV_FAIL, KNELL_REASON_DEADLINE);
}

static void look_at_orphan(struct knell_app *app)
{
	struct knell_pick pick = knell_recovery_pick(app);
	bool router = knell_self_is_router();

	switch (pick.kind) {
	case KNELL_PICK_NODE:
		if (app->candidates[pick.index] == knell_table.config->cluster.self)
			claim(app);
		else if (router)
			knell_grant_watch(app, &pick);
		return;
	case KNELL_PICK_WAIT:
		knell_recovery_look_at(start_grace_end());
		return;
	case KNELL_PICK_EXHAUSTED:
		if (router)
			knell_grant_exhausted(app);
		return;
	default:
		return;
	}
}

static void look(void)
{
	struct knell_app *app;

	knell_assert_locked();
	if (!knell_table.config)
		return;
	knell_lost_check();
	knell_for_each_app(app) {
		check_deadline(app);
		if (!knell_recovery_orphaned(app)) {
			pursuits[app->id].claimed = false;
			knell_grant_unwatch(app);
		} else if (knell_recovery_may_act()) {
			look_at_orphan(app);
		}
	}
}

void knell_recovery_installed(bool joined)
{
	knell_assert_locked();
	if (joined) {
		joined_at = jiffies;
		memset(pursuits, 0, sizeof(pursuits));
		knell_report_forget();
		knell_restoring_until = start_grace_end();
	}
	knell_lost_installed(joined);
	knell_recovery_look_now();
}

/* A router that could not grant before may now: claim again at once. */
static void heard_node(struct knell_node *node, const struct knell_node_rec *old)
{
	struct knell_app *app;

	if (node->role == KNELL_ROLE_SERVER || node->rec.status != KNELL_STATUS_ACTIVE ||
	    old->status == KNELL_STATUS_ACTIVE)
		return;
	knell_for_each_app(app)
		pursuits[app->id].claimed = false;
	knell_recovery_look_now();
}

static void heard_app(struct knell_app *app, const struct knell_app_rec *old)
{
	if (old->state != app->rec.state || old->owner != app->rec.owner)
		pr_info("knell: application %s: %s -> %s (%s), owner %u, version %u, said by %u\n",
			app->name, knell_app_state_name(old->state),
			knell_app_state_name(app->rec.state), knell_reason_name(app->rec.reason),
			app->rec.owner, app->rec.version, app->rec.author);
}

static void heard_link(struct knell_link *link, u8 was)
{
	knell_lost_link(link);
	if (link->state == KNELL_LINK_UP || link->state == KNELL_LINK_DOWN)
		knell_recovery_look_now();
}

static void heard_order(u16 origin, const struct knell_order_info *order)
{
	switch (order->order) {
	case KNELL_ORDER_RELEASE:
		knell_report_remember_release(order);
		break;
	case KNELL_ORDER_RESET:
		if (knell_self_is_router())
			knell_grant_reset(order->app);
		break;
	case KNELL_ORDER_MAINTENANCE:
		knell_table.config->cluster.maintenance = order->arg;
		knell_table.dump_generation++;
		knell_recovery_look_now();
		break;
	}
}

static struct knell_listener listener = {
	.node = heard_node,
	.app = heard_app,
	.overrule = overrule,
	.settled = look,
	.link = heard_link,
	.claim = knell_grant_claim,
	.order = heard_order,
	.probe_reply = knell_lost_probe_reply,
};

int knell_recovery_order(u16 node, const struct knell_order_info *order)
{
	u16 self = knell_table.config->cluster.self;
	struct knell_wire_order wire;
	int ret = 0;

	knell_assert_locked();
	/* Records of applications nobody holds are the router's. */
	if (order->order == KNELL_ORDER_RESET)
		node = knell_self_is_router() ? self : knell_nearest_router();
	if (node == self || node == KNELL_NODE_ALL)
		knell_tell(order, self, order);
	if (node == KNELL_NODE_NONE)
		return -EHOSTUNREACH;
	if (node != self) {
		knell_wire_put_order(&wire, order);
		ret = knell_switch_send(KNELL_FRAME_ORDER, node, &wire, sizeof(wire));
	}
	return ret;
}

int knell_recovery_init(void)
{
	wq = alloc_workqueue("knell_recovery", WQ_MEM_RECLAIM | WQ_HIGHPRI, 1);
	if (!wq)
		return -ENOMEM;
	knell_listen(&listener);
	return 0;
}

void knell_recovery_exit(void)
{
	knell_unlisten(&listener);
	cancel_delayed_work_sync(&tick_work);
	destroy_workqueue(wq);
}
