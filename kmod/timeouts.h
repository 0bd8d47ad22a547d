/* SPDX-License-Identifier: GPL-2.0 */
/* All fixed times of the kernel side and how they relate; see Documentation/timeouts.md. */
#ifndef KNELL_TIMEOUTS_H
#define KNELL_TIMEOUTS_H

#include <linux/build_bug.h>
#include <linux/knell.h>

/* What the cluster file may change; the helper's defaults are the same. */
#define KNELL_HELPER_TIMEOUT_MS		1000
#define KNELL_HELPER_TIMEOUT_MIN_MS	200
#define KNELL_CPU_TIMEOUT_MS		10000
#define KNELL_LOST_GRACE_MS		6000
#define KNELL_LINK_GRACE_MS		4000
#define KNELL_START_GRACE_MS		60000
#define KNELL_TAKEOVER_DEADLINE_MS	60000
#define KNELL_RELEASE_DEADLINE_MS	20000

/*
 * Health: every time-out is divided into ticks; the check answers NO when it
 * missed so many in a row. One lost or late tick must not be enough.
 */
#define KNELL_HELPER_TICKS	5
#define KNELL_CPU_TICKS		4
#define KNELL_LINK_TICKS	4
/* A verdict nobody took for so many ticks of every CPU: no thread runs. */
#define KNELL_STUCK_TICKS	2
/* A worker that gets no memory for 60 s. */
#define KNELL_RESPONSE_TICK_MS	5000
#define KNELL_RESPONSE_TICKS	12
/* SCSI error handling of one host that does not end for 60 s. */
#define KNELL_STORAGE_TICK_MS	5000
#define KNELL_STORAGE_TICKS	12
/* Disks' answers that look as if this node was fenced are told at most so often. */
#define KNELL_CONFLICT_MS	1000

/*
 * The shortest time a target link is down before its node is LOST, whatever
 * lost_grace says: a link that starts over with HELLO is down for a moment.
 */
#define KNELL_LOST_GRACE_MIN_MS		500

/*
 * Last gasp: after the frames are with the NIC, before the kernel goes on dying.
 * A real NIC needs microseconds; that of a virtual machine is a thread of its
 * host, and a reset takes from it what it has not sent.
 */
#define KNELL_GASP_LINGER_MS	100
/*
 * Last gasp: how long devices that take no frame may hold up dying, all frames
 * together, half of it in each of the two rounds; and one frame in a round.
 */
#define KNELL_GASP_BUDGET_MS	100
#define KNELL_GASP_FRAME_MS	1
/* Last gasp: how long a second dying CPU waits for the first one. */
#define KNELL_GASP_WAIT_MS	400
/* Last gasp: from a change of routes, neighbours or devices to new frames. */
#define KNELL_GASP_SETTLE_MS	100
/* Last gasp: next attempt when there was no memory for the frames. */
#define KNELL_GASP_RETRY_MS	1000

/* Health or last gasp could not be armed: next attempt. */
#define KNELL_ARM_RETRY_MS	5000

/* A verdict's notice may take so long to leave before the node restarts. */
#define KNELL_DRAIN_MS		300
#define KNELL_DRAIN_POLL_MS	5

/*
 * Initiator: TCP keepalive on a mailbox connection. Longer than the target's
 * NOP-In interval (5 s by default), so that it never sends on a healthy one.
 */
#define KNELL_KEEPALIVE_IDLE_S		6
#define KNELL_KEEPALIVE_INTERVAL_S	1
#define KNELL_NOPIN_S			5
/*
 * KNELL_SILENCE_MS: from the last sign of life of the router to the end of the
 * connection, as a node that was cut off sees it; also TCP's limit for
 * unacknowledged data. KNELL_LET_GO_MS: from its verdict to its addresses being
 * dropped. Both are in the uapi, for the checker of the cluster file.
 */

