// SPDX-License-Identifier: GPL-2.0
/* Orphans and candidates: the rule. Pure. */
#include "recovery/candidate.h"
#include <linux/knell.h>

bool knell_app_orphaned(const struct knell_app_rec *rec, u32 flags,
			const struct knell_node_rec *owner)
{
	switch (rec->state) {
	case KNELL_APP_UNKNOWN:
	case KNELL_APP_ORPHAN:
		return true;
	case KNELL_APP_STARTING:
	case KNELL_APP_RUNNING:
	case KNELL_APP_STOPPING:
		break;
	default:
		return false;
	}
	if (!owner || owner->epoch < rec->owner_epoch)
		return false;
	if (owner->epoch > rec->owner_epoch)
		return true;
	if (owner->status == KNELL_STATUS_LOST)
		/* It may still run there: something must be able to stop it. */
		return !(flags & KNELL_APP_F_NO_VOLUME) || (flags & KNELL_APP_F_FENCE_NONE);
	return knell_status_terminal(owner->status);
}

static bool tried(const struct knell_app_rec *rec, unsigned int index)
{
	return rec->tried >> index & 1;
}

static bool is_standby(const struct knell_candidate *list, unsigned int index)
{
	if (list[index].status == KNELL_STATUS_STANDBY)
		return true;
	return list[index].status == KNELL_STATUS_ACTIVE &&
	       (index == 0 || list[index].same_death);
}

static bool any_standby(const struct knell_candidate *list, unsigned int count,
			const struct knell_app_rec *rec)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!tried(rec, i) && !list[i].released && is_standby(list, i))
			return true;
	return false;
}

bool knell_candidate_healthy(const struct knell_candidate *list, unsigned int count,
			     unsigned int index, const struct knell_app_rec *rec, u32 flags)
{
	if (index >= count || tried(rec, index) ||
	    (list[index].released && list[index].node != rec->prefer))
		return false;
	if (is_standby(list, index))
		return true;
	return (flags & KNELL_APP_F_TAKEOVER_ANY) &&
	       list[index].status == KNELL_STATUS_ACTIVE && !any_standby(list, count, rec);
}

static bool may_still_come(u8 status)
{
	return status == KNELL_STATUS_UNKNOWN || status == KNELL_STATUS_JOINING ||
	       status == KNELL_STATUS_RECOVERED;
}

struct knell_pick knell_candidate_pick(const struct knell_candidate *list, unsigned int count,
				       const struct knell_app_rec *rec, u32 flags,
				       bool in_start_grace)
{
	struct knell_pick pick = { KNELL_PICK_EXHAUSTED, 0 };
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!rec->prefer || list[i].node != rec->prefer ||
		    !knell_candidate_healthy(list, count, i, rec, flags))
			continue;
		pick.kind = KNELL_PICK_NODE;
		pick.index = i;
		return pick;
	}
	for (i = 0; i < count; i++) {
		if (tried(rec, i))
			continue;
		pick.kind = KNELL_PICK_NOBODY;
		if (knell_candidate_healthy(list, count, i, rec, flags)) {
			pick.kind = KNELL_PICK_NODE;
			pick.index = i;
			return pick;
		}
		if (!rec->owner && in_start_grace && may_still_come(list[i].status)) {
			pick.kind = KNELL_PICK_WAIT;
			return pick;
		}
	}
	return pick;
}

bool knell_in_good_order(u8 reason)
{
	return reason == KNELL_REASON_PLANNED || reason == KNELL_REASON_SHUTDOWN ||
	       reason == KNELL_REASON_ADMIN;
}

u8 knell_grant_reason(const struct knell_app_rec *rec)
{
	if (!rec->owner)
		return KNELL_REASON_START;
	if (rec->state == KNELL_APP_ORPHAN && knell_in_good_order(rec->reason))
		return KNELL_REASON_PLANNED;
	return KNELL_REASON_TAKEOVER;
}
