// SPDX-License-Identifier: GPL-2.0
/*
 * The receiver of an initiator link: verify, HELLO, RECEIVE after RECEIVE; see
 * initiator_link.h.
 */
#include <linux/kthread.h>
#include <scsi/scsi.h>
#include <scsi/scsi_device.h>

#include "fabric/cdb.h"
#include "fabric/initiator_link.h"
#include "timeouts.h"

#define RECEIVE_TIMEOUT		(KNELL_PARK_S * HZ)
/* While the session is being recovered: how soon its return is seen. */
#define PAUSE_BLOCKED		msecs_to_jiffies(KNELL_GUARD_MS)
/* A queue that stays frozen, or error handling that goes on, for longer takes the link down. */
#define GIVE_WAY_MAX		msecs_to_jiffies(KNELL_GIVE_WAY_MS)

#define INQUIRY_LEN		36

static const char *const why[] = {
	[KNELL_SLOT_GOOD] = "started over",
	[KNELL_SLOT_CANCELLED] = "interrupted",
	[KNELL_SLOT_RETRY] = "device busy",
	[KNELL_SLOT_START_OVER] = "the other side starts over",
	[KNELL_SLOT_NOT_READY] = "the other side has not joined a cluster yet",
	[KNELL_SLOT_DENIED] = "the other side's cluster file does not name this initiator",
	[KNELL_SLOT_REFUSED] = "refused; compare the cluster files of both nodes",
	[KNELL_SLOT_GONE] = "session or device failed",
};

static bool receiver_gives_way(void *arg)
{
	struct knell_initiator *initiator = arg;

	return kthread_should_stop() || READ_ONCE(knell_initiator_suspending) ||
	       READ_ONCE(initiator->start_over);
}

/* The switch takes other ways from now on; what was begun may still be in the queue. */
static void say_down(struct knell_initiator *initiator, enum knell_slot_result result)
{
	spin_lock_irq(&initiator->lock);
	initiator->up = false;
	initiator->round++;
	spin_unlock_irq(&initiator->lock);
	wake_up_all(&initiator->wait);
	if (!initiator->told)
		return;
	initiator->told = false;
	pr_info("knell: %s: link is down: %s\n", initiator->link.name, why[result]);
	if (knell_initiator_upper && !initiator->stranger)
		knell_initiator_upper->session_down(initiator->sdev);
	knell_link_down(&initiator->link);
}

/*
 * A RECEIVE that was queued just before its session failed ends only when the
 * session is given up, which may be minutes later: the link does not wait for it.
 */
static bool parked_gives_way(void *arg)
{
	struct knell_initiator *initiator = arg;

	if (initiator->told &&
	    READ_ONCE(initiator->sdev->sdev_state) != SDEV_RUNNING)
		say_down(initiator, KNELL_SLOT_GONE);
	return receiver_gives_way(arg);
}

/* Is this still a mailbox? Nothing is sent to a LUN before this says so. */
static enum knell_slot_result verify(struct knell_initiator *initiator)
{
	static const u8 cdb[] = { INQUIRY, 0, 0, 0, INQUIRY_LEN, 0 };
	struct knell_slot *slot = &initiator->in;
	enum knell_slot_result result;

	result = knell_slot_run(slot, cdb, sizeof(cdb), false, INQUIRY_LEN,
				KNELL_COMMAND_TIMEOUT, receiver_gives_way, initiator);
	if (result != KNELL_SLOT_GOOD)
		return result;
	if (slot->len < INQUIRY_LEN || slot->buf[0] != TYPE_PROCESSOR ||
	    memcmp(slot->buf + 8, KNELL_INQUIRY_VENDOR,
		   strlen(KNELL_INQUIRY_VENDOR)) ||
	    memcmp(slot->buf + 16, KNELL_INQUIRY_PRODUCT,
		   strlen(KNELL_INQUIRY_PRODUCT)))
		return KNELL_SLOT_GONE;
	return KNELL_SLOT_GOOD;
}

/* Who says HELLO; nobody in particular if this node is in no cluster. */
static bool identify(struct knell_identity *id)
{
	if (knell_identity_get(id))
		return true;
	memset(id, 0, sizeof(*id));
	return knell_strangers_welcome();
}

