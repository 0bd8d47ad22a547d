// SPDX-License-Identifier: GPL-2.0
/*
 * Breaks the kernel on demand, for tests: write a word to /sys/module/knell_crash/parameters/now.
 *
 * "oops": NULL dereference in the writing process; "irq": the same in a timer interrupt;
 * "spin": one CPU spins for ever without preemption but with interrupts on.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/module.h>

static struct hrtimer timer;

static noinline void dereference_null(void)
{
	*(int * volatile)NULL = 1;
}

static enum hrtimer_restart in_interrupt_oops(struct hrtimer *unused)
{
	dereference_null();
	return HRTIMER_NORESTART;
}

static int crash_set(const char *word, const struct kernel_param *unused)
{
	if (sysfs_streq(word, "oops")) {
		dereference_null();
	} else if (sysfs_streq(word, "irq")) {
		hrtimer_start(&timer, ms_to_ktime(10), HRTIMER_MODE_REL_HARD);
	} else if (sysfs_streq(word, "spin")) {
		preempt_disable();
		for (;;)
			cpu_relax();
	} else {
		return -EINVAL;
	}
	return 0;
}

static const struct kernel_param_ops crash_ops = {
	.set = crash_set,
};

module_param_cb(now, &crash_ops, NULL, 0200);
MODULE_PARM_DESC(now, "oops, irq or spin");

static int __init crash_init(void)
{
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	timer.function = in_interrupt_oops;
	return 0;
}

static void __exit crash_exit(void)
{
	hrtimer_cancel(&timer);
}

module_init(crash_init);
module_exit(crash_exit);

MODULE_DESCRIPTION("Breaks the kernel on demand");
MODULE_LICENSE("GPL");
