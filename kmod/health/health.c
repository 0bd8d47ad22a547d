// SPDX-License-Identifier: GPL-2.0
/*
 * Health of the own host: arms the checks and carries their answers upwards.
 *
 * Answers arise in timers and interrupts and are delivered by a high-priority
 * workqueue with a rescuer, which is neither frozen with user space nor waits
 * for memory. If even that does not run, nobody takes the verdict; the CPU
 * check's ticks, in hard interrupt context, notice it and say so (ops->stuck).
 *
 * Context and locking: knell_health_lock serialises arming. It is not held
 * around the callbacks, so a callback may take locks its owner holds while
 * arming; a verdict that was already being delivered may therefore still
 * arrive while the checks are re-armed.
 */
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "check.h"
#include "fault/fault.h"
#include "health.h"
#include "timeouts.h"

static DEFINE_MUTEX(knell_health_lock);
static const struct knell_health_ops *knell_health_ops;
static struct workqueue_struct *knell_health_wq;
static atomic_t knell_health_ignored;

static void knell_health_deliver(struct work_struct *work)
{
	struct knell_check_info info;
	enum knell_reason reason;

	knell_fault_delay(KNELL_FAULT_VERDICT);
	if (knell_fault(KNELL_FAULT_VERDICT, KNELL_FAULT_DROP))
		return;
	if (knell_checks_take_verdict(&reason, &info))
		knell_health_ops->verdict(reason, info.detail);
	while (knell_checks_next_answer(&info))
		knell_health_ops->answer(&info);
}

static DECLARE_WORK(knell_health_work, knell_health_deliver);

static void knell_health_changed(void)
{
	queue_work(knell_health_wq, &knell_health_work);
}

void knell_health_conflict(const char *device)
{
	knell_health_ops->conflict(device);
}

/**
 * knell_health_hardirq_tick() - is somebody still listening?
 *
 * Context: hard interrupt.
 */
void knell_health_hardirq_tick(void)
{
	enum knell_reason reason = knell_checks_verdict_waiting();

	if (reason == KNELL_REASON_NONE)
		atomic_set(&knell_health_ignored, 0);
	else if (atomic_inc_return(&knell_health_ignored) ==
			 KNELL_STUCK_TICKS * num_online_cpus() && knell_health_ops->stuck)
		knell_health_ops->stuck(reason);
}

/**
 * knell_health_arm() - start watching, or with other limits, or stop
 * @config: copied; NULL = stop
 *
 * Context: process, may sleep.
 * Return: 0, or why a check cannot start; then nothing is watched.
 */
int knell_health_arm(const struct knell_health_config *config)
{
	int err = 0;

	mutex_lock(&knell_health_lock);
	knell_checks_disarm();
	if (!config || config->joined)
		knell_checks_forget();
	if (config)
		err = knell_checks_arm(config);
	mutex_unlock(&knell_health_lock);
	return err;
}

/**
 * knell_health_pet() - the helper is alive
 *
 * Context: any.
 */
void knell_health_pet(void)
{
	knell_check_helper_pet();
}

/**
 * knell_health_links() - the number of usable links changed
 * @up: links to routers that are up
 * @routers: routers the cluster has, 0 = this node needs none
 *
 * Context: any but NMI.
 */
void knell_health_links(unsigned int up, unsigned int routers)
{
	knell_check_link_count(up, routers);
}

/**
 * knell_health_info() - a check as told to people
 * @index: from 0
 * @info: filled
 *
 * Context: process.
 * Return: 0 or -ENOENT.
 */
int knell_health_info(unsigned int index, struct knell_check_info *info)
{
	return knell_checks_info(index, info);
}

/**
 * knell_health_init() - get ready; nothing is watched before knell_health_arm()
 * @ops: what the caller wants to hear; must stay
 *
 * Context: process, may sleep.
 * Return: 0, -ENOMEM, or what a check says.
 */
int knell_health_init(const struct knell_health_ops *ops)
{
	int err;

	knell_health_ops = ops;
	knell_health_wq = alloc_workqueue("knell_health",
					  WQ_HIGHPRI | WQ_MEM_RECLAIM | WQ_UNBOUND, 1);
	if (!knell_health_wq)
		return -ENOMEM;
	err = knell_checks_init(knell_health_changed);
	if (err)
		destroy_workqueue(knell_health_wq);
	return err;
}

/**
 * knell_health_exit() - stop watching; no callback runs or will run afterwards
 *
 * Context: process, may sleep.
 */
void knell_health_exit(void)
{
	knell_health_arm(NULL);
	knell_checks_exit();
	destroy_workqueue(knell_health_wq);
}
