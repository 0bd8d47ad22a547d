// SPDX-License-Identifier: GPL-2.0
/*
 * Health check: has the kernel oopsed? Whatever ran then left its locks behind;
 * whether such a node may go on serving is the administrator's policy.
 *
 * An oops that ends in panic() is the last gasp's business.
 *
 * Context and locking: the die notifier runs in any context, NMI included, and
 * the context that died may hold the lock of a workqueue: hence irq_work.
 */
#include <linux/irq_work.h>
#include <linux/kdebug.h>

#include "check.h"

static struct knell_check *knell_oops_check;
static atomic_t knell_oops_count;
static bool knell_oops_armed;

static void knell_oops_tell(struct irq_work *work)
{
	knell_check_fail(knell_oops_check);
}

static DEFINE_IRQ_WORK(knell_oops_work, knell_oops_tell);

static int knell_oops_died(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event == DIE_OOPS && READ_ONCE(knell_oops_armed)) {
		atomic_inc(&knell_oops_count);
		irq_work_queue(&knell_oops_work);
	}
	return NOTIFY_DONE;
}

static struct notifier_block knell_oops_notifier = {
	.notifier_call = knell_oops_died,
};

static int knell_oops_init(struct knell_check *check)
{
	knell_oops_check = check;
	return register_die_notifier(&knell_oops_notifier);
}

static void knell_oops_exit(void)
{
	unregister_die_notifier(&knell_oops_notifier);
	irq_work_sync(&knell_oops_work);
}

static u32 knell_oops_limit(const struct knell_health_config *config)
{
	return config->oops_down ? 1 : 0;
}

static int knell_oops_arm(const struct knell_health_config *config)
{
	atomic_set(&knell_oops_count, 0);
	WRITE_ONCE(knell_oops_armed, true);
	return 0;
}

static void knell_oops_disarm(void)
{
	WRITE_ONCE(knell_oops_armed, false);
	irq_work_sync(&knell_oops_work);
}

static void knell_oops_detail(char *buf, size_t size)
{
	scnprintf(buf, size, "%d oopses since the node joined", atomic_read(&knell_oops_count));
}

const struct knell_check_ops knell_check_oops = {
	.name = "oops",
	.reason = KNELL_REASON_OOPS,
	.init = knell_oops_init,
	.exit = knell_oops_exit,
	.limit = knell_oops_limit,
	.arm = knell_oops_arm,
	.disarm = knell_oops_disarm,
	.detail = knell_oops_detail,
};
