/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Takeover: who claims what, what a router grants, who is LOST, and what the
 * helper reports of its plans.
 *
 * Context and locking: process context, knell_lock held, unless a line says
 * otherwise.
 */
#ifndef KNELL_RECOVERY_RECOVERY_H
#define KNELL_RECOVERY_RECOVERY_H

#include "fabric/wire.h"
#include "membership/table.h"
#include "recovery/candidate.h"

/* Take knell_lock. */
int knell_recovery_init(void);
void knell_recovery_exit(void);

/* A cluster was installed; @joined: with a new epoch. */
void knell_recovery_installed(bool joined);

/* Shall the own helper run the plan of this application now? */
bool knell_recovery_granted(const struct knell_app_rec *rec);

/**
 * struct knell_report - what the helper says of an application it holds
 * @state: &enum knell_app_state
 * @reason: &enum knell_reason
 * @prefer: who shall take it, KNELL_NODE_NONE = as the order says
 * @version: of the record the report is based on, 0 = whatever it is
 */
struct knell_report {
	u8 state;
	u8 reason;
	u16 prefer;
	u32 version;
};

/**
 * knell_recovery_report() - take the helper's report
 * @app: the application
 * @report: what it says
 *
 * Return: 0; -EPERM if this node does not hold it in its present epoch;
 * -ESTALE if the record changed; -EINVAL if the state cannot follow.
 */
int knell_recovery_report(struct knell_app *app, const struct knell_report *report);

/* A record the helper had persisted; ignored unless it is newer. */
void knell_recovery_restore(struct knell_app *app, const struct knell_app_rec *rec);

/**
 * knell_recovery_order() - give an order
 * @node: to whom, KNELL_NODE_ALL, or this node
 * @order: checked
 *
 * Return: 0, or as knell_switch_send().
 */
int knell_recovery_order(u16 node, const struct knell_order_info *order);

/* Between the files of this directory. */

/* A node that may act: tested, not told to keep still. */
bool knell_recovery_may_act(void);
bool knell_recovery_in_start_grace(void);
/* The answer of the rule about @app, from this kernel's records. */
struct knell_pick knell_recovery_pick(const struct knell_app *app);
bool knell_recovery_orphaned(const struct knell_app *app);
/* May @node take @app? */
bool knell_recovery_healthy(const struct knell_app *app, u16 node);
/* Write the next version above @rec->version of an application's record as this node. */
void knell_recovery_write(struct knell_app *app, struct knell_app_rec *rec);
/* Look again at @at (jiffies) at the latest. */
void knell_recovery_look_at(unsigned long at);
/* Look again as soon as possible. */
void knell_recovery_look_now(void);

/* grant.c: the router's side. */
void knell_grant_claim(const struct knell_claim *claim);
bool knell_grant(struct knell_app *app, struct knell_node *claimant);
void knell_grant_exhausted(struct knell_app *app);
/* The candidate whose turn it is does not claim: after a while, skip it. */
void knell_grant_watch(struct knell_app *app, const struct knell_pick *pick);
void knell_grant_unwatch(struct knell_app *app);
void knell_grant_reset(u16 app);

/* lost.c: the router's word on silent nodes. */
void knell_lost_installed(bool joined);
void knell_lost_link(struct knell_link *link);
void knell_lost_probe_reply(u16 origin, const struct knell_probe *probe);
void knell_lost_check(void);

/* report.c: what was ordered before this node joined counts no more. */
void knell_report_forget(void);
/* report.c: the planned release an order asked for. */
void knell_report_remember_release(const struct knell_order_info *order);

#endif /* KNELL_RECOVERY_RECOVERY_H */
