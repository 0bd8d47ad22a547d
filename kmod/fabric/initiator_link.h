/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One initiator link, between the files that drive it: initiator.c (driver),
 * receiver.c and sender.c (its two threads).
 *
 * The receiver owns the state of the link: it verifies the device (INQUIRY),
 * says HELLO, keeps a RECEIVE parked and hands on what comes. The sender sends
 * what the switch queued while the link is up. Whoever sees something it
 * cannot explain starts the link over: INQUIRY, HELLO, resume after the last
 * frame the other side has. So a LUN that was remapped is not spoken to.
 *
 * Context and locking: process context; @lock is never held over a call into
 * the switch. The sender touches the hop only between taking a frame (sets
 * @busy, needs @up) and clearing @busy; the receiver waits for that after it
 * has cleared @up and before it says HELLO.
 */
#ifndef KNELL_FABRIC_INITIATOR_LINK_H
#define KNELL_FABRIC_INITIATOR_LINK_H

#include <linux/jiffies.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "fabric/hop.h"
#include "fabric/initiator.h"
#include "fabric/link.h"
#include "fabric/slot.h"
#include "timeouts.h"

/* INQUIRY, SEND, and the wait for the other side's HELLO. */
#define KNELL_COMMAND_TIMEOUT	msecs_to_jiffies(KNELL_COMMAND_MS)
/* Pauses between attempts: doubled from the first to the last. */
#define KNELL_PAUSE_MIN		msecs_to_jiffies(KNELL_PAUSE_MIN_MS)
#define KNELL_PAUSE_MAX		msecs_to_jiffies(KNELL_PAUSE_MAX_MS)

/**
 * struct knell_initiator - one mailbox LUN
 * @entry: in the list of all
 * @link: registered with the switch while the driver is bound
 * @sdev: the LUN
 * @receiver: thread
 * @sender: thread
 * @wait: woken when anything below changes
 * @in: commands of the receiver
 * @out: commands of the sender
 * @start_over: somebody wants the link to say HELLO again
 * @told: the switch was told that the link is up; receiver only
 * @stranger: ... to somebody with whom this node shares no cluster; receiver only
 * @quiet: the present failure was logged; receiver only
 * @lock: protects everything below
 * @hop: queues and sequences
 * @up: HELLO was exchanged
 * @busy: the sender has a frame in hand
 * @round: how often the link was taken down: what belongs to an earlier round
 *	needs no further one
 * @stats: counters
 */
struct knell_initiator {
	struct list_head entry;
	struct knell_link link;
	struct scsi_device *sdev;
	struct task_struct *receiver;
	struct task_struct *sender;
	wait_queue_head_t wait;
	struct knell_slot in;
	struct knell_slot out;
	bool start_over;
	bool told;
	bool stranger;
	bool quiet;

	spinlock_t lock;
	struct knell_hop hop;
	bool up;
	bool busy;
	unsigned int round;
	struct knell_link_info stats;
};

/* The system is going to sleep: nothing may be outstanding. */
extern bool knell_initiator_suspending;
/* Who hears of sessions, or NULL. */
extern const struct knell_initiator_ops *knell_initiator_upper;

/* The threads; @arg is a struct knell_initiator. */
int knell_receiver_thread(void *arg);
int knell_sender_thread(void *arg);

/* Make the receiver say HELLO again. */
void knell_initiator_start_over(struct knell_initiator *initiator);

/* Seal a frame (@seq 0 = unsequenced) and SEND it with @slot. */
enum knell_slot_result knell_initiator_send_frame(struct knell_initiator *initiator,
						  struct knell_slot *slot,
						  bool (*give_way)(void *arg), u32 seq,
						  const void *frame, size_t len);

/* The frame of a queue item is not needed any more. */
static inline void knell_put_item(struct knell_hop_item *item)
{
	knell_frame_put(item->cookie);
}

#endif /* KNELL_FABRIC_INITIATOR_LINK_H */