static enum knell_slot_result say_hello(struct knell_initiator *initiator)
{
	u8 frame[KNELL_HELLO_LEN];
	struct knell_identity id;
	struct knell_hello hello;

	if (!identify(&id))
		return KNELL_SLOT_CANCELLED;
	hello.node = id.self;
	hello.role = id.role;
	hello.epoch = id.epoch;
	spin_lock_irq(&initiator->lock);
	knell_hop_introduce(&initiator->hop, &hello);
	spin_unlock_irq(&initiator->lock);
	knell_hop_hello_encode(frame, id.cluster, &hello);
	return knell_initiator_send_frame(initiator, &initiator->in, receiver_gives_way, 0,
			  frame, sizeof(frame));
}

/* The other side's HELLO: the link is up. */
static enum knell_slot_result take_hello(struct knell_initiator *initiator,
					 const struct knell_hop_view *view)
{
	struct knell_hop_item item;
	struct knell_identity id;
	struct knell_hello hello;
	bool restarted;
	u32 cluster;
	int ret;

	if (!identify(&id))
		return KNELL_SLOT_CANCELLED;
	if (knell_hop_hello_decode(view->data, view->len, &cluster, &hello) ||
	    hello.incarnation != view->incarnation ||
	    cluster != id.cluster || (cluster && hello.node == id.self))
		return KNELL_SLOT_REFUSED;

	spin_lock_irq(&initiator->lock);
	ret = knell_hop_greet(&initiator->hop, &hello, &restarted, &item);
	if (ret < 0) {
		spin_unlock_irq(&initiator->lock);
		return KNELL_SLOT_REFUSED;
	}
	if (ret > 0)
		knell_put_item(&item);
	/* What was meant for members is not for a stranger, nor the other way round. */
	while ((restarted || initiator->stranger == !!cluster) &&
	       knell_hop_flush(&initiator->hop, &item))
		knell_put_item(&item);
	initiator->up = true;
	initiator->stats.restarts++;
	spin_unlock_irq(&initiator->lock);

	initiator->told = true;
	initiator->quiet = false;
	initiator->stranger = !cluster;
	if (initiator->stranger) {
		pr_info("knell: %s: link without a cluster is up\n", initiator->link.name);
		knell_link_stranger(&initiator->link);
		wake_up_all(&initiator->wait);
		return KNELL_SLOT_GOOD;
	}
	pr_info("knell: %s: link to node %u is up\n", initiator->link.name, hello.node);
	if (knell_initiator_upper)
		knell_initiator_upper->session_up(initiator->sdev);
	knell_link_up(&initiator->link, hello.node, hello.role, hello.epoch);
	wake_up_all(&initiator->wait);
	return KNELL_SLOT_GOOD;
}

/* What a RECEIVE brought. */
static enum knell_slot_result take_mail(struct knell_initiator *initiator)
{
	struct knell_slot *slot = &initiator->in;
	enum knell_hop_news news = KNELL_HOP_NEW;
	struct knell_hop_view view;
	bool bad;

	/* Superseded by a younger RECEIVE, of which this driver has none: ask again. */
	if (!slot->len && initiator->told)
		return KNELL_SLOT_GOOD;
	bad = knell_hop_open(slot->buf, slot->len, &view);
	if (!bad && !view.seq && knell_hop_kind(&view) == KNELL_FRAME_HELLO)
		return initiator->told ? KNELL_SLOT_START_OVER : take_hello(initiator, &view);

	spin_lock_irq(&initiator->lock);
	bad |= !initiator->told;
	if (!bad && view.seq)
		news = knell_hop_receive(&initiator->hop, view.incarnation, view.seq);
	if (bad || news == KNELL_HOP_GAP)
		initiator->stats.rx_dropped++;
	else if (news == KNELL_HOP_DUPLICATE)
		initiator->stats.rx_duplicate++;
	else
		initiator->stats.rx_frames++;
	spin_unlock_irq(&initiator->lock);

