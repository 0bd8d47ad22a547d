// SPDX-License-Identifier: GPL-2.0
/*
 * Composes the notices about the own node and carries out what follows from
 * them.
 *
 * The order is always: commit, send, then act. Whatever makes the node
 * harmless waits until the links have nothing left to send, but never longer
 * than DRAIN_MS: a node that cannot say that it is DOWN must stop all the same.
 *
 * Context and locking: process context. knell_lock protects the decisions; the
 * works take it only to look.
 */
#include <linux/delay.h>
#include <linux/panic.h>
#include <linux/ktime.h>
#include <linux/reboot.h>
#include <linux/workqueue.h>

#include "fabric/switch.h"
#include "health/health.h"
#include "membership/counter.h"
#include "membership/status.h"
#include "membership/table.h"
#include "notice/lastgasp.h"
#include "notice/notice.h"
#include "timeouts.h"

static struct workqueue_struct *wq;
/* What down_work does, and why; written with knell_lock held before it is queued. 0 = nothing. */
static u8 down_action, down_reason;

static bool drained(void)
{
	bool done;

	knell_core_lock();
	done = knell_links_drained();
	knell_core_unlock();
	return done;
}

bool knell_notice_drain(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(KNELL_DRAIN_MS);

	while (!drained()) {
		if (time_after_eq(jiffies, end))
			return false;
		usleep_range(KNELL_DRAIN_POLL_MS * 500, KNELL_DRAIN_POLL_MS * 1000);
	}
	return true;
}

/* The helper had its time to let go and did not say that it has. */
static void release_overdue(struct work_struct *work)
{
	bool overdue;

	knell_core_lock();
	overdue = knell_table.self_state == KNELL_SELF_LETTING_GO;
	knell_core_unlock();
	if (!overdue)
		return;
	pr_emerg("knell: the helper did not let go in time: restarting this node\n");
	emergency_restart();
}

static DECLARE_DELAYED_WORK(release_work, release_overdue);

static void start_release_deadline(void)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;

	knell_assert_locked();
	if (cluster->on_down != KNELL_ON_DOWN_NONE)
		mod_delayed_work(wq, &release_work, msecs_to_jiffies(cluster->release_deadline));
}

static void go_down(struct work_struct *work)
{
	/* Nobody has taken the notice: say it as a dying kernel would. */
	if (!knell_notice_drain())
		knell_lastgasp_fire(down_reason);
	if (down_action == KNELL_ON_DOWN_PANIC)
		panic("knell: this node is DOWN and shall leave a crash dump");
	pr_emerg("knell: this node is DOWN: restarting it\n");
	emergency_restart();
}

static DECLARE_WORK(down_work, go_down);

static void disarm(struct work_struct *work)
{
	knell_notice_disarm();
}

static DECLARE_WORK(disarm_work, disarm);

/* What the user space of this node can still put right itself is no reason to restart. */
static bool helper_lives(u8 reason)
{
	return reason == KNELL_REASON_ADMIN || reason == KNELL_REASON_FENCED ||
	       reason == KNELL_REASON_LINK;
}

static void make_harmless(u8 reason)
{
	u8 action = knell_table.config->cluster.on_down;

	knell_assert_locked();
	if (action == KNELL_ON_DOWN_NONE)
		return;
	if (action == KNELL_ON_DOWN_ISOLATE || helper_lives(reason)) {
		start_release_deadline();
		return;
	}
	down_action = action;
	down_reason = reason;
	queue_work(wq, &down_work);
}

static void announce(struct knell_node *self, u8 status, u8 reason)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;
	struct knell_node_rec rec = {
		.node = self->id,
		.author = self->id,
		.status = status,
		.reason = reason,
		.role = self->role,
		.epoch = cluster->epoch,
		.seq = 1,
		.generation = cluster->generation,
		.mib_hash = cluster->mib_hash,
		.stamp_ns = ktime_get_real_ns(),
	};

	if (knell_status_terminal(status))
		rec.seq = KNELL_SEQ_TERMINAL;
	else if (self->rec.epoch == cluster->epoch)
		rec.seq = self->rec.seq + 1;
	knell_count(notices);
	knell_node_commit(self, &rec, NULL);
}

int knell_notice_event(u8 event, u8 reason)
{
	struct knell_node *self = knell_self();
	struct knell_self_next next;

	knell_assert_locked();
	if (!self)
		return -EBUSY;
	next = knell_self_next(knell_table.self_state, event);
	if (!next.valid)
		return -EBUSY;
	if (event == KNELL_EV_JOIN || event == KNELL_EV_JOIN_AGAIN)
		knell_notice_not_ready("");
	knell_table.self_state = next.state;
	if (next.effects & KNELL_DO_ANNOUNCE)
		announce(self, next.status, reason);
	if (next.effects & KNELL_DO_HARMLESS)
		make_harmless(reason);
	if (next.effects & KNELL_DO_LET_GO)
		start_release_deadline();
	/* A node about to restart keeps its last gasp: maybe nobody has taken its notice. */
	if ((next.effects & KNELL_DO_DISARM) && !down_action)
		queue_work(wq, &disarm_work);
	return 0;
}