/* Initiator: a parked RECEIVE never times out by itself (a day). */
#define KNELL_PARK_S		(24 * 60 * 60)
/* Initiator: how often the holder of a request looks whether others wait for it. */
#define KNELL_GUARD_MS		200
/* Initiator: left to a request's timer when it is cancelled. */
#define KNELL_CANCEL_MS		100
/* Initiator: a frozen queue or error handling that lasts longer takes the link down. */
#define KNELL_GIVE_WAY_MS	2500
/* Initiator: INQUIRY, SEND, and the wait for the other side's HELLO. */
#define KNELL_COMMAND_MS	2500
/* Initiator: pauses between attempts, doubled from the first to the last. */
#define KNELL_PAUSE_MIN_MS	50
#define KNELL_PAUSE_MAX_MS	1000
/* Initiator: suspend waits so long for the links to be quiet. */
#define KNELL_SUSPEND_MS	5000

/* Target: how often parked commands are looked at while there is a session. */
#define KNELL_WATCH_MS		100
/* Target: an initiator that parked nothing for so long has its session looked up. */
#define KNELL_IDLE_MS		1000

/* Records that could not be sent are sent again. */
#define KNELL_RESYNC_MS		50
/* A claim nobody answered is repeated, doubled from the first to the last. */
#define KNELL_CLAIM_MIN_MS	1000
#define KNELL_CLAIM_MAX_MS	16000
/* Before LOST is announced the node is asked through other routers. */
#define KNELL_LOST_PROBE_MS	1000

static_assert(KNELL_HELPER_TICKS > 1 && KNELL_CPU_TICKS > 1 && KNELL_LINK_TICKS > 1,
	      "one late tick is not a hung host");
static_assert(KNELL_HELPER_TIMEOUT_MIN_MS / KNELL_HELPER_TICKS >= 20,
	      "a tick must be longer than a few jiffies at HZ=100");
static_assert(KNELL_LOST_GRACE_MS >= KNELL_LINK_GRACE_MS * (KNELL_LINK_TICKS + 1) /
				     KNELL_LINK_TICKS + KNELL_LET_GO_MS,
	      "a node that is cut off gives up before its router calls it lost");
static_assert(KNELL_START_GRACE_MS >= KNELL_LOST_GRACE_MS + KNELL_SILENCE_MS,
	      "a router's start does not make that shorter");
static_assert(KNELL_TAKEOVER_DEADLINE_MS > KNELL_HELPER_TIMEOUT_MS,
	      "a hung helper is found by its pets, not by the deadline of its plan");
static_assert(KNELL_LINK_GRACE_MS > KNELL_GIVE_WAY_MS + KNELL_PAUSE_MAX_MS,
	      "a link that gave way to error handling comes back before it counts as cut");
static_assert(KNELL_LINK_GRACE_MS > KNELL_COMMAND_MS + KNELL_PAUSE_MAX_MS,
	      "one HELLO that is lost does not cut a node off");
static_assert(KNELL_KEEPALIVE_IDLE_S > KNELL_NOPIN_S,
	      "keepalive stays silent on a connection the target supervises");
static_assert(KNELL_SILENCE_MS > (KNELL_KEEPALIVE_IDLE_S + KNELL_KEEPALIVE_INTERVAL_S) * 1000,
	      "more than one probe has to stay unanswered");
static_assert(KNELL_LOST_GRACE_MS > KNELL_LOST_PROBE_MS, "the probe fits into the grace");
static_assert(KNELL_CANCEL_MS < KNELL_GUARD_MS, "a cancelled request ends before the next look");
static_assert(KNELL_GASP_WAIT_MS > KNELL_GASP_BUDGET_MS + 2 * KNELL_GASP_LINGER_MS,
	      "the second CPU must outwait the first one's frames and its linger");
static_assert(KNELL_GASP_BUDGET_MS >= 20 * KNELL_GASP_FRAME_MS,
	      "eight sessions and the first certificates have full patience in each round");

#endif /* KNELL_TIMEOUTS_H */
