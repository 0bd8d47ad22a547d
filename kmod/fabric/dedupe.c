// SPDX-License-Identifier: GPL-2.0
/* A sliding window over the sequence numbers of one origin. Pure. */
#include "fabric/dedupe.h"

static bool test(const struct knell_window *w, u32 seq)
{
	return w->seen[seq % KNELL_WINDOW_BITS / 64] >> (seq % 64) & 1;
}

static void set(struct knell_window *w, u32 seq, bool value)
{
	u64 *word = &w->seen[seq % KNELL_WINDOW_BITS / 64];

	*word &= ~((u64)1 << (seq % 64));
	*word |= (u64)value << (seq % 64);
}

bool knell_window_fresh(struct knell_window *window, u32 epoch, u32 seq)
{
	if (epoch < window->epoch)
		return false;
	if (epoch > window->epoch) {
		memset(window, 0, sizeof(*window));
		window->epoch = epoch;
	}
	if (seq > window->top) {
		if (seq - window->top >= KNELL_WINDOW_BITS) {
			memset(window->seen, 0, sizeof(window->seen));
			window->top = seq;
		}
		while (window->top < seq)
			set(window, ++window->top, false);
	} else if (window->top - seq >= KNELL_WINDOW_BITS || test(window, seq)) {
		return false;
	}
	set(window, seq, true);
	return true;
}
