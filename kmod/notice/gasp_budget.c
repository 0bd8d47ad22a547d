// SPDX-License-Identifier: GPL-2.0
/*
 * The last gasp's patience. A dead network device takes no frame however long
 * it is waited for, and there may be hundreds of frames for it: so that dying
 * ends in bounded time, all frames of a round share one budget. It is counted
 * in pauses rather than read from a clock, which may be what died. Pure.
 */
#include "notice/gasp_budget.h"

void knell_gasp_budget_begin(struct knell_gasp_budget *budget, u32 pauses)
{
	budget->pauses = pauses;
}

u32 knell_gasp_budget_tries(const struct knell_gasp_budget *budget, u32 most)
{
	return 1 + (budget->pauses < most ? budget->pauses : most);
}

void knell_gasp_budget_spend(struct knell_gasp_budget *budget, u32 pauses)
{
	budget->pauses -= pauses < budget->pauses ? pauses : budget->pauses;
}
