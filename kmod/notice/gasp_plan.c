// SPDX-License-Identifier: GPL-2.0
/*
 * Builds the set of prebuilt frames, and fires them one by one.
 *
 * Two rounds over all frames: first politely, then whatever did not leave by
 * force; so a driver that hangs when forced costs none of the others. Within a
 * round the live iSCSI connections come before the certificates, and a round's
 * waiting for devices is bounded, so that hundreds of receivers behind a dead
 * one do not hold up dying.
 *
 * Context and locking: RTNL protects building, dropping and freeing. Readers
 * are dying CPUs and the neighbour notifier, under RCU.
 * knell_gasp_plan_fire() in any context, NMI included: no allocation, no
 * sleeping, no lock that is not merely tried.
 */
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "fault/fault.h"
#include "gasp_plan.h"
#include "lastgasp.h"
#include "netpoll_tx.h"
#include "nexus.h"
#include "timeouts.h"

#define KNELL_GASP_ROUNDS	2
#define KNELL_GASP_ROUND_PAUSES \
	(KNELL_GASP_BUDGET_MS * 1000 / KNELL_GASP_ROUNDS / KNELL_TX_PAUSE_US)

/**
 * knell_gasp_plan_alloc() - an empty plan
 * @certs: signed certificates by cause of death; copied
 * @n_targets: room for so many certificates
 *
 * Context: process, may sleep.
 */
struct knell_gasp_plan *knell_gasp_plan_alloc(const struct knell_wire_cert *certs,
					      unsigned int n_targets)
{
	struct knell_gasp_plan *plan;

	if (knell_fault(KNELL_FAULT_PLAN, KNELL_FAULT_FAIL))
		return NULL;
	plan = kvzalloc(struct_size(plan, shots, n_targets), GFP_KERNEL);
	if (plan)
		memcpy(plan->certs, certs, sizeof(plan->certs));
	return plan;
}

/**
 * knell_gasp_plan_free() - give everything back
 * @plan: or NULL
 *
 * Context: process, RTNL held; a grace period has passed since @plan was unpublished.
 */
void knell_gasp_plan_free(struct knell_gasp_plan *plan)
{
	unsigned int i;

	ASSERT_RTNL();
	if (!plan)
		return;
	for (i = 0; i < plan->n_inject; i++)
		knell_inject_release(&plan->inject[i]);
	for (i = 0; i < plan->n_shots; i++)
		knell_cert_release(&plan->shots[i]);
	kvfree_sensitive(plan, sizeof(*plan));
}

/* The first way that is missing is told to people. */
static void knell_gasp_plan_note(struct knell_gasp_plan *plan, const struct knell_path *path,
				 int err)
{
	const char *by = path->ifname[0] ? " by " : "";

	if (plan->why[0])
		return;
	if (path->family == AF_INET6)
		scnprintf(plan->why, sizeof(plan->why), "no way to %pI6c%s%s (error %d)",
			  path->dst, by, path->ifname, err);
	else
		scnprintf(plan->why, sizeof(plan->why), "no way to %pI4%s%s (error %d)",
			  path->dst, by, path->ifname, err);
}

/**
 * knell_gasp_plan_add_sessions() - prepare the first way
 * @plan: not published yet
 * @nexuses: list of struct knell_nexus
 * @self: what the notice says
 *
 * A session that cannot be prepared is left out.
 *
 * Context: process, RTNL held.
 */
void knell_gasp_plan_add_sessions(struct knell_gasp_plan *plan, struct list_head *nexuses,
				  const struct knell_inject_self *self)
{
	struct knell_nexus *nexus;

	list_for_each_entry(nexus, nexuses, node) {
		struct knell_inject *inject = &plan->inject[plan->n_inject];
		int err;

		if (plan->n_inject == KNELL_GASP_SESSIONS)
			return;
		err = knell_inject_prepare(inject, nexus, self);
		if (err && err != -EAGAIN) {
			knell_gasp_plan_note(plan, &inject->path, err);
			knell_inject_release(inject);
		} else {
			plan->n_inject++;
		}
	}
}

/* Return: 0, or why there is no way; then the next shot is free again, its path says where to. */
static int knell_gasp_plan_add_target(struct knell_gasp_plan *plan,
				      const struct knell_gasp_target *target)
{
	struct knell_cert_shot *shot = &plan->shots[plan->n_shots];
	int err = knell_cert_prepare(shot, target);

	if (err && err != -EAGAIN) {
		knell_cert_release(shot);
		return err;
	}
	plan->n_shots++;
	return 0;
}

static bool knell_gasp_plan_reaches(const struct knell_gasp_plan *plan, u16 node)
{
	unsigned int i;

	for (i = 0; i < plan->n_shots; i++)
		if (plan->shots[i].node == node)
			return true;
	return false;
}

/**
 * knell_gasp_plan_add_targets() - prepare the second way
 * @plan: not published yet
 * @targets: addresses of receivers
 * @n_targets: at most as many as given to knell_gasp_plan_alloc()
 *
 * An address without a way is left out. That is told to people only if the
 * receiver has no other: of a router each server may reach one address.
 *
 * Context: process, RTNL held.
 */
