// SPDX-License-Identifier: GPL-2.0
/*
 * What the helper reports of the applications it holds, and what it restores
 * after a restart.
 *
 * Context and locking: process context, knell_lock held.
 */
#include "fabric/switch.h"
#include "membership/status.h"
#include "recovery/recovery.h"

/* Who shall take an application that was ordered to be released. */
static u16 release_prefer[KNELL_APP_MAX + 1];

void knell_report_forget(void)
{
	memset(release_prefer, 0, sizeof(release_prefer));
}

void knell_report_remember_release(const struct knell_order_info *order)
{
	struct knell_app *app;

	knell_for_each_app(app)
		if (!order->app || order->app == app->id)
			release_prefer[app->id] = order->arg;
}

static bool may_follow(u8 now, u8 then)
{
	switch (now) {
	case KNELL_APP_STARTING:
	case KNELL_APP_RUNNING:
	case KNELL_APP_STOPPING:
		return then == KNELL_APP_RUNNING || then == KNELL_APP_STOPPING ||
		       then == KNELL_APP_ORPHAN || then == KNELL_APP_STOPPED;
	default:
		return false;
	}
}

static void mark_tried(const struct knell_app *app, struct knell_app_rec *rec)
{
	int place = knell_app_candidate(app, rec->owner);

	if (place >= 0)
		rec->tried |= 1U << place;
}

/*
 * Released: in good order it goes to the preferred node, else to the first
 * healthy other one; after a failed plan to the next candidate.
 */
static void release(struct knell_app *app, struct knell_app_rec *rec, u16 prefer)
{
	if (knell_in_good_order(rec->reason)) {
		rec->prefer = prefer ? prefer : release_prefer[app->id];
	} else {
		rec->prefer = KNELL_NODE_NONE;
		mark_tried(app, rec);
		if (rec->tried == (1U << app->n_candidates) - 1)
			rec->state = KNELL_APP_FAILED;
	}
	release_prefer[app->id] = KNELL_NODE_NONE;
}

int knell_recovery_report(struct knell_app *app, const struct knell_report *report)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;
	struct knell_app_rec rec = app->rec;

	knell_assert_locked();
	if (!knell_self_in(knell_table.self_state) || rec.owner != cluster->self ||
	    rec.owner_epoch != cluster->epoch)
		return -EPERM;
	if (report->version && report->version != rec.version)
		return -ESTALE;
	if (!may_follow(rec.state, report->state))
		return -EINVAL;
	if (rec.state == report->state)
		return 0;
	rec.state = report->state;
	/* A plan that ran well keeps the reason it ran for. */
	if (report->reason || report->state != KNELL_APP_RUNNING)
		rec.reason = report->reason;
	if (report->state == KNELL_APP_RUNNING) {
		rec.tried = 0;
		rec.prefer = KNELL_NODE_NONE;
	} else if (report->state == KNELL_APP_ORPHAN) {
		release(app, &rec, report->prefer);
	}
	knell_recovery_write(app, &rec);
	return 0;
}

void knell_recovery_restore(struct knell_app *app, const struct knell_app_rec *rec)
{
	knell_assert_locked();
	if (knell_app_rec_cmp(rec, knell_node_is_router(rec->author), &app->rec,
			      knell_node_is_router(app->rec.author)) > 0)
		knell_app_commit(app, rec, NULL);
}
