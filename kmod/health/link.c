// SPDX-License-Identifier: GPL-2.0
/*
 * Health check: is any router reachable? A node that once had a link and has
 * none for link_grace is cut off: others will fence it, so it had better let go.
 * A reconfiguration does not make it forget; a join does.
 *
 * Context and locking: knell_cut.lock protects the state; it is taken in the
 * timer and in whatever context a link goes up or down. The timer runs only
 * while all links are down.
 */
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "check.h"
#include "reach.h"
#include "timeouts.h"

static void knell_link_tick(struct timer_list *timer);

static struct {
	spinlock_t lock;
	struct timer_list timer;
	struct knell_check *check;
	unsigned long period;
	struct knell_reach reach;
} knell_cut = {
	.lock = __SPIN_LOCK_UNLOCKED(knell_cut.lock),
	.timer = __TIMER_INITIALIZER(knell_link_tick, 0),
};

static void knell_link_tick(struct timer_list *timer)
{
	unsigned long flags;
	u32 missed;
	bool cut;

	spin_lock_irqsave(&knell_cut.lock, flags);
	cut = knell_reach_cut(&knell_cut.reach);
	missed = knell_reach_tick(&knell_cut.reach);
	if (cut)
		mod_timer(timer, jiffies + knell_cut.period);
	spin_unlock_irqrestore(&knell_cut.lock, flags);
	if (cut)
		knell_check_report(knell_cut.check, missed);
}

/* The timer runs while the node is cut off. */
static void knell_link_watch(void)
{
	lockdep_assert_held(&knell_cut.lock);
	if (knell_reach_cut(&knell_cut.reach) && !timer_pending(&knell_cut.timer))
		mod_timer(&knell_cut.timer, jiffies + knell_cut.period);
}

/**
 * knell_check_link_count() - the number of usable links changed
 * @up: links to routers that are up
 * @routers: routers the cluster has
 *
 * Context: any but NMI.
 */
void knell_check_link_count(unsigned int up, unsigned int routers)
{
	unsigned long flags;
	bool back;

	spin_lock_irqsave(&knell_cut.lock, flags);
	back = knell_reach_count(&knell_cut.reach, up, routers);
	knell_link_watch();
	spin_unlock_irqrestore(&knell_cut.lock, flags);
	if (back)
		knell_check_report(knell_cut.check, 0);
}

static int knell_link_init(struct knell_check *check)
{
	knell_cut.check = check;
	return 0;
}

static u32 knell_link_limit(const struct knell_health_config *config)
{
	return config->link_grace ? KNELL_LINK_TICKS : 0;
}

static int knell_link_arm(const struct knell_health_config *config)
{
	unsigned long flags;
	u32 missed;

	spin_lock_irqsave(&knell_cut.lock, flags);
	knell_cut.period = msecs_to_jiffies(config->link_grace / KNELL_LINK_TICKS) ?: 1;
	knell_reach_arm(&knell_cut.reach, config->joined);
	missed = knell_cut.reach.missed;
	knell_link_watch();
	spin_unlock_irqrestore(&knell_cut.lock, flags);
	if (missed)
		knell_check_report(knell_cut.check, missed);
	return 0;
}

static void knell_link_disarm(void)
{
	unsigned long flags;

	spin_lock_irqsave(&knell_cut.lock, flags);
	knell_reach_disarm(&knell_cut.reach);
	spin_unlock_irqrestore(&knell_cut.lock, flags);
	del_timer_sync(&knell_cut.timer);
}

static void knell_link_detail(char *buf, size_t size)
{
	scnprintf(buf, size, "%u links to %u routers up%s", READ_ONCE(knell_cut.reach.up),
		  READ_ONCE(knell_cut.reach.routers),
		  READ_ONCE(knell_cut.reach.seen) ? "" : ", none was up since the node joined");
}

const struct knell_check_ops knell_check_link = {
	.name = "link",
	.reason = KNELL_REASON_LINK,
	.init = knell_link_init,
	.limit = knell_link_limit,
	.arm = knell_link_arm,
	.disarm = knell_link_disarm,
	.detail = knell_link_detail,
};
