/* SPDX-License-Identifier: GPL-2.0 */
/* Is this node cut off from every router? Pure. */
#ifndef KNELL_HEALTH_REACH_H
#define KNELL_HEALTH_REACH_H

#include "pure.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct knell_reach - what is known of the links to routers
 * @armed: it matters
 * @seen: a router was reachable since the node joined
 * @up: links to routers that are up
 * @routers: routers the cluster has, 0 = this node needs none
 * @missed: ticks in a row without any link
 */
struct knell_reach {
	bool armed;
	bool seen;
	unsigned int up;
	unsigned int routers;
	u32 missed;
};

/**
 * knell_reach_arm() - from now on it matters
 * @reach: updated
 * @joined: the node has just joined; what was seen before does not count.
 *	false: it was only configured anew, and remembers
 */
void knell_reach_arm(struct knell_reach *reach, bool joined);

/* It does not matter any more. */
void knell_reach_disarm(struct knell_reach *reach);

/**
 * knell_reach_count() - the number of usable links changed
 * @reach: updated
 * @up: links to routers that are up
 * @routers: routers the cluster has
 *
 * Return: true if a router is reachable again.
 */
bool knell_reach_count(struct knell_reach *reach, unsigned int up, unsigned int routers);

/* Had the node a link since it joined, and has it none now? */
bool knell_reach_cut(const struct knell_reach *reach);

/* A tick; returns how many in a row the node has been cut off for. */
u32 knell_reach_tick(struct knell_reach *reach);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_HEALTH_REACH_H */
