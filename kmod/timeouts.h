/* SPDX-License-Identifier: GPL-2.0 */
/* All fixed times of the kernel side and how they relate; see Documentation/timeouts.md. */
#ifndef KNELL_TIMEOUTS_H
#define KNELL_TIMEOUTS_H

#include <linux/build_bug.h>

/*
 * The initiator's TCP keepalive on a mailbox connection: longer than the
 * target's NOP-In interval (5 s by default), so that it never sends on a
 * healthy one.
 */
#define KNELL_KEEPALIVE_IDLE_S		7
#define KNELL_KEEPALIVE_INTERVAL_S	1
#define KNELL_KEEPALIVE_PROBES		3

/* Last gasp: after the frames are with the NIC, before the kernel goes on dying. */
#define KNELL_GASP_LINGER_MS	20
/* Last gasp: how long a second dying CPU waits for the first one. */
#define KNELL_GASP_WAIT_MS	200
/* Last gasp: from a change of routes, neighbours or devices to new frames. */
#define KNELL_GASP_SETTLE_MS	100
/* Last gasp: next attempt when there was no memory for the frames. */
#define KNELL_GASP_RETRY_MS	1000

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

static_assert(KNELL_HELPER_TICKS > 1 && KNELL_CPU_TICKS > 1 && KNELL_LINK_TICKS > 1,
	      "one late tick is not a hung host");
static_assert(KNELL_GASP_WAIT_MS > 2 * KNELL_GASP_LINGER_MS,
	      "the second CPU must outwait the first one's frames and its linger");

#endif /* KNELL_TIMEOUTS_H */
