/* SPDX-License-Identifier: GPL-2.0 */
/* What a router does about a node it has no link to any more. Pure. */
#ifndef KNELL_RECOVERY_SILENCE_H
#define KNELL_RECOVERY_SILENCE_H

#include "pure.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct knell_silence - what is known of a node that is silent here
 * @asked: others were asked for it, and nobody has answered in time
 * @heard: an answer came, once, since the link went
 * @others: other routers that are not known to be dead, this one being none of them
 * @witness: there is a link to somebody
 */
struct knell_silence {
	bool asked;
	bool heard;
	bool others;
	bool witness;
};

/**
 * enum knell_silence_step - what comes next, now that the time is over
 * @KNELL_SILENCE_HOLD: this router is the one that is cut off: it can tell
 *	nobody anything, and knows nothing. Look again later
 * @KNELL_SILENCE_ASK: ask for the node, wait for the answer
 * @KNELL_SILENCE_AGAIN: another router reached it until not long ago: it has
 *	the whole time again
 * @KNELL_SILENCE_LOST: it is lost
 */
enum knell_silence_step {
	KNELL_SILENCE_HOLD,
	KNELL_SILENCE_ASK,
	KNELL_SILENCE_AGAIN,
	KNELL_SILENCE_LOST,
};

/* The time a node was given is over, or nobody answered for it. */
enum knell_silence_step knell_silence_over(const struct knell_silence *silence);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_RECOVERY_SILENCE_H */
