/* SPDX-License-Identifier: GPL-2.0 */
/* Which frames of one origin were seen: a window of sequence numbers. Pure. */
#ifndef KNELL_FABRIC_DEDUPE_H
#define KNELL_FABRIC_DEDUPE_H

#include "pure.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KNELL_WINDOW_BITS	128

/**
 * struct knell_window - frames of one origin; all zero = nothing seen
 * @epoch: of the origin
 * @top: highest sequence seen in @epoch
 * @seen: bit (seq % KNELL_WINDOW_BITS) for @top and those below it
 */
struct knell_window {
	u32 epoch;
	u32 top;
	u64 seen[KNELL_WINDOW_BITS / 64];
};

/**
 * knell_window_fresh() - note a frame
 * @window: of its origin
 * @epoch: of its origin, not 0
 * @seq: its sequence, not 0
 *
 * Return: true if it was not seen before. What is older than the window or of
 * an older epoch counts as seen.
 */
bool knell_window_fresh(struct knell_window *window, u32 epoch, u32 seq);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_FABRIC_DEDUPE_H */