void knell_gasp_plan_add_targets(struct knell_gasp_plan *plan,
				 const struct knell_gasp_target *targets, unsigned int n_targets)
{
	unsigned int i, left_out = 0;
	int err;

	for (i = 0; i < n_targets; i++)
		left_out += !!knell_gasp_plan_add_target(plan, &targets[i]);
	for (i = 0; left_out && !plan->why[0] && i < n_targets; i++) {
		if (knell_gasp_plan_reaches(plan, targets[i].node))
			continue;
		err = knell_gasp_plan_add_target(plan, &targets[i]);
		if (err)
			knell_gasp_plan_note(plan, &plan->shots[plan->n_shots].path, err);
	}
}

static struct knell_path *knell_gasp_plan_path(struct knell_gasp_plan *plan, unsigned int i)
{
	return i < plan->n_inject ? &plan->inject[i].path :
				    &plan->shots[i - plan->n_inject].path;
}

/**
 * knell_gasp_plan_drop() - a device goes away: forget the ways over it
 * @plan: published, or NULL
 * @dev: the device
 *
 * Context: process, RTNL held; waits for a grace period if @dev is used.
 */
void knell_gasp_plan_drop(struct knell_gasp_plan *plan, const struct net_device *dev)
{
	unsigned int i;

	ASSERT_RTNL();
	if (!plan)
		return;
	for (i = 0; i < plan->n_inject + plan->n_shots; i++) {
		struct knell_path *path = knell_gasp_plan_path(plan, i);
		struct knell_tx *tx = path->tx;

		if (!tx || knell_tx_dev(tx) != dev)
			continue;
		WRITE_ONCE(path->tx, NULL);
		synchronize_net();
		knell_tx_put(tx);
	}
}

/**
 * knell_gasp_plan_changed() - does news of a neighbour concern any frame?
 * @plan: published
 * @neigh: what the news is about
 *
 * Context: any; RCU read side.
 */
bool knell_gasp_plan_changed(const struct knell_gasp_plan *plan, const struct neighbour *neigh)
{
	unsigned int i;

	for (i = 0; i < plan->n_inject; i++)
		if (knell_path_changed(&plan->inject[i].path, neigh))
			return true;
	for (i = 0; i < plan->n_shots; i++)
		if (knell_path_changed(&plan->shots[i].path, neigh))
			return true;
	return false;
}

/**
 * knell_gasp_plan_ready() - how many frames are complete
 * @plan: published
 *
 * Context: any; RCU read side.
 */
struct knell_gasp_sent knell_gasp_plan_ready(const struct knell_gasp_plan *plan)
{
	struct knell_gasp_sent ready = {};
	unsigned int i;

	for (i = 0; i < plan->n_inject; i++)
		ready.sessions += !!READ_ONCE(plan->inject[i].skb);
	for (i = 0; i < plan->n_shots; i++)
		ready.certs += !!READ_ONCE(plan->shots[i].skb);
	return ready;
}

/**
 * knell_gasp_plan_steps() - how often knell_gasp_plan_fire() is to be called
 * @plan: published
 *
 * Context: any, NMI included.
 */
unsigned int knell_gasp_plan_steps(const struct knell_gasp_plan *plan)
{
	return KNELL_GASP_ROUNDS * (plan->n_inject + plan->n_shots);
}

static bool knell_gasp_plan_send(struct knell_path *path, struct sk_buff **skb,
				 enum knell_tx_force force, struct knell_gasp_budget *budget)
{
	struct knell_tx *tx = READ_ONCE(path->tx);

	if (!tx || !knell_tx_fire(tx, *skb, force, budget))
		return false;
	/* The driver's now; nobody else may free or send it again. */
	WRITE_ONCE(*skb, NULL);
	return true;
}

/**
 * knell_gasp_plan_fire() - one step: one frame, if it has not left yet
 * @plan: published
 * @step: 0 to knell_gasp_plan_steps() - 1, in this order
 * @reason: cause of death
 * @budget: kept by the caller from step to step
 * @sent: incremented if the frame left
 *
 * Context: any, NMI included, local interrupts off; dying. Called by one CPU only.
 */
void knell_gasp_plan_fire(struct knell_gasp_plan *plan, unsigned int step,
			  enum knell_reason reason, struct knell_gasp_budget *budget,
			  struct knell_gasp_sent *sent)
{
	unsigned int frames = plan->n_inject + plan->n_shots;
	enum knell_tx_force force = step < frames ? KNELL_TX_POLITE : KNELL_TX_FORCE;
	unsigned int i = step % frames;

	if (!i)
		knell_gasp_budget_begin(budget, KNELL_GASP_ROUND_PAUSES);
	if (i < plan->n_inject) {
		struct knell_inject *inject = &plan->inject[i];

		if (!knell_fault(KNELL_FAULT_GASP, KNELL_FAULT_DROP) &&
		    knell_inject_aim(inject, reason, ktime_get_real_fast_ns()))
			sent->sessions += knell_gasp_plan_send(&inject->path, &inject->skb,
							       force, budget);
	} else {
		struct knell_cert_shot *shot = &plan->shots[i - plan->n_inject];

		if (knell_cert_aim(shot, &plan->certs[reason]))
			sent->certs += knell_gasp_plan_send(&shot->path, &shot->skb, force,
							    budget);
	}
}
