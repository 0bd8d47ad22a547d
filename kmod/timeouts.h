/* SPDX-License-Identifier: GPL-2.0 */
/* All fixed times of the kernel side and how they relate; see Documentation/timeouts.md. */
#ifndef KNELL_TIMEOUTS_H
#define KNELL_TIMEOUTS_H

#include <linux/build_bug.h>

/* Last gasp: after the frames are with the NIC, before the kernel goes on dying. */
#define KNELL_GASP_LINGER_MS	20
/* Last gasp: how long a second dying CPU waits for the first one. */
#define KNELL_GASP_WAIT_MS	200
/* Last gasp: from a change of routes, neighbours or devices to new frames. */
#define KNELL_GASP_SETTLE_MS	100
/* Last gasp: next attempt when there was no memory for the frames. */
#define KNELL_GASP_RETRY_MS	1000

static_assert(KNELL_GASP_WAIT_MS > 2 * KNELL_GASP_LINGER_MS,
	      "the second CPU must outwait the first one's frames and its linger");

#endif /* KNELL_TIMEOUTS_H */