	if (bad || news == KNELL_HOP_GAP)
		return KNELL_SLOT_START_OVER;
	if (news == KNELL_HOP_NEW)
		knell_link_rx(&initiator->link, view.data, view.len);
	return KNELL_SLOT_GOOD;
}

/*
 * Somebody needed the queue or the host, or the device was busy: wait until it
 * is ours again. A session that failed is not waited for, the link is down then.
 */
static bool regain(struct knell_initiator *initiator)
{
	unsigned long limit = jiffies + GIVE_WAY_MAX;

	while (!receiver_gives_way(initiator) && time_before(jiffies, limit) &&
	       READ_ONCE(initiator->sdev->sdev_state) == SDEV_RUNNING) {
		wait_event_idle_timeout(initiator->wait, receiver_gives_way(initiator),
					KNELL_PAUSE_MIN);
		if (knell_slot_clear(&initiator->in))
			return true;
	}
	return false;
}

/* RECEIVE after RECEIVE, until something goes wrong. */
static enum knell_slot_result converse(struct knell_initiator *initiator)
{
	struct knell_cdb cdb = {
		.opcode = KNELL_OP_RECEIVE, .length = KNELL_HOP_MAX,
	};
	enum knell_slot_result result;
	u8 raw[KNELL_CDB_LEN];

	do {
		spin_lock_irq(&initiator->lock);
		cdb.seq = initiator->hop.rx_last;
		initiator->stats.parked = 1;
		spin_unlock_irq(&initiator->lock);
		knell_cdb_build(raw, &cdb);
		result = knell_slot_run(&initiator->in, raw, sizeof(raw), false,
					KNELL_HOP_MAX,
					initiator->told ? RECEIVE_TIMEOUT : KNELL_COMMAND_TIMEOUT,
					parked_gives_way, initiator);
		spin_lock_irq(&initiator->lock);
		initiator->stats.parked = 0;
		spin_unlock_irq(&initiator->lock);

		if (result == KNELL_SLOT_GOOD)
			result = take_mail(initiator);
		else if ((result == KNELL_SLOT_CANCELLED || result == KNELL_SLOT_RETRY) &&
			 initiator->told && regain(initiator))
			result = KNELL_SLOT_GOOD;
	} while (result == KNELL_SLOT_GOOD && !receiver_gives_way(initiator));
	return result;
}

static void take_down(struct knell_initiator *initiator, enum knell_slot_result result)
{
	bool told = initiator->told;

	say_down(initiator, result);
	/* The switch does not wait for this: a SEND of a failed session may take minutes. */
	knell_slot_cancel(&initiator->out);
	wait_event_idle(initiator->wait, !READ_ONCE(initiator->busy));
	if (told)
		return;
	if (!initiator->quiet && result != KNELL_SLOT_CANCELLED)
		pr_info("knell: %s: no link: %s; trying again\n",
			initiator->link.name, why[result]);
	initiator->quiet |= result != KNELL_SLOT_CANCELLED;
}

/* Nothing is sent while this node has nothing to say to anybody or is going to sleep. */
static bool may_talk(void)
{
	struct knell_identity id;

	return !READ_ONCE(knell_initiator_suspending) && identify(&id);
}

int knell_receiver_thread(void *arg)
{
	struct knell_initiator *initiator = arg;
	unsigned long pause = KNELL_PAUSE_MIN;
	enum knell_slot_result result;

	while (!kthread_should_stop()) {
		wait_event_idle(initiator->wait, may_talk() || kthread_should_stop());
		WRITE_ONCE(initiator->start_over, false);
		result = verify(initiator);
		if (result == KNELL_SLOT_GOOD)
			result = say_hello(initiator);
		if (result == KNELL_SLOT_GOOD)
			result = converse(initiator);
		if (initiator->told)
			pause = KNELL_PAUSE_MIN;
		take_down(initiator, result);
		if (READ_ONCE(initiator->sdev->sdev_state) != SDEV_RUNNING)
			pause = PAUSE_BLOCKED;
		wait_event_idle_timeout(initiator->wait, receiver_gives_way(initiator), pause);
		pause = min_t(unsigned long, pause * 2, KNELL_PAUSE_MAX);
	}
	return 0;
}
