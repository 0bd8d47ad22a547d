// SPDX-License-Identifier: GPL-2.0
/*
 * Arms and disarms what watches this node (health) and what speaks for it when
 * it dies (last gasp), in step with joining and leaving.
 *
 * Context and locking: process context. arm_lock, taken before knell_lock,
 * makes installing a cluster and arming one step.
 */
#include <linux/panic.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fabric/switch.h"
#include "health/health.h"
#include "membership/status.h"
#include "notice/lastgasp.h"
#include "notice/notice.h"

static DEFINE_MUTEX(arm_lock);
/* on_down= for when no thread runs; written under arm_lock. */
static u8 stuck_action;

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

static struct knell_gasp_target *collect_targets(const struct knell_config *config,
						 unsigned int *count)
{
	const struct knell_node *self = config->nodes[config->cluster.self];
	struct knell_gasp_target *targets;
	unsigned int i, j, n = 0;

	for (i = 1; i <= KNELL_NODE_MAX; i++)
		if (is_told(self, config->nodes[i]))
			n += config->nodes[i]->n_addresses;
	targets = kvcalloc(n + 1, sizeof(*targets), GFP_KERNEL);
	if (!targets)
		return NULL;
	*count = 0;
	for (i = 1; i <= KNELL_NODE_MAX; i++) {
		const struct knell_node *node = config->nodes[i];

		for (j = 0; is_told(self, node) && j < node->n_addresses; j++) {
			struct knell_gasp_target *target = &targets[(*count)++];

			target->node = node->id;
			target->family = node->addresses[j].family;
			memcpy(target->addr, node->addresses[j].addr, sizeof(target->addr));
		}
	}
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

int knell_notice_arm(struct knell_config *config, int (*install)(struct knell_config *config))
{
	struct knell_gasp_target *targets;
	struct arming *arming;
	unsigned int n_targets;
	int ret;

	arming = kzalloc(sizeof(*arming), GFP_KERNEL);
	targets = collect_targets(config, &n_targets);
	if (!arming || !targets) {
		ret = -ENOMEM;
		goto out;
	}
	fill(arming, config, targets, n_targets);
	mutex_lock(&arm_lock);
	knell_core_lock();
	ret = install(config);
	arming->in = !ret && knell_self_in(knell_table.self_state);
	knell_core_unlock();
	if (arming->in) {
		WRITE_ONCE(stuck_action, arming->on_down);
		ret = knell_health_arm(&arming->health);
		if (ret)
			pr_err("knell: this node is not watched: health could not be armed (%d)\n",
			       ret);
		ret = knell_lastgasp_arm(&arming->gasp);
		if (ret)
			pr_err("knell: this node would die silently: the last gasp could not be armed (%d)\n",
			       ret);
		ret = 0;
	}
	mutex_unlock(&arm_lock);
out:
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
	}
	mutex_unlock(&arm_lock);
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
