// SPDX-License-Identifier: GPL-2.0
/*
 * Notices that this kernel dies, as early as possible.
 *
 * A kprobe on panic() fires before the first character is printed; a slow
 * console would otherwise delay the notice. With a crash kernel loaded an oops
 * goes to __crash_kexec() without panic(), and panic() without its notifiers:
 * hence a kprobe there as well. The panic notifier is registered in any case:
 * for kernels without kprobes, and because a fault inside a kprobe's handler
 * makes the next panic() miss its probe.
 *
 * Context and locking: the callbacks run in any context, NMI included, maybe
 * on several CPUs at once and again on the same CPU.
 */
#include <linux/kprobes.h>
#include <linux/limits.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>

#include "trigger.h"

static void (*knell_trigger_dying)(enum knell_reason reason);
static void (*knell_trigger_epitaph)(void);

static int knell_trigger_on_panic(struct kprobe *probe, struct pt_regs *regs)
{
	knell_trigger_dying(KNELL_REASON_PANIC);
	return 0;
}

static int knell_trigger_on_crash(struct kprobe *probe, struct pt_regs *regs)
{
	knell_trigger_dying(KNELL_REASON_CRASH);
	return 0;
}

static int knell_trigger_notified(struct notifier_block *nb, unsigned long event, void *data)
{
	knell_trigger_dying(KNELL_REASON_PANIC);
	knell_trigger_epitaph();
	return NOTIFY_DONE;
}

static struct kprobe knell_trigger_panic = {
	.symbol_name = "panic",
	.pre_handler = knell_trigger_on_panic,
};

static struct kprobe knell_trigger_crash = {
	.symbol_name = "__crash_kexec",
	.pre_handler = knell_trigger_on_crash,
};

static struct notifier_block knell_trigger_notifier = {
	.notifier_call = knell_trigger_notified,
	.priority = INT_MAX,
};

static unsigned int knell_trigger_registered;

static bool knell_trigger_probe(struct kprobe *probe)
{
	int err = register_kprobe(probe);

	if (err)
		pr_warn("knell: no kprobe on %s (error %d): a panic is announced only after the kernel printed it, and not at all with a crash kernel loaded\n",
			probe->symbol_name, err);
	return !err;
}

/**
 * knell_trigger_init() - watch for the own death
 * @dying: the kernel dies; the first thing to happen then
 * @epitaph: later, when printing is in order
 *
 * Context: process, may sleep.
 * Return: 0; missing kprobes are a warning.
 */
int knell_trigger_init(void (*dying)(enum knell_reason reason), void (*epitaph)(void))
{
	knell_trigger_dying = dying;
	knell_trigger_epitaph = epitaph;
	if (knell_trigger_probe(&knell_trigger_panic))
		knell_trigger_registered |= 1;
	if (knell_trigger_probe(&knell_trigger_crash))
		knell_trigger_registered |= 2;
	atomic_notifier_chain_register(&panic_notifier_list, &knell_trigger_notifier);
	return 0;
}

/**
 * knell_trigger_exit() - stop watching; no callback runs or will run afterwards
 *
 * Context: process, may sleep.
 */
void knell_trigger_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &knell_trigger_notifier);
	if (knell_trigger_registered & 2)
		unregister_kprobe(&knell_trigger_crash);
	if (knell_trigger_registered & 1)
		unregister_kprobe(&knell_trigger_panic);
	knell_trigger_registered = 0;
}

/**
 * knell_trigger_probes() - how many of the two kprobes are in place
 */
unsigned int knell_trigger_probes(void)
{
	return hweight32(knell_trigger_registered);
}
