// SPDX-License-Identifier: GPL-2.0
/*
 * When is a silent node lost? The only router there is decides alone. Where
 * there are others, one of them may still reach the node: a router says LOST
 * only if it reaches somebody itself and nobody answered for the node, so that
 * neither a broken link nor a router with a broken card is anybody's death.
 */
#include "recovery/silence.h"

enum knell_silence_step knell_silence_over(const struct knell_silence *silence)
{
	if (silence->others && !silence->witness)
		return KNELL_SILENCE_HOLD;
	if (silence->others && !silence->asked)
		return KNELL_SILENCE_ASK;
	return silence->heard ? KNELL_SILENCE_AGAIN : KNELL_SILENCE_LOST;
}
