/* SPDX-License-Identifier: GPL-2.0 */
/*
 * I_T nexus of an initiator with a mailbox LUN: a session on one side, a link
 * of the fabric on the other.
 *
 * Context and locking: process context. A nexus has two locks, taken in this
 * order: @rx, a mutex, for everything that may call into the switch; @lock, a
 * spin lock, for the mailbox. The switch calls ops->send() with its own mutex
 * held, which takes only @lock. The list of nexuses has the target's mutex,
 * which comes before both.
 */
#ifndef KNELL_TARGET_NEXUS_H
#define KNELL_TARGET_NEXUS_H

#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <target/target_core_base.h>

#include "fabric/link.h"
#include "target/mailbox.h"

/**
 * struct knell_target - a mailbox LUN
 * @dev: the device as the target core sees it
 * @lock: protects @nexuses and @ports
 * @nexuses: of struct knell_nexus
 * @ports: the same by initiator port: each command looks for its own among hundreds
 * @watch: looks after parked commands and sessions while there are any
 */
struct knell_target {
	struct se_device dev;
	struct mutex lock;
	struct list_head nexuses;
	DECLARE_HASHTABLE(ports, 8);
	struct delayed_work watch;
};

/**
 * struct knell_nexus - one initiator port and its mailbox
 * @entry: in the target's list
 * @port: among the target's initiator ports while commands may find it
 * @ref: one for the list, one for every user outside the target's mutex
 * @target: the LUN
 * @link: in the switch from creation to destruction; its name is the initiator's
 * @isid: the initiator's session identifier; with the name it identifies the port
 * @lun: where the LUN is mapped: two mappings are two links; compared, never followed
 * @rx: serialises SENDs and changes of the session; protects @up, @stranger and @buf
 * @up: the switch was told that the link is up
 * @stranger: the initiator's last HELLO was of no cluster
 * @buf: data of the SEND being looked at
 * @lock: protects everything below
 * @session: of the last HELLO; compared, never followed
 * @patience_ms: silence after which the target gives up the session, 0 if not known
 * @active: jiffies of the last command, and of the last answer to one
 * @idle_since: jiffies at which the last RECEIVE was completed
 * @mailbox: queues and sequences
 * @stats: counters
 */
struct knell_nexus {
	struct list_head entry;
	struct hlist_node port;
	struct kref ref;
	struct knell_target *target;
	struct knell_link link;
	u64 isid;
	const struct se_lun *lun;

	struct mutex rx;
	bool up;
	bool stranger;
	u8 buf[KNELL_HOP_MAX];

	spinlock_t lock;
	const struct se_session *session;
	u32 patience_ms;
	unsigned long active;
	unsigned long idle_since;
	struct knell_mailbox mailbox;
	struct knell_link_info stats;
};

/**
 * knell_nexus_get() - the nexus a command came over, created if need be
 *
 * The caller puts it. Return: ERR_PTR() if there is no memory or the module is
 * going away.
 */
struct knell_nexus *knell_nexus_get(struct knell_target *target, const struct se_cmd *cmd);
/* The same, but NULL if there is none. */
struct knell_nexus *knell_nexus_find(struct knell_target *target, const struct se_cmd *cmd);
/* Take the nexus of a parked command; the caller puts it. NULL if @cmd is not parked. */
struct knell_nexus *knell_nexus_of_parked(struct knell_target *target,
					  const struct se_cmd *cmd);
void knell_nexus_put(struct knell_nexus *nexus);

/* Complete @cmd as aborted if it is still parked. */
void knell_nexus_unpark(struct knell_nexus *nexus, struct se_cmd *cmd);

/* The session is gone: the link goes down; queued frames wait for the next one. */
void knell_nexus_down(struct knell_nexus *nexus, const struct se_session *session);

/* Tell the switch, if it was told otherwise; @nexus->rx held. */
void knell_nexus_mark_down(struct knell_nexus *nexus);

/* The frame of a queue item is not needed any more. */
static inline void knell_nexus_put_item(struct knell_hop_item *item)
{
	knell_frame_put(item->cookie);
}

/* The last LUN of the target is gone: no command runs or will run. */
void knell_nexus_destroy_all(struct knell_target *target);

#endif /* KNELL_TARGET_NEXUS_H */
