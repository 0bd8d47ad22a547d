/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this node says about itself, and how it makes itself harmless once it
 * has said DOWN, or was told so.
 */
#ifndef KNELL_NOTICE_NOTICE_H
#define KNELL_NOTICE_NOTICE_H

#include <linux/types.h>
#include <linux/knell_wire.h>

struct knell_check_info;
struct knell_config;

int knell_notice_init(void);
void knell_notice_exit(void);

/**
 * knell_notice_event() - something happened to the own node; knell_lock held
 * @event: &enum knell_self_event
 * @reason: &enum knell_reason, told to everybody if the status changes
 *
 * Return: 0; -EBUSY if the event makes no sense in the present state, which
 * then stays.
 */
int knell_notice_event(u8 event, u8 reason);

/* Say again what is known of the own node if the MIB it holds changed; knell_lock held. */
void knell_notice_refresh(void);

/*
 * A certificate said that @node died in @epoch, or the own health said NO:
 * both take knell_lock. Callbacks of lastgasp and health.
 */
void knell_notice_died(u16 node, u32 epoch, enum knell_reason reason);
void knell_notice_verdict(enum knell_reason reason, const char *detail);

/*
 * No thread runs to take the verdict: say DOWN without threads and restart.
 * Callback of health; hard interrupt context, takes no lock.
 */
void knell_notice_stuck(enum knell_reason reason);

/**
 * knell_notice_arm() - install a cluster and arm what watches and speaks for the node
 * @config: complete and checked; taken over on success
 * @install: makes it the cluster; called with knell_lock held
 *
 * Process context, knell_lock not held. One at a time. What could not be armed
 * is tried again until it works, see knell_notice_watch_error() and _gasp_error().
 *
 * Return: 0, or what @install returned and nothing has changed.
 */
int knell_notice_arm(struct knell_config *config, int (*install)(struct knell_config *config));

/* Stop trying again; at unload. */
void knell_notice_arm_exit(void);

/* Why health does not watch this node, or the last gasp is not armed as a whole; 0 = it is. */
int knell_notice_watch_error(void);
int knell_notice_gasp_error(void);

/* The helper says why this node is not ready to serve, "" = unknown; knell_lock held. */
void knell_notice_not_ready(const char *why);

/**
 * knell_notice_info() - what people are told about the own node, like a check
 * @index: from 0
 * @info: filled
 *
 * Process context, knell_lock not held.
 *
 * Return: 0 or -ENOENT.
 */
int knell_notice_info(unsigned int index, struct knell_check_info *info);

/* Wait until the links have sent everything, but not long: true if so; knell_lock not held. */
bool knell_notice_drain(void);

/* Leave nothing armed unless the node takes part (it may have joined again meanwhile). */
void knell_notice_disarm(void);

#endif /* KNELL_NOTICE_NOTICE_H */
