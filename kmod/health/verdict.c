// SPDX-License-Identifier: GPL-2.0
/*
 * From missed ticks to an answer, and from answers to one verdict.
 *
 * A check never looks at the clock: it counts its own ticks. A virtual machine
 * that stood still for ten seconds missed no tick, it had none; a host that
 * hangs has ticks in which nothing moves. Pure: no locks, no I/O.
 */
#include "verdict.h"

/**
 * knell_tally_arm() - start counting afresh
 * @tally: reset
 * @limit: missed ticks at which the answer is NO; 0 = the check is off
 */
void knell_tally_arm(struct knell_tally *tally, u32 limit)
{
	memset(tally, 0, sizeof(*tally));
	tally->limit = limit;
	tally->answer = limit ? KNELL_ANSWER_OK : KNELL_ANSWER_OFF;
}

/**
 * knell_tally_report() - a tick, counted by the check itself
 * @tally: updated unless it is off
 * @missed: ticks missed in a row so far, 0 = all is well
 *
 * Return: true if the answer changed.
 */
bool knell_tally_report(struct knell_tally *tally, u32 missed)
{
	u8 before = tally->answer;

	if (!tally->limit)
		return false;
	tally->runs++;
	tally->missed = missed;
	tally->answer = missed >= tally->limit ? KNELL_ANSWER_NO : KNELL_ANSWER_OK;
	return tally->answer != before;
}

/**
 * knell_tally_tick() - a tick
 * @tally: updated unless it is off
 * @moved: what is watched moved since the last tick
 *
 * Return: true if the answer changed.
 */
bool knell_tally_tick(struct knell_tally *tally, bool moved)
{
	if (moved)
		return knell_tally_report(tally, 0);
	return knell_tally_report(tally, tally->missed == U32_MAX ? U32_MAX : tally->missed + 1);
}

/**
 * knell_tally_fail() - something happened that is a NO by itself
 * @tally: updated unless it is off
 *
 * Return: true if the answer changed.
 */
bool knell_tally_fail(struct knell_tally *tally)
{
	return knell_tally_report(tally, tally->limit);
}

/**
 * knell_verdict_reset() - the node joins: OK
 * @verdict: reset
 */
void knell_verdict_reset(struct knell_verdict *verdict)
{
	verdict->reason = KNELL_REASON_NONE;
}

/**
 * knell_verdict_judge() - what an answer means for the node
 * @verdict: stays NO, with its first reason, until it is reset
 * @tally: of the check that answered
 * @reason: what the check stands for
 *
 * Return: true if this is the edge from OK to NO.
 */
bool knell_verdict_judge(struct knell_verdict *verdict, const struct knell_tally *tally,
			 enum knell_reason reason)
{
	if (verdict->reason != KNELL_REASON_NONE || tally->answer != KNELL_ANSWER_NO)
		return false;
	verdict->reason = reason;
	return true;
}
