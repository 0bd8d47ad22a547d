/* SPDX-License-Identifier: GPL-2.0 */
/* Health monitoring of the own host: checks, verdict. Process context unless noted. */
#ifndef KNELL_HEALTH_H
#define KNELL_HEALTH_H

#include <linux/types.h>
#include <linux/knell.h>
#include <linux/knell_wire.h>

/**
 * struct knell_health_config - what is watched; times in ms, 0 = not watched
 * @helper_timeout: the helper is silent for so long
 * @cpu_timeout: a CPU does not run normal threads for so long
 * @link_grace: no router is reachable for so long
 * @oops_down: an oops is a NO
 * @joined: the node has just joined; false: configured anew, what was seen and
 *	a verdict that was not taken yet still count
 */
struct knell_health_config {
	u32 helper_timeout;
	u32 cpu_timeout;
	u32 link_grace;
	bool oops_down;
	bool joined;
};

/**
 * struct knell_check_info - one check as told over netlink
 */
struct knell_check_info {
	const char *name;
	u8 answer;		/* enum knell_answer */
	u8 reason;		/* enum knell_reason */
	u64 runs;
	u32 missed, limit;
	char detail[KNELL_DETAIL_MAX];
};

/**
 * struct knell_health_ops - what an upper floor hears from health
 * @verdict: OK -> NO with its reason, once per arming; process context
 * @answer: a check's answer changed; process context
 * @stuck: a verdict was reached and no thread runs to take it: say it without
 *	threads (knell_lastgasp_fire()) and restart the machine; hard interrupt
 *	context, at most once per arming. Optional
 * @conflict: @device (host:channel:target:lun) answered as a disk does from
 *	which this node was fenced; at most once in KNELL_CONFLICT_MS, process
 *	context
 */
struct knell_health_ops {
	void (*verdict)(enum knell_reason reason, const char *detail);
	void (*answer)(const struct knell_check_info *info);
	void (*stuck)(enum knell_reason reason);
	void (*conflict)(const char *device);
};

int knell_health_init(const struct knell_health_ops *ops);
void knell_health_exit(void);
/* Arm, or re-arm with other limits; NULL = disarm. At a join the verdict starts at OK. */
int knell_health_arm(const struct knell_health_config *config);
/* The helper is alive. Any context. */
void knell_health_pet(void);
/* How many links to routers are up now; @routers = routers of the cluster. Any context. */
void knell_health_links(unsigned int up, unsigned int routers);
/* Index from 0 until -ENOENT. */
int knell_health_info(unsigned int index, struct knell_check_info *info);

#endif /* KNELL_HEALTH_H */
