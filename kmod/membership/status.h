/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this node is, and what an event makes of it: one table. Pure.
 *
 * The status others see (&enum knell_status) is told apart from the state of
 * the own node, which also knows how far the node has come with letting go.
 */
#ifndef KNELL_MEMBERSHIP_STATUS_H
#define KNELL_MEMBERSHIP_STATUS_H

#include "pure.h"
#include <linux/knell_wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum knell_self - state of the own node
 * @KNELL_SELF_NONE: no cluster installed
 * @KNELL_SELF_JOINING: introduced, tests run
 * @KNELL_SELF_RECOVERED: the same, after DOWN or LOST
 * @KNELL_SELF_STANDBY: healthy, serves nothing
 * @KNELL_SELF_ACTIVE: healthy, serves
 * @KNELL_SELF_LETTING_GO: DOWN or LOST; the helper has not let go yet
 * @KNELL_SELF_OUT: let go, or left; a higher epoch joins again
 */
enum knell_self {
	KNELL_SELF_NONE,
	KNELL_SELF_JOINING,
	KNELL_SELF_RECOVERED,
	KNELL_SELF_STANDBY,
	KNELL_SELF_ACTIVE,
	KNELL_SELF_LETTING_GO,
	KNELL_SELF_OUT,
	KNELL_SELF_COUNT
};

/**
 * enum knell_self_event - what happens to the own node
 * @KNELL_EV_JOIN: a cluster with a higher epoch was installed
 * @KNELL_EV_JOIN_AGAIN: the same, and the last known status was DOWN or LOST
 * @KNELL_EV_WAS_DOWN: others remember the epoch before as DOWN or LOST
 * @KNELL_EV_PASSED: the helper says the tests passed
 * @KNELL_EV_SERVE: it serves at least one application, or storage
 * @KNELL_EV_IDLE: it serves nothing any more
 * @KNELL_EV_FAIL: health's verdict, or the helper's word: DOWN
 * @KNELL_EV_TOLD: others say this epoch is LOST or DOWN
 * @KNELL_EV_LEAVE: leaves in good order
 * @KNELL_EV_RELEASED: the helper has let go of everything
 */
enum knell_self_event {
	KNELL_EV_JOIN,
	KNELL_EV_JOIN_AGAIN,
	KNELL_EV_WAS_DOWN,
	KNELL_EV_PASSED,
	KNELL_EV_SERVE,
	KNELL_EV_IDLE,
	KNELL_EV_FAIL,
	KNELL_EV_TOLD,
	KNELL_EV_LEAVE,
	KNELL_EV_RELEASED,
	KNELL_EV_COUNT
};

/* Effects of an event, a mask; carried out after the commit. */
#define KNELL_DO_ANNOUNCE	0x01	/* write the own record with the new status */
#define KNELL_DO_HARMLESS	0x02	/* make the node harmless as on_down says */
#define KNELL_DO_LET_GO		0x04	/* the helper lets go, within the release deadline */
#define KNELL_DO_DISARM		0x08	/* health and last gasp have nothing to say any more */

/**
 * struct knell_self_next - the answer
 * @valid: false: the event makes no sense now, nothing changes
 * @state: &enum knell_self after it
 * @status: &enum knell_status to announce, if @effects say so
 * @effects: mask KNELL_DO_*
 */
struct knell_self_next {
	bool valid;
	u8 state;
	u8 status;
	u8 effects;
};

/**
 * knell_self_next() - next(state, event)
 * @state: &enum knell_self
 * @event: &enum knell_self_event
 */
struct knell_self_next knell_self_next(u8 state, u8 event);

/* Does the node take part: may it claim, grant, announce others LOST? */
bool knell_self_in(u8 state);

/* Names for people, in the spelling used everywhere; never NULL. */
const char *knell_status_name(u8 status);
const char *knell_reason_name(u8 reason);
const char *knell_app_state_name(u8 state);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_MEMBERSHIP_STATUS_H */
