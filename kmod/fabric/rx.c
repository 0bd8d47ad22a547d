// SPDX-License-Identifier: GPL-2.0
/*
 * What comes in: checked, judged by who said it, committed to the table or
 * delivered, and passed on. Whoever is at the other end of a link is not
 * trusted to say anything but what ADR 0001 allows it.
 *
 * Context and locking: process context; takes knell_lock.
 */
#include <linux/export.h>
#include <linux/jiffies.h>

#include "fabric/authority.h"
#include "fabric/dedupe.h"
#include "fabric/switch.h"
#include "membership/counter.h"

unsigned long knell_restoring_until;

static struct knell_window windows[KNELL_NODE_MAX + 1];

void knell_switch_forget(void)
{
	knell_assert_locked();
	memset(windows, 0, sizeof(windows));
}

/*
 * With another description the peer may know nodes and applications that it did not
 * when it was told of them; then it dropped what it was told.
 */
static bool knows_others_now(const struct knell_link *link, const struct knell_node_rec *rec,
			     const struct knell_node_rec *old)
{
	return link->peer == rec->node && rec->epoch == old->epoch &&
	       (rec->generation != old->generation || rec->mib_hash != old->mib_hash);
}

static void apply_node(struct knell_link *link, const struct knell_speaker *by,
		       const struct knell_node_rec *rec)
{
	const struct knell_cluster *cluster = &knell_table.config->cluster;
	struct knell_node *node = knell_node_get(rec->node);

	if (!node) {
		knell_count(rx_unknown_node);
		return;
	}
	switch (knell_may_say_node(by, rec, knell_node_is_router(rec->author), &node->rec)) {
	case KNELL_SAY_NEWER:
		/* Of the own status only its end is anybody else's to tell. */
		if (rec->node == cluster->self && rec->epoch == cluster->epoch &&
		    !knell_status_terminal(rec->status)) {
			knell_count(rx_stale);
			return;
		}
		if (knows_others_now(link, rec, &node->rec))
			knell_switch_resync(link);
		knell_node_commit(node, rec, link);
		return;
	case KNELL_SAY_STALE:
		knell_count(rx_stale);
		if (rec->node == cluster->self && rec->epoch < cluster->epoch &&
		    (rec->status == KNELL_STATUS_DOWN || rec->status == KNELL_STATUS_LOST))
			knell_tell(was_down);
		return;
	case KNELL_SAY_FORGED:
	case KNELL_SAY_OVERRULE:
		knell_count(rx_forged);
		return;
	}
}

static bool other_routers(void)
{
	struct knell_node *node;

	knell_for_each_node(node)
		if (node != knell_self() && node->role != KNELL_ROLE_SERVER)
			return true;
	return false;
}

static void apply_app(struct knell_link *link, const struct knell_speaker *speaker,
		      const struct knell_judge *judge, const struct knell_app_rec *rec)
{
	const struct knell_node *node = knell_node_get(speaker->node);
	struct knell_app *app = knell_app_get(rec->app);
	struct knell_speaker by = *speaker;

	if (!app) {
		knell_count(rx_unknown_app);
		return;
	}
	by.candidate = knell_app_candidate(app, by.node) >= 0;
	if (node && knell_status_up(node->rec.status))
		by.epoch = node->rec.epoch;
	switch (knell_may_say_app(&by, rec, knell_node_is_router(rec->author), &app->rec,
				  knell_node_is_router(app->rec.author), judge)) {
	case KNELL_SAY_NEWER:
		knell_app_commit(app, rec, link);
		return;
	case KNELL_SAY_STALE:
		knell_count(rx_stale);
		return;
	case KNELL_SAY_FORGED:
		knell_count(rx_forged);
		return;
	case KNELL_SAY_OVERRULE:
		knell_count(rx_overruled);
		if (knell_self_is_router())
			knell_tell(overrule, app, rec->version);
		return;
	}
}

