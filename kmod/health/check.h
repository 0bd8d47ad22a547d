/* SPDX-License-Identifier: GPL-2.0 */
/* What a health check is, and the checks there are. */
#ifndef KNELL_HEALTH_CHECK_H
#define KNELL_HEALTH_CHECK_H

#include "health.h"
#include "verdict.h"

struct knell_check;
struct workqueue_struct;

/**
 * struct knell_check_ops - one kind of check
 * @name: as told to people
 * @reason: what a NO of it means for the node
 * @init: once, at load; 0 or an error. Optional
 * @exit: once, at unload, disarmed. Optional
 * @limit: missed ticks at which the answer is NO under @config, 0 = off
 * @arm: start; only called if the limit is not 0. 0 or an error
 * @disarm: stop; nothing of the check runs when it returns. May be called
 *	without a successful @arm before
 * @detail: one line for people about what was seen; any context but NMI. Optional
 *
 * All in process context unless noted; they may sleep. @arm and @disarm are
 * serialised by health.c.
 */
struct knell_check_ops {
	const char *name;
	enum knell_reason reason;
	int (*init)(struct knell_check *check);
	void (*exit)(void);
	u32 (*limit)(const struct knell_health_config *config);
	int (*arm)(const struct knell_health_config *config);
	void (*disarm)(void);
	void (*detail)(char *buf, size_t size);
};

/**
 * struct knell_check - an instance; owned by check.c
 * @ops: its kind
 * @tally: under the lock of check.c
 * @changed: the answer changed and was not delivered yet; same lock
 */
struct knell_check {
	const struct knell_check_ops *ops;
	struct knell_tally tally;
	bool changed;
};

/* Any context but NMI. */
void knell_check_tick(struct knell_check *check, bool moved);
void knell_check_report(struct knell_check *check, u32 missed);
void knell_check_fail(struct knell_check *check);

/* Process context; by health.c. */
int knell_checks_init(void (*changed)(void));
void knell_checks_exit(void);
int knell_checks_arm(const struct knell_health_config *config);
void knell_checks_disarm(void);
void knell_checks_forget(void);
bool knell_checks_next_answer(struct knell_check_info *info);
bool knell_checks_take_verdict(enum knell_reason *reason, struct knell_check_info *info);
enum knell_reason knell_checks_verdict_waiting(void);
int knell_checks_info(unsigned int index, struct knell_check_info *info);

extern const struct knell_check_ops knell_check_cpu;
extern const struct knell_check_ops knell_check_helper;
extern const struct knell_check_ops knell_check_link;
extern const struct knell_check_ops knell_check_oops;
extern const struct knell_check_ops knell_check_response;
extern const struct knell_check_ops knell_check_storage;

void knell_check_helper_pet(void);
void knell_check_link_count(unsigned int up, unsigned int routers);

/* A disk's answer looks as if this node was fenced from it. Process context. */
void knell_health_conflict(const char *device);

/* A tick in hard interrupt context, for what needs one although no thread runs. */
void knell_health_hardirq_tick(void);

#endif /* KNELL_HEALTH_CHECK_H */
