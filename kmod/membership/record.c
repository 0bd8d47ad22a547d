// SPDX-License-Identifier: GPL-2.0
/* Which of two versions of a record is newer. Pure. */
#include "membership/record.h"

bool knell_status_terminal(u8 status)
{
	return status == KNELL_STATUS_LEFT || status == KNELL_STATUS_LOST ||
	       status == KNELL_STATUS_DOWN;
}

bool knell_status_up(u8 status)
{
	return status != KNELL_STATUS_UNKNOWN && !knell_status_terminal(status);
}

static int cmp(u64 a, u64 b)
{
	return a > b ? 1 : a < b ? -1 : 0;
}

/* DOWN > LOST > LEFT > all others, as the numbers of the statuses already say. */
static u8 rank(u8 status)
{
	return knell_status_terminal(status) ? status : 0;
}

int knell_node_rec_cmp(const struct knell_node_rec *a, const struct knell_node_rec *b)
{
	int ret = cmp(a->epoch, b->epoch);

	if (!ret)
		ret = cmp(rank(a->status), rank(b->status));
	if (!ret)
		ret = cmp(a->seq, b->seq);
	return ret;
}

int knell_app_rec_cmp(const struct knell_app_rec *a, bool a_router,
		      const struct knell_app_rec *b, bool b_router)
{
	int ret = cmp(a->version, b->version);

	if (!ret)
		ret = cmp(a_router, b_router);
	if (!ret)
		ret = cmp(a->author, b->author);
	return ret;
}

u32 knell_app_version_above(u32 version, bool forgetful)
{
	u32 step = forgetful ? 1 + KNELL_VERSION_GAP : 1;

	return version > U32_MAX - step ? 0 : version + step;
}
