// SPDX-License-Identifier: GPL-2.0
/*
 * Health check: does the system respond? Asks, now and then, an ordinary kernel
 * worker to get a page of memory, waiting for reclaim if it must; a host that
 * thrashes or whose workers all wait does not answer for a long time.
 *
 * Context and locking: a deferrable timer, so that an idle host is not woken
 * for it; asked and answered are counters of one writer each.
 */
#include <linux/gfp.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "check.h"
#include "timeouts.h"

static struct knell_check *knell_response_check;
static unsigned int knell_response_asked, knell_response_answered;

static void knell_response_answer(struct work_struct *work)
{
	unsigned int asked = READ_ONCE(knell_response_asked);
	unsigned long page = __get_free_page(GFP_KERNEL);

	if (!page)
		return;
	free_page(page);
	WRITE_ONCE(knell_response_answered, asked);
}

static DECLARE_WORK(knell_response_work, knell_response_answer);

static void knell_response_tick(struct timer_list *timer)
{
	bool answered = READ_ONCE(knell_response_answered) == knell_response_asked;

	mod_timer(timer, jiffies + msecs_to_jiffies(KNELL_RESPONSE_TICK_MS));
	if (answered)
		WRITE_ONCE(knell_response_asked, knell_response_asked + 1);
	schedule_work(&knell_response_work);
	knell_check_tick(knell_response_check, answered);
}

static DEFINE_TIMER(knell_response_timer, knell_response_tick);

static int knell_response_init(struct knell_check *check)
{
	knell_response_check = check;
	timer_setup(&knell_response_timer, knell_response_tick, TIMER_DEFERRABLE);
	return 0;
}

static u32 knell_response_limit(const struct knell_health_config *config)
{
	return KNELL_RESPONSE_TICKS;
}

static int knell_response_arm(const struct knell_health_config *config)
{
	knell_response_answered = knell_response_asked;
	mod_timer(&knell_response_timer, jiffies + msecs_to_jiffies(KNELL_RESPONSE_TICK_MS));
	return 0;
}

/* Does not wait for the worker: it may be just what does not respond. */
static void knell_response_disarm(void)
{
	del_timer_sync(&knell_response_timer);
}

static void knell_response_exit(void)
{
	cancel_work_sync(&knell_response_work);
}

static void knell_response_detail(char *buf, size_t size)
{
	scnprintf(buf, size, "a worker asked for memory %u times, got it %u times",
		  READ_ONCE(knell_response_asked), READ_ONCE(knell_response_answered));
}

const struct knell_check_ops knell_check_response = {
	.name = "response",
	.reason = KNELL_REASON_MEMORY,
	.init = knell_response_init,
	.exit = knell_response_exit,
	.limit = knell_response_limit,
	.arm = knell_response_arm,
	.disarm = knell_response_disarm,
	.detail = knell_response_detail,
};
