// SPDX-License-Identifier: GPL-2.0
/*
 * Health check: does the helper still pet us? It does so only after its own
 * canaries passed, so this stands for user space as a whole.
 *
 * Context and locking: a pet is one flag, from any context; the timer tests and
 * clears it.
 */
#include <linux/atomic.h>
#include <linux/timer.h>

#include "check.h"
#include "timeouts.h"

static struct knell_check *knell_helper_check;
static atomic_t knell_helper_petted;
static unsigned long knell_helper_period;

static void knell_helper_tick(struct timer_list *timer)
{
	mod_timer(timer, jiffies + knell_helper_period);
	knell_check_tick(knell_helper_check, atomic_xchg(&knell_helper_petted, 0));
}

static DEFINE_TIMER(knell_helper_timer, knell_helper_tick);

/**
 * knell_check_helper_pet() - the helper is alive
 *
 * Context: any.
 */
void knell_check_helper_pet(void)
{
	atomic_set(&knell_helper_petted, 1);
}

static int knell_helper_init(struct knell_check *check)
{
	knell_helper_check = check;
	return 0;
}

static u32 knell_helper_limit(const struct knell_health_config *config)
{
	return config->helper_timeout ? KNELL_HELPER_TICKS : 0;
}

static int knell_helper_arm(const struct knell_health_config *config)
{
	knell_helper_period = msecs_to_jiffies(config->helper_timeout / KNELL_HELPER_TICKS) ?: 1;
	atomic_set(&knell_helper_petted, 1);
	mod_timer(&knell_helper_timer, jiffies + knell_helper_period);
	return 0;
}

static void knell_helper_disarm(void)
{
	del_timer_sync(&knell_helper_timer);
}

static void knell_helper_detail(char *buf, size_t size)
{
	scnprintf(buf, size, "the helper is expected every %u ms",
		  jiffies_to_msecs(knell_helper_period));
}

const struct knell_check_ops knell_check_helper = {
	.name = "helper",
	.reason = KNELL_REASON_HELPER,
	.init = knell_helper_init,
	.limit = knell_helper_limit,
	.arm = knell_helper_arm,
	.disarm = knell_helper_disarm,
	.detail = knell_helper_detail,
};
