// SPDX-License-Identifier: GPL-2.0
/*
 * The sender of an initiator link: one frame at a time, until it is accepted;
 * see initiator_link.h.
 */
#include <linux/kthread.h>

#include "fabric/cdb.h"
#include "fabric/initiator_link.h"
#include "fault/fault.h"

#define SEND_RETRIES		20

enum knell_slot_result knell_initiator_send_frame(struct knell_initiator *initiator,
						  struct knell_slot *slot,
						  bool (*give_way)(void *arg), u32 seq,
						  const void *frame, size_t len)
{
	struct knell_cdb cdb = {
		.opcode = KNELL_OP_SEND,
		.unsequenced = !seq,
		.seq = seq,
		.length = sizeof(struct knell_hop_hdr) + len,
	};
	u8 raw[KNELL_CDB_LEN];

	knell_cdb_build(raw, &cdb);
	knell_hop_seal((struct knell_hop_hdr *)slot->buf, seq,
		       initiator->hop.incarnation, frame, len);
	memcpy(slot->buf + sizeof(struct knell_hop_hdr), frame, len);
	return knell_slot_run(slot, raw, sizeof(raw), true, cdb.length,
			      KNELL_COMMAND_TIMEOUT, give_way, initiator);
}

static bool sender_gives_way(void *arg)
{
	struct knell_initiator *initiator = arg;

	return kthread_should_stop() || READ_ONCE(knell_initiator_suspending) ||
	       !READ_ONCE(initiator->up);
}

/* Take the next frame in hand. */
static bool sender_take(struct knell_initiator *initiator, struct knell_hop_item *item,
			u32 *seq, unsigned int *round)
{
	const struct knell_hop_item *next = NULL;

	spin_lock_irq(&initiator->lock);
	if (initiator->up)
		next = knell_hop_next(&initiator->hop, seq);
	if (next) {
		*item = *next;
		knell_frame_get(item->cookie);
		initiator->busy = true;
		*round = initiator->round;
	}
	spin_unlock_irq(&initiator->lock);
	return next;
}

static void sender_finish(struct knell_initiator *initiator, struct knell_hop_item *item,
			  u32 seq, bool good)
{
	struct knell_hop_item done;
	bool finished = false;

	spin_lock_irq(&initiator->lock);
	if (good) {
		finished = knell_hop_ack(&initiator->hop, seq, &done);
		initiator->stats.tx_frames++;
	}
	initiator->busy = false;
	spin_unlock_irq(&initiator->lock);
	if (finished)
		knell_put_item(&done);
	knell_put_item(item);
	wake_up_all(&initiator->wait);
}

static bool sender_wanted(struct knell_initiator *initiator)
{
	bool wanted;

	spin_lock_irq(&initiator->lock);
	wanted = initiator->up && knell_hop_queued(&initiator->hop);
	spin_unlock_irq(&initiator->lock);
	return wanted;
}

static enum knell_slot_result sender_send(struct knell_initiator *initiator,
					  const struct knell_hop_item *item, u32 seq)
{
	enum knell_slot_result result;

	knell_fault_delay(KNELL_FAULT_SEND);
	if (knell_fault(KNELL_FAULT_SEND, KNELL_FAULT_DROP))
		return KNELL_SLOT_CANCELLED;
	result = knell_initiator_send_frame(initiator, &initiator->out, sender_gives_way, seq,
					    item->data, item->len);
	if (result == KNELL_SLOT_GOOD && knell_fault(KNELL_FAULT_SEND, KNELL_FAULT_DOUBLE))
		result = knell_initiator_send_frame(initiator, &initiator->out,
						    sender_gives_way, seq, item->data, item->len);
	if (result == KNELL_SLOT_GOOD && knell_fault(KNELL_FAULT_ACK, KNELL_FAULT_DROP))
		result = KNELL_SLOT_RETRY;
	return result;
}

int knell_sender_thread(void *arg)
{
	struct knell_initiator *initiator = arg;
	enum knell_slot_result result;
	struct knell_hop_item item;
	unsigned int tries, round;
	u32 seq;

	while (!kthread_should_stop()) {
		wait_event_idle(initiator->wait,
				sender_wanted(initiator) || kthread_should_stop());
		if (!sender_take(initiator, &item, &seq, &round))
			continue;
		for (tries = 0; tries < SEND_RETRIES; tries++) {
			result = sender_send(initiator, &item, seq);
			if ((result != KNELL_SLOT_RETRY && result != KNELL_SLOT_CANCELLED) ||
			    sender_gives_way(initiator))
				break;
			wait_event_idle_timeout(initiator->wait,
						sender_gives_way(initiator), KNELL_PAUSE_MIN);
		}
		sender_finish(initiator, &item, seq, result == KNELL_SLOT_GOOD);
		/* The link may be down and up again before this thread runs: count, do not look. */
		if (result != KNELL_SLOT_GOOD && READ_ONCE(initiator->round) == round) {
			knell_initiator_start_over(initiator);
			wait_event_idle(initiator->wait, READ_ONCE(initiator->round) != round ||
					kthread_should_stop());
		}
	}
	return 0;
}
