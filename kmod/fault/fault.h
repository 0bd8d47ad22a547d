/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults made on purpose along the way of a notice, for tests. Without
 * KNELL_FAULTS=1 at build time nothing of this is compiled: every question is
 * the constant "no".
 */
#ifndef KNELL_FAULT_FAULT_H
#define KNELL_FAULT_FAULT_H

#include <linux/types.h>

/**
 * enum knell_fault_point - where; each is a file in debugfs, see fault.c
 * @KNELL_FAULT_VERDICT: a verdict is to be taken by its worker
 * @KNELL_FAULT_NOTICE: memory for a frame of records
 * @KNELL_FAULT_SEND: a SEND goes out
 * @KNELL_FAULT_ACK: a SEND was accepted
 * @KNELL_FAULT_TARGET: a SEND came in
 * @KNELL_FAULT_RELAY: a frame is queued on a link
 * @KNELL_FAULT_PLAN: memory for the plan of the last gasp
 * @KNELL_FAULT_GASP: a prebuilt PDU leaves in the last gasp
 * @KNELL_FAULT_CERT: a certificate came in
 * @KNELL_FAULT_CLAIM: a claim goes out
 * @KNELL_FAULT_GRANT: a claim is to be judged
 * @KNELL_FAULT_POINTS: how many there are
 */
enum knell_fault_point {
	KNELL_FAULT_VERDICT,
	KNELL_FAULT_NOTICE,
	KNELL_FAULT_SEND,
	KNELL_FAULT_ACK,
	KNELL_FAULT_TARGET,
	KNELL_FAULT_RELAY,
	KNELL_FAULT_PLAN,
	KNELL_FAULT_GASP,
	KNELL_FAULT_CERT,
	KNELL_FAULT_CLAIM,
	KNELL_FAULT_GRANT,
	KNELL_FAULT_POINTS
};

/**
 * enum knell_fault_action - what goes wrong
 * @KNELL_FAULT_OFF: nothing
 * @KNELL_FAULT_DROP: what passes is lost
 * @KNELL_FAULT_DOUBLE: it passes twice
 * @KNELL_FAULT_DAMAGE: it passes with a bit turned over
 * @KNELL_FAULT_FAIL: no memory or no room for it
 * @KNELL_FAULT_DELAY: it passes later
 */
enum knell_fault_action {
	KNELL_FAULT_OFF,
	KNELL_FAULT_DROP,
	KNELL_FAULT_DOUBLE,
	KNELL_FAULT_DAMAGE,
	KNELL_FAULT_FAIL,
	KNELL_FAULT_DELAY
};

#ifdef KNELL_FAULTS
bool knell_fault(enum knell_fault_point point, enum knell_fault_action action);
void knell_fault_delay(enum knell_fault_point point);
void knell_fault_init(void);
void knell_fault_exit(void);
#else
static inline bool knell_fault(enum knell_fault_point point, enum knell_fault_action action)
{
	return false;
}

static inline void knell_fault_delay(enum knell_fault_point point)
{
}

static inline void knell_fault_init(void)
{
}

static inline void knell_fault_exit(void)
{
}
#endif

#endif /* KNELL_FAULT_FAULT_H */
