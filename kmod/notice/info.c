// SPDX-License-Identifier: GPL-2.0
/*
 * What people are told about the own node beside its status, in the form of
 * health checks: is it watched, would its death be heard, and why it is not
 * ready to serve.
 *
 * Context and locking: process context; knell_lock protects the text.
 */
#include "fabric/switch.h"
#include "health/health.h"
#include "membership/status.h"
#include "notice/lastgasp.h"
#include "notice/notice.h"
#include "timeouts.h"

/* The helper's last word on why the tests have not passed. */
static char not_ready[KNELL_DETAIL_MAX];

void knell_notice_not_ready(const char *why)
{
	knell_assert_locked();
	strscpy(not_ready, why, sizeof(not_ready));
}

static void watch_info(struct knell_check_info *info)
{
	int err = knell_notice_watch_error();

	info->name = "watch";
	info->answer = err ? KNELL_ANSWER_NO : KNELL_ANSWER_OK;
	if (err)
		scnprintf(info->detail, sizeof(info->detail),
			  "nothing watches this node: error %d, tried again every %u s", err,
			  KNELL_ARM_RETRY_MS / 1000);
}

static void gasp_info(struct knell_check_info *info)
{
	int err = knell_notice_gasp_error();
	struct knell_gasp_state state;

	info->name = "last-gasp";
	info->answer = KNELL_ANSWER_NO;
	knell_lastgasp_state(&state);
	if (state.deaf) {
		scnprintf(info->detail, sizeof(info->detail),
			  "certificates of others are not heard: UDP port %u cannot be used%s (error %d)",
			  KNELL_CERT_PORT,
			  state.deaf == -EADDRINUSE ? ", another program has it" : "", state.deaf);
	} else if (err) {
		scnprintf(info->detail, sizeof(info->detail),
			  "could not be armed: this node would die silently (error %d)", err);
	} else {
		if (!state.wanted)
			info->answer = KNELL_ANSWER_OFF;
		else if (state.ready.sessions || state.ready.certs)
			info->answer = KNELL_ANSWER_OK;
		scnprintf(info->detail, sizeof(info->detail),
			  "ready: %u iSCSI sessions, %u of %u certificates%s%s",
			  state.ready.sessions, state.ready.certs, state.targets,
			  state.why[0] ? "; " : "", state.why);
	}
}

static void ready_info(struct knell_check_info *info)
{
	bool passed;

	knell_core_lock();
	passed = knell_table.self_state == KNELL_SELF_STANDBY ||
		 knell_table.self_state == KNELL_SELF_ACTIVE;
	info->name = "ready";
	info->answer = passed ? KNELL_ANSWER_OK : KNELL_ANSWER_NO;
	if (!passed)
		strscpy(info->detail,
			not_ready[0] ? not_ready : "the helper has not finished its tests",
			sizeof(info->detail));
	knell_core_unlock();
}

int knell_notice_info(unsigned int index, struct knell_check_info *info)
{
	static void (*const infos[])(struct knell_check_info *info) = {
		watch_info, gasp_info, ready_info,
	};
	bool in;

	if (index >= ARRAY_SIZE(infos))
		return -ENOENT;
	memset(info, 0, sizeof(*info));
	infos[index](info);
	knell_core_lock();
	in = knell_table.config && knell_self_in(knell_table.self_state);
	knell_core_unlock();
	if (!in) {
		info->answer = KNELL_ANSWER_OFF;
		info->detail[0] = '\0';
	}
	return 0;
}
