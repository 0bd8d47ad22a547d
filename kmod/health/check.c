// SPDX-License-Identifier: GPL-2.0
/*
 * The table of checks: arms them together, keeps their tallies and the verdict.
 *
 * Context and locking: knell_checks_lock, taken with interrupts off, protects
 * tallies, change marks and the verdict; it is held for a few instructions
 * only, because checks tick in timers and hard interrupts. knell_checks_changed()
 * is called without it. Arming and disarming is serialised by the caller.
 */
#include <linux/spinlock.h>
#include <linux/string.h>

#include "check.h"

static struct knell_check knell_checks[] = {
	{ .ops = &knell_check_cpu },
	{ .ops = &knell_check_helper },
	{ .ops = &knell_check_response },
	{ .ops = &knell_check_storage },
	{ .ops = &knell_check_link },
	{ .ops = &knell_check_oops },
};

/* Raw: taken in hard interrupts on PREEMPT_RT too. */
static DEFINE_RAW_SPINLOCK(knell_checks_lock);
static struct knell_verdict knell_checks_verdict;
static const struct knell_check *knell_checks_culprit;
static bool knell_checks_verdict_new;
static void (*knell_checks_changed)(void);

/* What a tally's change means; the lock is held. */
static void knell_check_changed(struct knell_check *check)
{
	lockdep_assert_held(&knell_checks_lock);
	check->changed = true;
	if (knell_verdict_judge(&knell_checks_verdict, &check->tally, check->ops->reason)) {
		knell_checks_culprit = check;
		knell_checks_verdict_new = true;
	}
}

/**
 * knell_check_report() - a tick of a check that counts for itself
 * @check: as given to its init
 * @missed: ticks missed in a row, 0 = all is well
 *
 * Context: any but NMI.
 */
void knell_check_report(struct knell_check *check, u32 missed)
{
	unsigned long flags;
	bool changed;

	raw_spin_lock_irqsave(&knell_checks_lock, flags);
	changed = knell_tally_report(&check->tally, missed);
	if (changed)
		knell_check_changed(check);
	raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
	if (changed)
		knell_checks_changed();
}

/**
 * knell_check_tick() - a tick
 * @check: as given to its init
 * @moved: what is watched moved since the last tick
 *
 * Context: any but NMI.
 */
void knell_check_tick(struct knell_check *check, bool moved)
{
	unsigned long flags;
	bool changed;

	raw_spin_lock_irqsave(&knell_checks_lock, flags);
	changed = knell_tally_tick(&check->tally, moved);
	if (changed)
		knell_check_changed(check);
	raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
	if (changed)
		knell_checks_changed();
}

/**
 * knell_check_fail() - something happened that is a NO by itself
 * @check: as given to its init
 *
 * Context: any but NMI.
 */
void knell_check_fail(struct knell_check *check)
{
	unsigned long flags;
	bool changed;

	raw_spin_lock_irqsave(&knell_checks_lock, flags);
	changed = knell_tally_fail(&check->tally);
	if (changed)
		knell_check_changed(check);
	raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
	if (changed)
		knell_checks_changed();
}

static void knell_check_start(struct knell_check *check, u32 limit)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&knell_checks_lock, flags);
	knell_tally_arm(&check->tally, limit);
	check->changed = false;
	raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
}

/**
 * knell_checks_forget() - the verdict is OK again; all checks are stopped
 */
void knell_checks_forget(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&knell_checks_lock, flags);
	knell_verdict_reset(&knell_checks_verdict);
	knell_checks_verdict_new = false;
	raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
}

/**
 * knell_checks_disarm() - stop all checks; a verdict that was not taken stays
 */
void knell_checks_disarm(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(knell_checks); i++) {
		knell_checks[i].ops->disarm();
		knell_check_start(&knell_checks[i], 0);
	}
}

/**
 * knell_checks_arm() - start the checks @config asks for; all are disarmed before
 * @config: what is watched
 *
 * Return: 0, or the error of the first check that could not start; then all
 * are disarmed.
 */
