/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is an application orphaned, and who takes it? The rule every kernel applies
 * to the same records (ADR 0001). Pure.
 */
#ifndef KNELL_RECOVERY_CANDIDATE_H
#define KNELL_RECOVERY_CANDIDATE_H

#include "membership/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct knell_candidate - what the rule needs to know of one candidate
 * @node: its number
 * @status: &enum knell_status
 * @same_death: ACTIVE, but serving something it took from the same owner or of
 *	the same home: it stands in for that node and takes the rest as well
 * @released: has just released it in good order: does not take it back unless
 *	it is preferred, or another one tried in between
 */
struct knell_candidate {
	u16 node;
	u8 status;
	bool same_death;
	bool released;
};

/**
 * enum knell_pick_kind - the rule's answer
 * @KNELL_PICK_NOBODY: no candidate is healthy now
 * @KNELL_PICK_NODE: this one
 * @KNELL_PICK_WAIT: first start, and one in front was not heard of yet
 * @KNELL_PICK_EXHAUSTED: every candidate was tried
 */
enum knell_pick_kind {
	KNELL_PICK_NOBODY,
	KNELL_PICK_NODE,
	KNELL_PICK_WAIT,
	KNELL_PICK_EXHAUSTED,
};

/**
 * struct knell_pick - the rule's answer
 * @kind: &enum knell_pick_kind
 * @index: in the list of candidates, if @kind is KNELL_PICK_NODE
 */
struct knell_pick {
	u8 kind;
	u8 index;
};

/**
 * knell_app_orphaned() - does nobody serve it any more?
 * @rec: the application's record
 * @flags: KNELL_APP_F_*
 * @owner: record of rec->owner, NULL if it is not configured
 */
bool knell_app_orphaned(const struct knell_app_rec *rec, u32 flags,
			const struct knell_node_rec *owner);

/**
 * knell_candidate_healthy() - may this candidate take the application?
 * @list: all candidates, home node first
 * @count: of @list
 * @index: which one
 * @rec: the application's record
 * @flags: KNELL_APP_F_*
 *
 * An ACTIVE node of a "takeover: any" application counts only when no standby
 * is left.
 */
bool knell_candidate_healthy(const struct knell_candidate *list, unsigned int count,
			     unsigned int index, const struct knell_app_rec *rec, u32 flags);

/**
 * knell_candidate_pick() - who takes an orphaned application?
 * @list: all candidates, home node first, then the standby order
 * @count: of @list, up to KNELL_CANDIDATES_MAX
 * @rec: the application's record
 * @flags: KNELL_APP_F_*
 * @in_start_grace: candidates not heard of may still come
 */
struct knell_pick knell_candidate_pick(const struct knell_candidate *list, unsigned int count,
				       const struct knell_app_rec *rec, u32 flags,
				       bool in_start_grace);

/* Is this a reason to release in good order, not a failure? */
bool knell_in_good_order(u8 reason);

/**
 * knell_grant_reason() - why the next owner gets an orphan
 * @rec: the orphan's record
 *
 * Return: START for the first time, PLANNED if who had it let go in good order
 * (an order, a shutdown), TAKEOVER otherwise.
 */
u8 knell_grant_reason(const struct knell_app_rec *rec);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_RECOVERY_CANDIDATE_H */
