// SPDX-License-Identifier: GPL-2.0
/* When a node counts as cut off: it had a link since it joined, and has none now. Pure. */
#include "health/reach.h"

static void note(struct knell_reach *reach)
{
	if (!reach->up)
		return;
	reach->seen = true;
	reach->missed = 0;
}

void knell_reach_arm(struct knell_reach *reach, bool joined)
{
	reach->armed = true;
	if (joined) {
		reach->seen = false;
		reach->missed = 0;
	}
	note(reach);
}

void knell_reach_disarm(struct knell_reach *reach)
{
	reach->armed = false;
}

bool knell_reach_count(struct knell_reach *reach, unsigned int up, unsigned int routers)
{
	bool was = knell_reach_cut(reach);

	reach->up = up;
	reach->routers = routers;
	note(reach);
	return was && !knell_reach_cut(reach);
}

bool knell_reach_cut(const struct knell_reach *reach)
{
	return reach->armed && reach->seen && reach->routers && !reach->up;
}

u32 knell_reach_tick(struct knell_reach *reach)
{
	if (knell_reach_cut(reach) && reach->missed != U32_MAX)
		reach->missed++;
	return reach->missed;
}
