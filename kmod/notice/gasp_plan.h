/* SPDX-License-Identifier: GPL-2.0 */
/* Everything a dying kernel will say, to whom and how: prebuilt and immutable. */
#ifndef KNELL_NOTICE_GASP_PLAN_H
#define KNELL_NOTICE_GASP_PLAN_H

#include <linux/types.h>
#include <linux/knell_wire.h>

#include "cert.h"
#include "inject.h"
#include "lastgasp.h"
#include "netpoll_tx.h"

struct list_head;
struct net_device;
struct neighbour;

/* More routers than this are reached by certificate only. */
#define KNELL_GASP_SESSIONS	8

/**
 * struct knell_gasp_plan - published by RCU, freed after a grace period
 * @certs: signed certificates, by cause of death
 * @why: why a way is missing, for people; empty = none is
 * @n_inject: used entries of @inject
 * @inject: first way, inside the live iSCSI connections
 * @n_shots: entries of @shots
 * @shots: second way, certificates
 *
 * Entries without a frame are kept: news of their next hop may complete them.
 */
struct knell_gasp_plan {
	struct knell_wire_cert certs[KNELL_CERT_REASONS];
	char why[KNELL_GASP_WHY];
	unsigned int n_inject;
	struct knell_inject inject[KNELL_GASP_SESSIONS];
	unsigned int n_shots;
	struct knell_cert_shot shots[];
};

struct knell_gasp_plan *knell_gasp_plan_alloc(const struct knell_wire_cert *certs,
					      unsigned int n_targets);
void knell_gasp_plan_free(struct knell_gasp_plan *plan);
void knell_gasp_plan_add_sessions(struct knell_gasp_plan *plan, struct list_head *nexuses,
				  const struct knell_inject_self *self);
void knell_gasp_plan_add_targets(struct knell_gasp_plan *plan,
				 const struct knell_gasp_target *targets, unsigned int n_targets);
void knell_gasp_plan_drop(struct knell_gasp_plan *plan, const struct net_device *dev);
bool knell_gasp_plan_changed(const struct knell_gasp_plan *plan, const struct neighbour *neigh);
struct knell_gasp_sent knell_gasp_plan_ready(const struct knell_gasp_plan *plan);

unsigned int knell_gasp_plan_steps(const struct knell_gasp_plan *plan);
void knell_gasp_plan_fire(struct knell_gasp_plan *plan, unsigned int step,
			  enum knell_reason reason, struct knell_gasp_budget *budget,
			  struct knell_gasp_sent *sent);

#endif /* KNELL_NOTICE_GASP_PLAN_H */