/* All records of a frame are good, or none is looked at. */
static void rx_nodes(struct knell_link *link, const struct knell_speaker *by, const void *payload,
		     u16 length)
{
	int i, n = knell_wire_records(length);
	struct knell_node_rec rec;

	for (i = 0; i < n; i++)
		if (knell_wire_get_node(payload, length, i, &rec))
			n = -EBADMSG;
	if (n < 0)
		knell_count(rx_malformed);
	for (i = 0; i < n; i++)
		if (!knell_wire_get_node(payload, length, i, &rec))
			apply_node(link, by, &rec);
}

static void rx_apps(struct knell_link *link, const struct knell_speaker *by, const void *payload,
		    u16 length)
{
	bool router = knell_self_is_router();
	const struct knell_judge judge = {
		.self = knell_table.config->cluster.self,
		.restoring = router && time_before(jiffies, knell_restoring_until),
		.others = router && other_routers(),
	};
	int i, n = knell_wire_records(length);
	struct knell_app_rec rec;

	for (i = 0; i < n; i++)
		if (knell_wire_get_app(payload, length, i, &rec))
			n = -EBADMSG;
	if (n < 0)
		knell_count(rx_malformed);
	for (i = 0; i < n; i++)
		if (!knell_wire_get_app(payload, length, i, &rec))
			apply_app(link, by, &judge, &rec);
}

static int check_payload(const struct knell_frame_info *info, const void *payload)
{
	struct knell_claim claim;
	struct knell_order_info order;
	struct knell_probe probe;

	switch (info->kind) {
	case KNELL_FRAME_CLAIM:
		if (knell_wire_get_claim(payload, info->length, &claim))
			return -EBADMSG;
		return claim.claimant == info->origin && claim.claimant_epoch == info->epoch ?
			0 : -EPERM;
	case KNELL_FRAME_ORDER:
		return knell_wire_get_order(payload, info->length, &order);
	case KNELL_FRAME_PROBE:
	case KNELL_FRAME_PROBE_REPLY:
		return knell_wire_get_probe(payload, info->length, &probe);
	default:
		return info->length ? 0 : -EBADMSG;
	}
}

/* @payload was checked, so that decoding cannot fail any more. */
static void deliver(struct knell_link *link, const struct knell_frame_info *info,
		    const void *payload)
{
	struct knell_claim claim;
	struct knell_order_info order;
	struct knell_probe probe;

	switch (info->kind) {
	case KNELL_FRAME_CLAIM:
		if (!knell_wire_get_claim(payload, info->length, &claim))
			knell_tell(claim, &claim);
		break;
	case KNELL_FRAME_ORDER:
		if (!knell_wire_get_order(payload, info->length, &order))
			knell_tell(order, info->origin, &order);
		break;
	case KNELL_FRAME_PROBE:
		knell_switch_answer(link, info->origin, payload, info->length);
		break;
	case KNELL_FRAME_PROBE_REPLY:
		if (!knell_wire_get_probe(payload, info->length, &probe))
			knell_tell(probe_reply, info->origin, &probe);
		break;
	case KNELL_FRAME_MESSAGE:
		knell_tell(message, info->origin, payload, info->length);
		break;
	}
}

static void relay(struct knell_link *link, const struct knell_frame_info *info,
		  const void *payload)
{
	struct knell_frame_info on = *info;

	if (!info->hops) {
		knell_count(hop_limit);
		return;
	}
	on.hops--;
	if (!knell_switch_forward(&on, payload, link))
		knell_count(relayed);
}

/* Does it go on from here? */
static bool goes_on(const struct knell_frame_info *info)
{
	return info->dest != knell_table.config->cluster.self &&
	       (knell_self_is_router() ||
		(info->dest != KNELL_NODE_ALL &&
		 knell_may_carry(info->kind, knell_node_is_router(info->origin),
				 knell_node_is_router(info->dest))));
}

/* A server brings a router what another router asks or is answered. */
static bool is_carried(const struct knell_speaker *by, const struct knell_frame_info *info)
{
	return !by->router && info->origin != by->node && knell_self_is_router() &&
	       info->dest != KNELL_NODE_ALL &&
	       knell_may_carry(info->kind, knell_node_is_router(info->origin),
			       knell_node_is_router(info->dest));
}

