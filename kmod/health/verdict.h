/* SPDX-License-Identifier: GPL-2.0 */
/* From missed ticks to an answer, and from answers to one verdict. Pure. */
#ifndef KNELL_HEALTH_VERDICT_H
#define KNELL_HEALTH_VERDICT_H

#include "pure.h"
#include <linux/knell.h>
#include <linux/knell_wire.h>

/**
 * struct knell_tally - what one check has seen since it was armed
 * @runs: ticks
 * @missed: ticks in a row in which what is watched did not move
 * @limit: @missed at which the answer is NO; 0 = not armed
 * @answer: &enum knell_answer
 */
struct knell_tally {
	u64 runs;
	u32 missed;
	u32 limit;
	u8 answer;
};

/**
 * struct knell_verdict - the one edge from OK to NO
 * @reason: &enum knell_reason, KNELL_REASON_NONE = OK
 */
struct knell_verdict {
	u8 reason;
};

void knell_tally_arm(struct knell_tally *tally, u32 limit);
bool knell_tally_report(struct knell_tally *tally, u32 missed);
bool knell_tally_tick(struct knell_tally *tally, bool moved);
bool knell_tally_fail(struct knell_tally *tally);

void knell_verdict_reset(struct knell_verdict *verdict);
bool knell_verdict_judge(struct knell_verdict *verdict, const struct knell_tally *tally,
			 enum knell_reason reason);

#endif /* KNELL_HEALTH_VERDICT_H */
