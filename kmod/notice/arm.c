// SPDX-License-Identifier: GPL-2.0
/*
 * Arms and disarms what watches this node (health) and what speaks for it when
 * it dies (last gasp), in step with joining and leaving.
 *
 * A cluster whose installation is known to others cannot be taken back because
 * one of the two could not be armed. So it stays, is tried again until it
 * works, and is told meanwhile: knell_notice_info(). A node that is not
 * watched does not become STANDBY; one that would die silently does, because
 * its router still finds out.
 *
 * Context and locking: process context. arm_lock, taken before knell_lock,
 * makes installing a cluster and arming one step.
 */
#include <linux/panic.h>
#include <linux/reboot.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fabric/switch.h"
#include "health/health.h"
#include "membership/status.h"
#include "notice/lastgasp.h"
#include "notice/notice.h"
#include "timeouts.h"

static DEFINE_MUTEX(arm_lock);
/* on_down= for when no thread runs; written under arm_lock. */
static u8 stuck_action;
/* Why each could not be armed, 0 = it was; written under arm_lock. */
static int health_error, gasp_error;

static void try_again(struct work_struct *work);
static DECLARE_DELAYED_WORK(again_work, try_again);

/**
 * struct arming - what arming needs, copied so that knell_lock is not held
 * @in: the node takes part
 * @on_down: &enum knell_on_down
 * @health: what is watched
 * @gasp: what is said, and to whom
 */
struct arming {
	bool in;
	u8 on_down;
	struct knell_health_config health;
	struct knell_gasp_config gasp;
};

/* A server tells the routers, a router tells everybody. */
static bool is_told(const struct knell_node *self, const struct knell_node *node)
{
	return node && node != self &&
	       (self->role != KNELL_ROLE_SERVER || node->role != KNELL_ROLE_SERVER);
}

/* Servers, or routers and arrays; of each its first address before any second one. */
static unsigned int add_targets(struct knell_gasp_target *target, const struct knell_config *config,
				bool servers)
{
	const struct knell_node *self = config->nodes[config->cluster.self];
	unsigned int i, j, n = 0;

	for (j = 0; j < KNELL_ADDRESSES_MAX; j++) {
		for (i = 1; i <= KNELL_NODE_MAX; i++) {
			const struct knell_node *node = config->nodes[i];

			if (!is_told(self, node) || j >= node->n_addresses ||
			    servers != (node->role == KNELL_ROLE_SERVER))
				continue;
			target[n].node = node->id;
			target[n].family = node->addresses[j].family;
			memcpy(target[n].addr, node->addresses[j].addr, sizeof(target[n].addr));
			n++;
		}
	}
	return n;
}

/* Routers first, they tell the others. */
static struct knell_gasp_target *collect_targets(const struct knell_config *config,
						 unsigned int *count)
{
	const struct knell_node *self = config->nodes[config->cluster.self];
	struct knell_gasp_target *targets;
	unsigned int i, n = 0;

	for (i = 1; i <= KNELL_NODE_MAX; i++)
		if (is_told(self, config->nodes[i]))
			n += config->nodes[i]->n_addresses;
	targets = kvcalloc(n + 1, sizeof(*targets), GFP_KERNEL);
	if (!targets)
		return NULL;
	*count = add_targets(targets, config, false);
	*count += add_targets(targets + *count, config, true);
	return targets;
}

static void fill(struct arming *arming, const struct knell_config *config,
		 const struct knell_gasp_target *targets, unsigned int n_targets)
{
	const struct knell_cluster *cluster = &config->cluster;

	arming->on_down = cluster->on_down;
	arming->health = (struct knell_health_config) {
		.helper_timeout = cluster->helper_timeout,
		.cpu_timeout = cluster->cpu_timeout,
		.link_grace = cluster->link_grace,
		.oops_down = cluster->oops_down,
	};
	arming->gasp = (struct knell_gasp_config) {
		.cluster = cluster->id,
		.epoch = cluster->epoch,
		.self = cluster->self,
		.role = config->nodes[cluster->self]->role,
		.ways = cluster->gasp,
		.n_targets = n_targets,
		.targets = targets,
	};
	memcpy(arming->gasp.key, config->key, sizeof(arming->gasp.key));
}

