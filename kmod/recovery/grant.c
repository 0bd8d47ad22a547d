// SPDX-License-Identifier: GPL-2.0
/*
 * The router's side of a takeover: one grant per version of an application's
 * record, so that at most one node acts on a death.
 *
 * Context and locking: process context, knell_lock held.
 */
#include <linux/jiffies.h>

#include "fabric/switch.h"
#include "fault/fault.h"
#include "membership/counter.h"
#include "recovery/recovery.h"

/**
 * struct watch - a candidate whose claim is awaited
 * @node: whose turn it is, KNELL_NODE_NONE = nobody's
 * @version: of the orphan's record
 * @until: jiffies
 */
struct watch {
	u16 node;
	u32 version;
	unsigned long until;
};

static struct watch watches[KNELL_APP_MAX + 1];

bool knell_grant(struct knell_app *app, struct knell_node *claimant)
{
	struct knell_app_rec rec = app->rec;

	knell_assert_locked();
	if (!knell_recovery_may_act() || !knell_recovery_orphaned(app) ||
	    !knell_recovery_healthy(app, claimant->id))
		return false;
	/* This router may have started after the claimant: then it waits for others itself. */
	if (knell_recovery_pick(app).kind == KNELL_PICK_WAIT)
		return false;
	rec.state = KNELL_APP_STARTING;
	rec.reason = knell_grant_reason(&app->rec);
	rec.from = app->rec.owner;
	rec.owner = claimant->id;
	rec.owner_epoch = claimant->rec.epoch;
	rec.prefer = KNELL_NODE_NONE;
	knell_count(grants);
	knell_recovery_write(app, &rec);
	return true;
}

void knell_grant_claim(const struct knell_claim *claim)
{
	struct knell_app *app = knell_app_get(claim->app);
	struct knell_node *claimant = knell_node_get(claim->claimant);

	knell_count(claims_received);
	if (knell_fault(KNELL_FAULT_GRANT, KNELL_FAULT_DROP))
		return;
	if (app && claimant && knell_self_is_router() &&
	    app->rec.version == claim->version && claimant->rec.epoch == claim->claimant_epoch &&
	    knell_grant(app, claimant))
		return;
	knell_count(claims_refused);
	/* What the claimant does not know, if that was the cause. */
	if (app && app->rec.version > claim->version)
		knell_switch_send_app(claim->claimant, &app->rec);
}

void knell_grant_exhausted(struct knell_app *app)
{
	struct knell_app_rec rec = app->rec;

	rec.state = KNELL_APP_FAILED;
	rec.reason = KNELL_REASON_STEP;
	knell_recovery_write(app, &rec);
}

void knell_grant_unwatch(struct knell_app *app)
{
	watches[app->id].node = KNELL_NODE_NONE;
}

/* A candidate that has joined just now may itself wait start_grace for one before it. */
static u32 patience_ms(const struct knell_app *app)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;

	return app->rec.owner ? cluster->takeover_deadline :
				max(cluster->takeover_deadline, cluster->start_grace);
}

void knell_grant_watch(struct knell_app *app, const struct knell_pick *pick)
{
	struct watch *watch = &watches[app->id];
	struct knell_app_rec rec = app->rec;
	u16 node = app->candidates[pick->index];

	/* Its claims go to another router, which watches it. */
	if (!knell_link_to(node)) {
		knell_grant_unwatch(app);
		return;
	}
	if (watch->node != node || watch->version != app->rec.version) {
		watch->node = node;
		watch->version = app->rec.version;
		watch->until = jiffies + msecs_to_jiffies(patience_ms(app));
	}
	if (time_before(jiffies, watch->until)) {
		knell_recovery_look_at(watch->until);
		return;
	}
	pr_warn("knell: application %s: node %u does not claim it: skipped\n", app->name, node);
	knell_grant_unwatch(app);
	/* The record may never have existed: then it begins here. */
	rec.state = KNELL_APP_ORPHAN;
	rec.reason = KNELL_REASON_DEADLINE;
	rec.tried |= 1U << pick->index;
	knell_recovery_write(app, &rec);
}

static void reset(struct knell_app *app, bool also_stopped)
{
	struct knell_app_rec rec = app->rec;

	if (rec.state == KNELL_APP_FAILED ||
	    (rec.state == KNELL_APP_STOPPED && also_stopped))
		rec.state = KNELL_APP_ORPHAN;
	else if (!rec.tried)
		return;
	rec.tried = 0;
	rec.prefer = KNELL_NODE_NONE;
	/* Not in good order: who released it may take it again. */
	rec.reason = KNELL_REASON_NONE;
	knell_recovery_write(app, &rec);
}

void knell_grant_reset(u16 id)
{
	struct knell_app *app;

	knell_for_each_app(app)
		if (!id || app->id == id)
			reset(app, id);
}
