// SPDX-License-Identifier: GPL-2.0
/*
 * Health check: is any router reachable? A node that once had a link and has
 * none for link_grace is cut off: others will fence it, so it had better let go.
 *
 * Context and locking: knell_reach.lock protects the state; it is taken in the
 * timer and in whatever context a link goes up or down. The timer runs only
 * while all links are down.
 */
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "check.h"
#include "timeouts.h"

static void knell_reach_tick(struct timer_list *timer);

static struct {
	spinlock_t lock;
	struct timer_list timer;
	struct knell_check *check;
	unsigned long period;
	bool armed;
	bool seen;
	bool cut;
	unsigned int up;
	unsigned int routers;
} knell_reach = {
	.lock = __SPIN_LOCK_UNLOCKED(knell_reach.lock),
	.timer = __TIMER_INITIALIZER(knell_reach_tick, 0),
};

static void knell_reach_tick(struct timer_list *timer)
{
	unsigned long flags;
	bool cut;

	spin_lock_irqsave(&knell_reach.lock, flags);
	cut = knell_reach.cut;
	if (cut)
		mod_timer(timer, jiffies + knell_reach.period);
	spin_unlock_irqrestore(&knell_reach.lock, flags);
	if (cut)
		knell_check_tick(knell_reach.check, false);
}

/* Returns true if a router is reachable again. */
static bool knell_reach_update(void)
{
	bool was = knell_reach.cut;

	lockdep_assert_held(&knell_reach.lock);
	if (knell_reach.up)
		knell_reach.seen = true;
	knell_reach.cut = knell_reach.armed && knell_reach.seen && knell_reach.routers &&
			  !knell_reach.up;
	if (knell_reach.cut && !was)
		mod_timer(&knell_reach.timer, jiffies + knell_reach.period);
	return was && !knell_reach.cut;
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

	spin_lock_irqsave(&knell_reach.lock, flags);
	knell_reach.up = up;
	knell_reach.routers = routers;
	back = knell_reach_update();
	spin_unlock_irqrestore(&knell_reach.lock, flags);
	if (back)
		knell_check_tick(knell_reach.check, true);
}

static int knell_reach_init(struct knell_check *check)
{
	knell_reach.check = check;
	return 0;
}

static u32 knell_reach_limit(const struct knell_health_config *config)
{
	return config->link_grace ? KNELL_LINK_TICKS : 0;
}

static int knell_reach_arm(const struct knell_health_config *config)
{
	unsigned long flags;

	spin_lock_irqsave(&knell_reach.lock, flags);
	knell_reach.period = msecs_to_jiffies(config->link_grace / KNELL_LINK_TICKS) ?: 1;
	knell_reach.armed = true;
	knell_reach.seen = false;
	knell_reach_update();
	spin_unlock_irqrestore(&knell_reach.lock, flags);
	return 0;
}

static void knell_reach_disarm(void)
{
	unsigned long flags;

	spin_lock_irqsave(&knell_reach.lock, flags);
	knell_reach.armed = false;
	knell_reach.cut = false;
	spin_unlock_irqrestore(&knell_reach.lock, flags);
	del_timer_sync(&knell_reach.timer);
}

static void knell_reach_detail(char *buf, size_t size)
{
	scnprintf(buf, size, "%u links to %u routers up%s", READ_ONCE(knell_reach.up),
		  READ_ONCE(knell_reach.routers),
		  READ_ONCE(knell_reach.seen) ? "" : ", none was up since the node joined");
}

const struct knell_check_ops knell_check_link = {
	.name = "link",
	.reason = KNELL_REASON_LINK,
	.init = knell_reach_init,
	.limit = knell_reach_limit,
	.arm = knell_reach_arm,
	.disarm = knell_reach_disarm,
	.detail = knell_reach_detail,
};