/* @config: installed, and knell_lock is held; or not known to anybody yet. Free @targets too. */
static struct arming *prepare(const struct knell_config *config, struct knell_gasp_target **targets)
{
	struct arming *arming = kzalloc(sizeof(*arming), GFP_KERNEL);
	unsigned int n_targets;

	*targets = collect_targets(config, &n_targets);
	if (!arming || !*targets) {
		kvfree(*targets);
		kfree(arming);
		return NULL;
	}
	fill(arming, config, *targets, n_targets);
	return arming;
}

static void arm_health(const struct arming *arming)
{
	int ret;

	lockdep_assert_held(&arm_lock);
	WRITE_ONCE(stuck_action, arming->on_down);
	ret = knell_health_arm(&arming->health);
	if (ret && ret != health_error)
		pr_err("knell: this node is not watched: health could not be armed (%d)\n", ret);
	WRITE_ONCE(health_error, ret);
}

static void arm_gasp(const struct arming *arming)
{
	int ret;

	lockdep_assert_held(&arm_lock);
	ret = knell_lastgasp_arm(&arming->gasp);
	if (ret && ret != gasp_error)
		pr_err("knell: the last gasp could not be armed as a whole (%d): see knellctl health\n",
		       ret);
	WRITE_ONCE(gasp_error, ret);
}

static void arm_again_if_needed(void)
{
	lockdep_assert_held(&arm_lock);
	if (health_error || gasp_error)
		schedule_delayed_work(&again_work, msecs_to_jiffies(KNELL_ARM_RETRY_MS));
}

static void try_again(struct work_struct *work)
{
	struct knell_gasp_target *targets = NULL;
	struct arming *arming = NULL;
	unsigned int noio;

	mutex_lock(&arm_lock);
	knell_core_lock();
	/* Reclaim must not wait for a disk while every notice waits for knell_lock. */
	noio = memalloc_noio_save();
	if (knell_table.config && knell_self_in(knell_table.self_state))
		arming = prepare(knell_table.config, &targets);
	memalloc_noio_restore(noio);
	knell_core_unlock();
	if (arming && health_error) {
		/* Nothing was watched since the node joined or was configured anew. */
		arming->health.joined = true;
		arm_health(arming);
		if (!health_error)
			pr_notice("knell: this node is watched now\n");
	}
	if (arming && gasp_error) {
		arm_gasp(arming);
		if (!gasp_error)
			pr_notice("knell: the last gasp is armed now\n");
	}
	arm_again_if_needed();
	mutex_unlock(&arm_lock);
	kvfree(targets);
	kfree_sensitive(arming);
}

int knell_notice_arm(struct knell_config *config, int (*install)(struct knell_config *config))
{
	struct knell_gasp_target *targets;
	struct arming *arming;
	int ret;

	arming = prepare(config, &targets);
	if (!arming)
		return -ENOMEM;
	mutex_lock(&arm_lock);
	knell_core_lock();
	arming->health.joined = !knell_table.config ||
				config->cluster.epoch > knell_table.config->cluster.epoch;
	ret = install(config);
	arming->in = !ret && knell_self_in(knell_table.self_state);
	knell_core_unlock();
	if (arming->in) {
		arm_health(arming);
		arm_gasp(arming);
		arm_again_if_needed();
	}
	mutex_unlock(&arm_lock);
	kvfree(targets);
	kfree_sensitive(arming);
	return ret;
}

void knell_notice_disarm(void)
{
	bool in;

	mutex_lock(&arm_lock);
	knell_core_lock();
	in = knell_self_in(knell_table.self_state);
	knell_core_unlock();
	if (!in) {
		knell_health_arm(NULL);
		knell_lastgasp_arm(NULL);
		WRITE_ONCE(health_error, 0);
		WRITE_ONCE(gasp_error, 0);
	}
	mutex_unlock(&arm_lock);
}

int knell_notice_watch_error(void)
{
	return READ_ONCE(health_error);
}

int knell_notice_gasp_error(void)
{
	return READ_ONCE(gasp_error);
}

void knell_notice_arm_exit(void)
{
	cancel_delayed_work_sync(&again_work);
}

void knell_notice_stuck(enum knell_reason reason)
{
	u8 action = READ_ONCE(stuck_action);

	knell_lastgasp_fire(reason);
	if (action == KNELL_ON_DOWN_NONE)
		return;
	if (action == KNELL_ON_DOWN_PANIC)
		panic("knell: no thread runs on this node, and it shall leave a crash dump");
	emergency_restart();
}
