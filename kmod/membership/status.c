// SPDX-License-Identifier: GPL-2.0
/* The table of the own node's states and events. Pure. */
#include "membership/status.h"

#define GO(s, st, fx)	{ true, KNELL_SELF_##s, KNELL_STATUS_##st, fx }
#define SAME(s)		{ true, KNELL_SELF_##s, KNELL_STATUS_UNKNOWN, 0 }

#define ANNOUNCE	KNELL_DO_ANNOUNCE
#define FAILS		GO(LETTING_GO, DOWN, KNELL_DO_ANNOUNCE | KNELL_DO_HARMLESS)
#define IS_TOLD		GO(LETTING_GO, UNKNOWN, KNELL_DO_LET_GO)
#define LEAVES		GO(OUT, LEFT, KNELL_DO_ANNOUNCE | KNELL_DO_DISARM)
#define JOINS		GO(JOINING, JOINING, KNELL_DO_ANNOUNCE)
#define RETURNS		GO(RECOVERED, RECOVERED, KNELL_DO_ANNOUNCE)

/* What is not in the table does not happen. */
static const struct knell_self_next table[KNELL_SELF_COUNT][KNELL_EV_COUNT] = {
	/* NONE */
	{
		/* JOIN       */ JOINS,
		/* JOIN_AGAIN */ RETURNS,
	},
	/* JOINING */
	{
		/* JOIN       */ JOINS,
		/* JOIN_AGAIN */ RETURNS,
		/* WAS_DOWN   */ RETURNS,
		/* PASSED     */ GO(STANDBY, STANDBY, ANNOUNCE),
		/* SERVE      */ { 0 },
		/* IDLE       */ { 0 },
		/* FAIL       */ FAILS,
		/* TOLD       */ IS_TOLD,
		/* LEAVE      */ LEAVES,
		/* RELEASED   */ { 0 },
	},
	/* RECOVERED */
	{
		/* JOIN       */ JOINS,
		/* JOIN_AGAIN */ RETURNS,
		/* WAS_DOWN   */ { 0 },
		/* PASSED     */ GO(STANDBY, STANDBY, ANNOUNCE),
		/* SERVE      */ { 0 },
		/* IDLE       */ { 0 },
		/* FAIL       */ FAILS,
		/* TOLD       */ IS_TOLD,
		/* LEAVE      */ LEAVES,
		/* RELEASED   */ { 0 },
	},
	/* STANDBY */
	{
		/* JOIN       */ JOINS,
		/* JOIN_AGAIN */ RETURNS,
		/* WAS_DOWN   */ { 0 },
		/* PASSED     */ SAME(STANDBY),
		/* SERVE      */ GO(ACTIVE, ACTIVE, ANNOUNCE),
		/* IDLE       */ SAME(STANDBY),
		/* FAIL       */ FAILS,
		/* TOLD       */ IS_TOLD,
		/* LEAVE      */ LEAVES,
		/* RELEASED   */ { 0 },
	},
	/* ACTIVE */
	{
		/* JOIN       */ JOINS,
		/* JOIN_AGAIN */ RETURNS,
		/* WAS_DOWN   */ { 0 },
		/* PASSED     */ SAME(ACTIVE),
		/* SERVE      */ SAME(ACTIVE),
		/* IDLE       */ GO(STANDBY, STANDBY, ANNOUNCE),
		/* FAIL       */ FAILS,
		/* TOLD       */ IS_TOLD,
		/* LEAVE      */ LEAVES,
		/* RELEASED   */ { 0 },
	},
	/* LETTING_GO: has been said; only the helper's word leads on. */
	{
		/* JOIN       */ { 0 },
		/* JOIN_AGAIN */ { 0 },
		/* WAS_DOWN   */ { 0 },
		/* PASSED     */ { 0 },
		/* SERVE      */ { 0 },
		/* IDLE       */ { 0 },
		/* FAIL       */ { 0 },
		/* TOLD       */ SAME(LETTING_GO),
		/* LEAVE      */ { 0 },
		/* RELEASED   */ GO(OUT, UNKNOWN, KNELL_DO_DISARM),
	},
	/* OUT */
	{
		/* JOIN       */ JOINS,
		/* JOIN_AGAIN */ RETURNS,
		/* WAS_DOWN   */ { 0 },
		/* PASSED     */ { 0 },
		/* SERVE      */ { 0 },
		/* IDLE       */ { 0 },
		/* FAIL       */ { 0 },
		/* TOLD       */ SAME(OUT),
		/* LEAVE      */ SAME(OUT),
		/* RELEASED   */ SAME(OUT),
	},
};

struct knell_self_next knell_self_next(u8 state, u8 event)
{
	struct knell_self_next none = { false, state, KNELL_STATUS_UNKNOWN, 0 };

	if (state >= KNELL_SELF_COUNT || event >= KNELL_EV_COUNT || !table[state][event].valid)
		return none;
	return table[state][event];
}

bool knell_self_in(u8 state)
{
	return state == KNELL_SELF_JOINING || state == KNELL_SELF_RECOVERED ||
	       state == KNELL_SELF_STANDBY || state == KNELL_SELF_ACTIVE;
}

static const char *name(const char *const names[], size_t count, u8 index)
{
	return index < count && names[index] ? names[index] : "?";
}

const char *knell_status_name(u8 status)
{
	static const char *const names[] = {
		"UNKNOWN", "JOINING", "STANDBY", "ACTIVE", "RECOVERED", "LEFT", "LOST", "DOWN",
	};

	return name(names, ARRAY_SIZE(names), status);
}

const char *knell_reason_name(u8 reason)
{
	static const char *const names[] = {
		"NONE", "PANIC", "CRASH", "OOPS", "CPU", "HELPER", "STORAGE", "LINK", "SHUTDOWN",
		"ADMIN", "NEXUS", "FENCED", "TAKEOVER", "PLANNED", "STEP", "DEADLINE", "MEMORY",
		"START", "TEST",
	};

	return name(names, ARRAY_SIZE(names), reason);
}

const char *knell_app_state_name(u8 state)
{
	static const char *const names[] = {
		"UNKNOWN", "STOPPED", "ORPHAN", "STARTING", "RUNNING", "STOPPING", "FAILED",
	};

	return name(names, ARRAY_SIZE(names), state);
}