void knell_notice_refresh(void)
{
	const struct knell_cluster *cluster;
	struct knell_node *self = knell_self();

	knell_assert_locked();
	if (!self || !knell_self_in(knell_table.self_state))
		return;
	cluster = &knell_table.config->cluster;
	if (self->rec.generation != cluster->generation || self->rec.mib_hash != cluster->mib_hash)
		announce(self, self->rec.status, self->rec.reason);
}

void knell_notice_verdict(enum knell_reason reason, const char *detail)
{
	pr_crit("knell: self-check says NO: %s (%s)\n", knell_reason_name(reason),
		detail ? detail : "");
	knell_core_lock();
	knell_notice_event(KNELL_EV_FAIL, reason);
	knell_core_unlock();
}

void knell_notice_died(u16 id, u32 epoch, enum knell_reason reason)
{
	struct knell_node *node;
	struct knell_node_rec rec;

	knell_core_lock();
	node = knell_node_get(id);
	/* Of an epoch not heard of yet it is proof as well, of an earlier one it is history. */
	if (!node || node == knell_self() || epoch < node->rec.epoch ||
	    (epoch == node->rec.epoch && node->rec.status == KNELL_STATUS_DOWN)) {
		knell_count(cert_stale);
	} else {
		rec = node->rec;
		rec.author = knell_table.config->cluster.self;
		rec.status = KNELL_STATUS_DOWN;
		rec.reason = reason;
		rec.epoch = epoch;
		rec.seq = KNELL_SEQ_TERMINAL;
		rec.stamp_ns = ktime_get_real_ns();
		knell_count(cert_died);
		knell_node_commit(node, &rec, NULL);
	}
	knell_core_unlock();
}

static void heard_node(struct knell_node *node, const struct knell_node_rec *old)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;

	if (old->status != node->rec.status || old->epoch != node->rec.epoch)
		pr_info("knell: node %s: %s -> %s (%s), epoch %u, said by %u\n", node->name,
			knell_status_name(old->status), knell_status_name(node->rec.status),
			knell_reason_name(node->rec.reason), node->rec.epoch, node->rec.author);
	if (node->id != cluster->self ||
	    (node->rec.author == cluster->self && node->rec.epoch <= cluster->epoch))
		return;
	if (node->rec.epoch > cluster->epoch) {
		/* Whoever wrote it: nothing this epoch says is believed by anybody. */
		knell_count(self_newer);
		pr_crit("knell: this node is known under epoch %u, above its own %u: letting go. Its state directory was lost, or another machine has its number\n",
			node->rec.epoch, cluster->epoch);
	} else {
		knell_count(told);
	}
	knell_notice_event(KNELL_EV_TOLD, node->rec.reason);
}

static void heard_was_down(void)
{
	knell_notice_event(KNELL_EV_WAS_DOWN, KNELL_REASON_NONE);
}

/* Why it serves: what made it take the application it serves, or the tests if that is storage. */
static u8 serve_reason(const struct knell_node *self)
{
	struct knell_app *app;

	knell_for_each_app(app)
		if (app->rec.owner == self->id && app->rec.owner_epoch == self->rec.epoch &&
		    app->rec.state == KNELL_APP_STARTING)
			return app->rec.reason;
	return self->rec.reason;
}

/* A node is ACTIVE while it serves: an application, or, as a router, storage. */
static void settled(void)
{
	struct knell_node *self = knell_self();
	bool serves;

	if (!self || (knell_table.self_state != KNELL_SELF_STANDBY &&
		      knell_table.self_state != KNELL_SELF_ACTIVE))
		return;
	serves = knell_self_is_router() || knell_node_serves(self);
	if (serves != (knell_table.self_state == KNELL_SELF_ACTIVE))
		knell_notice_event(serves ? KNELL_EV_SERVE : KNELL_EV_IDLE,
				   serves ? serve_reason(self) : KNELL_REASON_NONE);
}

static void heard_link(struct knell_link *link, u8 was)
{
	unsigned int up, routers;

	knell_links_count(&up, &routers);
	knell_health_links(up, routers);
}

static struct knell_listener listener = {
	.node = heard_node,
	.link = heard_link,
	.was_down = heard_was_down,
	.settled = settled,
};

static int rebooting(struct notifier_block *nb, unsigned long action, void *data)
{
	int ret;

	knell_core_lock();
	ret = knell_notice_event(KNELL_EV_LEAVE, KNELL_REASON_SHUTDOWN);
	knell_core_unlock();
	if (!ret) {
		knell_notice_drain();
		knell_notice_disarm();
	}
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = {
	.notifier_call = rebooting,
	.priority = INT_MAX,
};

int knell_notice_init(void)
{
	int ret;

	wq = alloc_workqueue("knell_notice", WQ_MEM_RECLAIM | WQ_HIGHPRI | WQ_UNBOUND, 0);
	if (!wq)
		return -ENOMEM;
	ret = register_reboot_notifier(&reboot_notifier);
	if (ret) {
		destroy_workqueue(wq);
		return ret;
	}
	knell_listen(&listener);
	return 0;
}

void knell_notice_exit(void)
{
	knell_unlisten(&listener);
	unregister_reboot_notifier(&reboot_notifier);
	cancel_work_sync(&disarm_work);
	knell_notice_arm_exit();
	cancel_work_sync(&down_work);
	cancel_delayed_work_sync(&release_work);
	destroy_workqueue(wq);
}