int knell_checks_arm(const struct knell_health_config *config)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(knell_checks); i++) {
		struct knell_check *check = &knell_checks[i];
		u32 limit = check->ops->limit(config);

		if (!limit)
			continue;
		knell_check_start(check, limit);
		err = check->ops->arm(config);
		if (err) {
			pr_err("knell: health check %s cannot start (error %d)\n",
			       check->ops->name, err);
			knell_checks_disarm();
			return err;
		}
	}
	return 0;
}

static void knell_check_describe(const struct knell_check *check, struct knell_check_info *info)
{
	unsigned long flags;

	memset(info, 0, sizeof(*info));
	info->name = check->ops->name;
	info->reason = check->ops->reason;
	raw_spin_lock_irqsave(&knell_checks_lock, flags);
	info->answer = check->tally.answer;
	info->runs = check->tally.runs;
	info->missed = check->tally.missed;
	info->limit = check->tally.limit;
	raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
	if (check->ops->detail && info->answer != KNELL_ANSWER_OFF)
		check->ops->detail(info->detail, sizeof(info->detail));
}

/**
 * knell_checks_next_answer() - a changed answer that was not told yet
 * @info: filled
 *
 * Return: false if there is none.
 */
bool knell_checks_next_answer(struct knell_check_info *info)
{
	unsigned long flags;
	unsigned int i;
	bool changed;

	for (i = 0; i < ARRAY_SIZE(knell_checks); i++) {
		raw_spin_lock_irqsave(&knell_checks_lock, flags);
		changed = knell_checks[i].changed;
		knell_checks[i].changed = false;
		raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
		if (changed) {
			knell_check_describe(&knell_checks[i], info);
			return true;
		}
	}
	return false;
}

/**
 * knell_checks_take_verdict() - the edge from OK to NO, once
 * @reason: set
 * @info: filled with the check that answered NO
 *
 * Return: false if there is none, or it was taken before.
 */
bool knell_checks_take_verdict(enum knell_reason *reason, struct knell_check_info *info)
{
	const struct knell_check *culprit;
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&knell_checks_lock, flags);
	taken = knell_checks_verdict_new;
	knell_checks_verdict_new = false;
	*reason = knell_checks_verdict.reason;
	culprit = knell_checks_culprit;
	raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
	if (taken)
		knell_check_describe(culprit, info);
	return taken;
}

/**
 * knell_checks_verdict_waiting() - a verdict nobody has taken yet
 *
 * Context: any but NMI.
 * Return: its reason, or KNELL_REASON_NONE.
 */
enum knell_reason knell_checks_verdict_waiting(void)
{
	enum knell_reason reason = KNELL_REASON_NONE;
	unsigned long flags;

	raw_spin_lock_irqsave(&knell_checks_lock, flags);
	if (knell_checks_verdict_new)
		reason = knell_checks_verdict.reason;
	raw_spin_unlock_irqrestore(&knell_checks_lock, flags);
	return reason;
}

/**
 * knell_checks_info() - a check as told to people
 * @index: from 0
 * @info: filled
 *
 * Return: 0 or -ENOENT.
 */
int knell_checks_info(unsigned int index, struct knell_check_info *info)
{
	if (index >= ARRAY_SIZE(knell_checks))
		return -ENOENT;
	knell_check_describe(&knell_checks[index], info);
	return 0;
}

/**
 * knell_checks_init() - prepare all checks, armed later
 * @changed: an answer changed; any context but NMI
 *
 * Return: 0 or the error of the first check that failed.
 */
int knell_checks_init(void (*changed)(void))
{
	unsigned int i;
	int err;

	knell_checks_changed = changed;
	for (i = 0; i < ARRAY_SIZE(knell_checks); i++) {
		const struct knell_check_ops *ops = knell_checks[i].ops;

		err = ops->init ? ops->init(&knell_checks[i]) : 0;
		if (err)
			goto err_exit;
	}
	return 0;

err_exit:
	while (i--)
		if (knell_checks[i].ops->exit)
			knell_checks[i].ops->exit();
	return err;
}

/**
 * knell_checks_exit() - the reverse; all are disarmed
 */
void knell_checks_exit(void)
{
	unsigned int i = ARRAY_SIZE(knell_checks);

	while (i--)
		if (knell_checks[i].ops->exit)
			knell_checks[i].ops->exit();
}
