// SPDX-License-Identifier: GPL-2.0
/*
 * Who may say what. A server speaks only for itself: its own status, and the
 * applications a router granted to it. A router speaks for itself, relays
 * others, and says LOST (its target lost the I_T nexus) or DOWN (it verified a
 * death certificate) of them. Nobody else's status can be made up by anybody.
 */
#include "fabric/authority.h"
#include <linux/knell_wire.h>

enum knell_say knell_may_say_node(const struct knell_speaker *by, const struct knell_node_rec *rec,
				  bool author_router, const struct knell_node_rec *cur)
{
	bool own = rec->author == rec->node;

	if (own ? rec->status == KNELL_STATUS_LOST :
		  !author_router || (rec->status != KNELL_STATUS_LOST &&
				     rec->status != KNELL_STATUS_DOWN))
		return KNELL_SAY_FORGED;
	if (!by->router && (rec->node != by->node || !own))
		return KNELL_SAY_FORGED;
	return knell_node_rec_cmp(rec, cur) > 0 ? KNELL_SAY_NEWER : KNELL_SAY_STALE;
}

static bool same_grant(const struct knell_app_rec *a, const struct knell_app_rec *b)
{
	return a->owner == b->owner && a->owner_epoch == b->owner_epoch;
}

/*
 * Versions are counted one by one. A server must not be able to drive them to
 * their end, where nobody could write a newer one any more.
 */
static bool plausible_version(u32 version, u32 cur, bool restoring)
{
	if (version > KNELL_APP_VERSION_LIMIT)
		return false;
	return restoring || version <= cur || version - cur <= KNELL_APP_VERSION_STEP;
}

enum knell_say knell_may_say_app(const struct knell_speaker *by, const struct knell_app_rec *rec,
				 bool author_router, const struct knell_app_rec *cur,
				 bool cur_author_router, const struct knell_judge *judge)
{
	bool restoring = judge->restoring;

	/* Only the owner and routers ever write a version; a grant is a router's. */
	if (!author_router &&
	    (rec->author != rec->owner || rec->state == KNELL_APP_STARTING))
		return KNELL_SAY_FORGED;
	if (!by->router && (rec->owner != by->node ||
			    !plausible_version(rec->version, cur->version, restoring)))
		return KNELL_SAY_FORGED;
	/* What it serves already it may serve to its end, also after a reconfiguration. */
	if (!by->router && !by->candidate && !restoring && !same_grant(rec, cur))
		return KNELL_SAY_FORGED;
	if (knell_app_rec_cmp(rec, author_router, cur, cur_author_router) <= 0)
		return KNELL_SAY_STALE;
	if (by->router || restoring)
		return KNELL_SAY_NEWER;
	/* A grant by another router, brought by whom it was given to. Ours we would know. */
	if (author_router && rec->author != judge->self)
		return KNELL_SAY_NEWER;
	if (author_router)
		return cur->version ? KNELL_SAY_OVERRULE : KNELL_SAY_NEWER;
	if (judge->others && by->epoch && by->epoch == rec->owner_epoch)
		return KNELL_SAY_NEWER;
	if (same_grant(rec, cur) && cur->state != KNELL_APP_ORPHAN &&
	    cur->state != KNELL_APP_FAILED && cur->state != KNELL_APP_STOPPED)
		return KNELL_SAY_NEWER;
	return cur->version ? KNELL_SAY_OVERRULE : KNELL_SAY_NEWER;
}

bool knell_may_carry(u8 kind, bool origin_router, bool dest_router)
{
	return kind == KNELL_FRAME_PROBE ? origin_router :
					   kind == KNELL_FRAME_PROBE_REPLY && dest_router;
}