/* Another router asks for a node that this one gives time to: not lost yet. */
static bool vouches(const struct knell_frame_info *info)
{
	struct knell_node *node = knell_node_get(info->dest);

	return info->kind == KNELL_FRAME_PROBE && knell_node_is_router(info->origin) && node &&
	       node->awaited;
}

static void rx_frame(struct knell_link *link, const struct knell_frame_info *info,
		     const void *payload)
{
	struct knell_speaker by = {
		.node = link->peer,
		.router = knell_node_is_router(link->peer),
	};
	u16 self = knell_table.config->cluster.self;
	struct knell_node *origin = knell_node_get(info->origin);
	bool carried = is_carried(&by, info);
	int ret;

	if (!origin) {
		knell_count(rx_unknown_node);
		return;
	}
	if (!by.router && info->origin != by.node && !carried) {
		knell_count(rx_forged);
		return;
	}
	if (info->kind == KNELL_FRAME_NODE) {
		rx_nodes(link, &by, payload, info->length);
		return;
	}
	if (info->kind == KNELL_FRAME_APP) {
		rx_apps(link, &by, payload, info->length);
		return;
	}
	ret = check_payload(info, payload);
	if (ret) {
		if (ret == -EPERM)
			knell_count(rx_forged);
		else
			knell_count(rx_malformed);
		return;
	}
	/* Whoever carries a frame must not be able to shut its origin's window. */
	if (info->origin == self ||
	    (info->seq && !carried &&
	     !knell_window_fresh(&windows[info->origin], info->epoch, info->seq))) {
		knell_count(rx_duplicate);
		return;
	}
	/* Nothing that an epoch wanted counts once it has ended. */
	if (info->epoch < origin->rec.epoch ||
	    (info->epoch == origin->rec.epoch && knell_status_terminal(origin->rec.status))) {
		knell_count(rx_stale);
		return;
	}
	knell_route_learn(info->origin, link);
	if (info->dest == self || info->dest == KNELL_NODE_ALL)
		deliver(link, info, payload);
	if (vouches(info))
		knell_switch_answer(link, info->origin, payload, info->length);
	else if (goes_on(info))
		relay(link, info, payload);
}

/* A stranger's word is for the helper alone, which knows how to tell friend from foe. */
static void rx_stranger(struct knell_link *link, const struct knell_frame_info *info,
			const void *payload)
{
	if (info->cluster || info->kind != KNELL_FRAME_MESSAGE)
		knell_count(rx_forged);
	else if (!info->length)
		knell_count(rx_malformed);
	else
		knell_tell(stranger, link, payload, info->length);
}

void knell_link_rx(struct knell_link *link, const void *data, size_t len)
{
	struct knell_frame_info info;
	bool stranger;

	knell_core_lock();
	knell_count(rx_frames);
	stranger = link->state == KNELL_LINK_STRANGER;
	if (!stranger && (link->state != KNELL_LINK_UP || !knell_table.config)) {
		knell_count(rx_link_not_up);
		goto out;
	}
	switch (knell_wire_get_header(data, len, &info)) {
	case 0:
		break;
	case -EPROTONOSUPPORT:
		knell_count(rx_wrong_version);
		goto out;
	default:
		knell_count(rx_malformed);
		goto out;
	}
	if (stranger)
		rx_stranger(link, &info, (const u8 *)data + KNELL_FRAME_HDR_LEN);
	else if (info.cluster != knell_table.config->cluster.id)
		knell_count(rx_wrong_cluster);
	else if (!knell_wire_kind_known(info.kind) || info.kind == KNELL_FRAME_HELLO)
		knell_count(rx_unknown_kind);
	else
		rx_frame(link, &info, (const u8 *)data + KNELL_FRAME_HDR_LEN);
out:
	knell_core_unlock();
}
EXPORT_SYMBOL_GPL(knell_link_rx);
