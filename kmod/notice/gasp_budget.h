/* SPDX-License-Identifier: GPL-2.0 */
/* How long a dying kernel may wait for its network devices, all frames together. Pure. */
#ifndef KNELL_NOTICE_GASP_BUDGET_H
#define KNELL_NOTICE_GASP_BUDGET_H

#include "pure.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct knell_gasp_budget - what is left of it in one round over all frames
 * @pauses: short pauses between two tries to hand a frame to its device
 */
struct knell_gasp_budget {
	u32 pauses;
};

/**
 * knell_gasp_budget_begin() - a round begins
 * @budget: filled
 * @pauses: what all frames of the round may take together
 */
void knell_gasp_budget_begin(struct knell_gasp_budget *budget, u32 pauses);

/**
 * knell_gasp_budget_tries() - how often may the next frame be tried?
 * @budget: of the round
 * @most: pauses one frame may take
 *
 * Every frame is tried at least once, whatever the ones before it have cost:
 * its device may be another one, or free again.
 */
u32 knell_gasp_budget_tries(const struct knell_gasp_budget *budget, u32 most);

/**
 * knell_gasp_budget_spend() - what a frame has taken
 * @budget: updated
 * @pauses: taken; more than was left leaves 0
 */
void knell_gasp_budget_spend(struct knell_gasp_budget *budget, u32 pauses);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_NOTICE_GASP_BUDGET_H */
