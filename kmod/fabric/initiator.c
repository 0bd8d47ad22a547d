// SPDX-License-Identifier: GPL-2.0
/*
 * The initiator links: a SCSI upper-level driver for mailbox LUNs.
 *
 * Every LUN has two threads. The receiver owns the state of the link: it
 * verifies the device (INQUIRY), says HELLO, keeps a RECEIVE parked and hands
 * on what comes. The sender sends what the switch queued while the link is up.
 * Whoever sees something it cannot explain starts the link over: INQUIRY,
 * HELLO, resume after the last frame the other side has. So a LUN that was
 * remapped in the meantime is never spoken to.
 *
 * Context and locking: @lock (spin) protects hop, counters, @up and @busy. Frames go
 * to the switch without it. The sender touches the hop only between taking a
 * frame (@busy set, needs @up) and clearing @busy; the receiver waits for that
 * after it has cleared @up and before it says HELLO.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/suspend.h>
#include <linux/wait.h>
#include <scsi/scsi.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_driver.h>

#include "fabric/cdb.h"
#include "fabric/hop.h"
#include "fabric/initiator.h"
#include "fabric/link.h"
#include "fabric/slot.h"

#define RECEIVE_TIMEOUT		(24 * 60 * 60 * HZ)
/* INQUIRY, SEND, and the wait for the other side's HELLO. */
#define COMMAND_TIMEOUT		(5 * HZ)
/* Pauses between attempts: doubled from the first to the last. */
#define PAUSE_MIN		(HZ / 20)
#define PAUSE_MAX		(2 * HZ)
/* While the session is being recovered: how soon its return is seen. */
#define PAUSE_BLOCKED		(HZ / 5)
/* A queue that stays frozen, or error handling that goes on, for longer takes the link down. */
#define GIVE_WAY_MAX		(5 * HZ)
#define SUSPEND_WAIT		(5 * HZ)

#define INQUIRY_LEN		36
#define SEND_RETRIES		20

/**
 * struct knell_initiator - one mailbox LUN
 * @entry: in the list of all, under @all_lock
 * @link: registered with the switch while the driver is bound
 * @sdev: the LUN
 * @receiver: thread
 * @sender: thread
 * @wait: woken when anything below changes
 * @in: commands of the receiver
 * @out: commands of the sender
 * @start_over: somebody wants the link to say HELLO again
 * @told: the switch was told that the link is up; receiver only
 * @quiet: the present failure was logged; receiver only
 * @lock: protects everything below
 * @hop: queues and sequences
 * @up: HELLO was exchanged
 * @busy: the sender has a frame in hand
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
	bool quiet;

	spinlock_t lock;
	struct knell_hop hop;
	bool up;
	bool busy;
	struct knell_link_info stats;
};

static LIST_HEAD(all);
static DEFINE_MUTEX(all_lock);
static bool suspending;
static const struct knell_initiator_ops *upper;

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

static void put_item(struct knell_hop_item *item)
{
	knell_frame_put(item->cookie);
}

static void request_start_over(struct knell_initiator *initiator)
{
	WRITE_ONCE(initiator->start_over, true);
	knell_slot_cancel(&initiator->in);
	wake_up_all(&initiator->wait);
}

static bool receiver_gives_way(void *arg)
{
	struct knell_initiator *initiator = arg;

	return kthread_should_stop() || READ_ONCE(suspending) ||
	       READ_ONCE(initiator->start_over);
}

static bool sender_gives_way(void *arg)
{
	struct knell_initiator *initiator = arg;

	return kthread_should_stop() || READ_ONCE(suspending) ||
	       !READ_ONCE(initiator->up);
}

static enum knell_slot_result send_frame(struct knell_initiator *initiator,
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
			      COMMAND_TIMEOUT, give_way, initiator);
}

/* Is this still a mailbox? Nothing is sent to a LUN before this says so. */
static enum knell_slot_result verify(struct knell_initiator *initiator)
{
	static const u8 cdb[] = { INQUIRY, 0, 0, 0, INQUIRY_LEN, 0 };
	struct knell_slot *slot = &initiator->in;
	enum knell_slot_result result;

	result = knell_slot_run(slot, cdb, sizeof(cdb), false, INQUIRY_LEN,
				COMMAND_TIMEOUT, receiver_gives_way, initiator);
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

static enum knell_slot_result say_hello(struct knell_initiator *initiator)
{
	u8 frame[KNELL_HELLO_LEN];
	struct knell_identity id;
	struct knell_hello hello;

	if (!knell_identity_get(&id))
		return KNELL_SLOT_CANCELLED;
	hello.node = id.self;
	hello.role = id.role;
	hello.epoch = id.epoch;
	spin_lock_irq(&initiator->lock);
	knell_hop_introduce(&initiator->hop, &hello);
	spin_unlock_irq(&initiator->lock);
	knell_hop_hello_encode(frame, id.cluster, &hello);
	return send_frame(initiator, &initiator->in, receiver_gives_way, 0,
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

	if (!knell_identity_get(&id))
		return KNELL_SLOT_CANCELLED;
	if (knell_hop_hello_decode(view->data, view->len, &cluster, &hello) ||
	    hello.incarnation != view->incarnation ||
	    cluster != id.cluster || hello.node == id.self)
		return KNELL_SLOT_REFUSED;

	spin_lock_irq(&initiator->lock);
	ret = knell_hop_greet(&initiator->hop, &hello, &restarted, &item);
	if (ret < 0) {
		spin_unlock_irq(&initiator->lock);
		return KNELL_SLOT_REFUSED;
	}
	if (ret > 0)
		put_item(&item);
	while (restarted && knell_hop_flush(&initiator->hop, &item))
		put_item(&item);
	initiator->up = true;
	initiator->stats.restarts++;
	spin_unlock_irq(&initiator->lock);

	initiator->told = true;
	initiator->quiet = false;
	pr_info("knell: %s: link to node %u is up\n", initiator->link.name, hello.node);
	if (upper)
		upper->session_up(initiator->sdev);
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

/* Somebody needed the queue or the host: wait until it is ours again. */
static bool regain(struct knell_initiator *initiator)
{
	unsigned long limit = jiffies + GIVE_WAY_MAX;

	while (!receiver_gives_way(initiator) && time_before(jiffies, limit)) {
		if (knell_slot_clear(&initiator->in))
			return true;
		wait_event_idle_timeout(initiator->wait, receiver_gives_way(initiator),
					PAUSE_MIN);
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
					initiator->told ? RECEIVE_TIMEOUT : COMMAND_TIMEOUT,
					receiver_gives_way, initiator);
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
	spin_lock_irq(&initiator->lock);
	initiator->up = false;
	spin_unlock_irq(&initiator->lock);
	knell_slot_cancel(&initiator->out);
	wait_event_idle(initiator->wait, !READ_ONCE(initiator->busy));

	if (!initiator->told) {
		if (!initiator->quiet && result != KNELL_SLOT_CANCELLED)
			pr_info("knell: %s: no link: %s; trying again\n",
				initiator->link.name, why[result]);
		initiator->quiet |= result != KNELL_SLOT_CANCELLED;
		return;
	}
	initiator->told = false;
	pr_info("knell: %s: link is down: %s\n", initiator->link.name, why[result]);
	if (upper)
		upper->session_down(initiator->sdev);
	knell_link_down(&initiator->link);
}

/* Nothing is sent while this node has no cluster or is going to sleep. */
static bool may_talk(void)
{
	struct knell_identity id;

	return !READ_ONCE(suspending) && knell_identity_get(&id);
}

static int receiver_thread(void *arg)
{
	struct knell_initiator *initiator = arg;
	unsigned long pause = PAUSE_MIN;
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
			pause = PAUSE_MIN;
		take_down(initiator, result);
		if (READ_ONCE(initiator->sdev->sdev_state) != SDEV_RUNNING)
			pause = PAUSE_BLOCKED;
		wait_event_idle_timeout(initiator->wait, receiver_gives_way(initiator), pause);
		pause = min_t(unsigned long, pause * 2, PAUSE_MAX);
	}
	return 0;
}

/* Take the next frame in hand. */
static bool sender_take(struct knell_initiator *initiator, struct knell_hop_item *item,
			u32 *seq)
{
	const struct knell_hop_item *next = NULL;

	spin_lock_irq(&initiator->lock);
	if (initiator->up)
		next = knell_hop_next(&initiator->hop, seq);
	if (next) {
		*item = *next;
		knell_frame_get(item->cookie);
		initiator->busy = true;
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
		put_item(&done);
	put_item(item);
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

static int sender_thread(void *arg)
{
	struct knell_initiator *initiator = arg;
	enum knell_slot_result result;
	struct knell_hop_item item;
	unsigned int tries;
	u32 seq;

	while (!kthread_should_stop()) {
		wait_event_idle(initiator->wait,
				sender_wanted(initiator) || kthread_should_stop());
		if (!sender_take(initiator, &item, &seq))
			continue;
		for (tries = 0; tries < SEND_RETRIES; tries++) {
			result = send_frame(initiator, &initiator->out, sender_gives_way,
					    seq, item.data, item.len);
			if ((result != KNELL_SLOT_RETRY && result != KNELL_SLOT_CANCELLED) ||
			    sender_gives_way(initiator))
				break;
			wait_event_idle_timeout(initiator->wait,
						sender_gives_way(initiator), PAUSE_MIN);
		}
		sender_finish(initiator, &item, seq, result == KNELL_SLOT_GOOD);
		if (result != KNELL_SLOT_GOOD) {
			request_start_over(initiator);
			wait_event_idle(initiator->wait, !READ_ONCE(initiator->up) ||
					kthread_should_stop());
		}
	}
	return 0;
}

/* The switch has a frame; called with the switch's mutex held. */
static int initiator_send(struct knell_link *link, struct knell_frame *frame)
{
	struct knell_initiator *initiator = container_of(link, struct knell_initiator, link);
	struct knell_hop_item item = {
		.data = frame->data, .cookie = frame, .len = frame->len,
	};
	struct knell_hop_item displaced;
	int ret = -ENOTCONN;

	spin_lock_irq(&initiator->lock);
	if (initiator->up) {
		ret = knell_hop_queue(&initiator->hop, &item, &displaced);
		if (ret >= 0)
			knell_frame_get(frame);
		if (ret)
			initiator->stats.tx_dropped++;
	}
	spin_unlock_irq(&initiator->lock);
	if (ret > 0)
		put_item(&displaced);
	wake_up_all(&initiator->wait);
	return min(ret, 0);
}

static void initiator_rejoin(struct knell_link *link)
{
	request_start_over(container_of(link, struct knell_initiator, link));
}

static void initiator_info(struct knell_link *link, struct knell_link_info *info)
{
	struct knell_initiator *initiator = container_of(link, struct knell_initiator, link);
	unsigned long flags;

	spin_lock_irqsave(&initiator->lock, flags);
	*info = initiator->stats;
	info->tx_queued = knell_hop_queued(&initiator->hop);
	spin_unlock_irqrestore(&initiator->lock, flags);
}

static const struct knell_link_ops initiator_link_ops = {
	.version = KNELL_LINK_VERSION,
	.size = sizeof(struct knell_link_ops),
	.owner = THIS_MODULE,
	.kind = KNELL_LINK_INITIATOR,
	.send = initiator_send,
	.rejoin = initiator_rejoin,
	.info = initiator_info,
};

static int start_threads(struct knell_initiator *initiator)
{
	struct task_struct *task;

	task = kthread_run(sender_thread, initiator, "knell_tx/%s", initiator->link.name);
	if (IS_ERR(task))
		return PTR_ERR(task);
	initiator->sender = task;
	task = kthread_run(receiver_thread, initiator, "knell_rx/%s", initiator->link.name);
	if (IS_ERR(task)) {
		kthread_stop(initiator->sender);
		return PTR_ERR(task);
	}
	initiator->receiver = task;
	return 0;
}

static int initiator_probe(struct device *dev)
{
	struct scsi_device *sdev = to_scsi_device(dev);
	struct knell_initiator *initiator;
	u32 incarnation;
	int ret;

	if (sdev->type != TYPE_PROCESSOR ||
	    strncmp(sdev->vendor, KNELL_INQUIRY_VENDOR, strlen(KNELL_INQUIRY_VENDOR)) ||
	    strncmp(sdev->model, KNELL_INQUIRY_PRODUCT, strlen(KNELL_INQUIRY_PRODUCT)))
		return -ENODEV;
	if (!sdev->lun) {
		dev_warn(dev, "knell: mailbox at LUN 0 not used: a target answers for LUN 0 even when the mailbox is unmapped; map it to another LUN\n");
		return -ENODEV;
	}

	initiator = kzalloc(sizeof(*initiator), GFP_KERNEL);
	if (!initiator)
		return -ENOMEM;
	initiator->sdev = sdev;
	init_waitqueue_head(&initiator->wait);
	spin_lock_init(&initiator->lock);
	do {
		incarnation = get_random_u32();
	} while (!incarnation);
	knell_hop_init(&initiator->hop, incarnation);
	initiator->link.ops = &initiator_link_ops;
	strscpy(initiator->link.name, dev_name(dev), sizeof(initiator->link.name));
	ret = knell_slot_init(&initiator->in, sdev);
	if (ret)
		goto err_free;
	ret = knell_slot_init(&initiator->out, sdev);
	if (ret)
		goto err_in;
	ret = knell_link_add(&initiator->link);
	if (ret)
		goto err_out;
	ret = start_threads(initiator);
	if (ret)
		goto err_link;

	dev_set_drvdata(dev, initiator);
	mutex_lock(&all_lock);
	list_add_tail(&initiator->entry, &all);
	mutex_unlock(&all_lock);
	return 0;

err_link:
	knell_link_del(&initiator->link);
err_out:
	knell_slot_exit(&initiator->out);
err_in:
	knell_slot_exit(&initiator->in);
err_free:
	kfree(initiator);
	return ret;
}

static int initiator_remove(struct device *dev)
{
	struct knell_initiator *initiator = dev_get_drvdata(dev);
	struct knell_hop_item item;

	mutex_lock(&all_lock);
	list_del(&initiator->entry);
	mutex_unlock(&all_lock);
	request_start_over(initiator);
	kthread_stop(initiator->receiver);
	kthread_stop(initiator->sender);
	knell_link_del(&initiator->link);
	while (knell_hop_flush(&initiator->hop, &item))
		put_item(&item);
	knell_slot_exit(&initiator->out);
	knell_slot_exit(&initiator->in);
	kfree(initiator);
	return 0;
}

static bool outstanding(struct knell_initiator *initiator)
{
	return READ_ONCE(initiator->in.rq) || READ_ONCE(initiator->out.rq);
}

/* Suspend would wait for parked commands for ever: end them first. */
static int on_suspend(struct notifier_block *nb, unsigned long event, void *data)
{
	struct knell_initiator *initiator;

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		WRITE_ONCE(suspending, true);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		WRITE_ONCE(suspending, false);
		break;
	default:
		return NOTIFY_DONE;
	}
	mutex_lock(&all_lock);
	list_for_each_entry(initiator, &all, entry) {
		if (READ_ONCE(suspending))
			knell_slot_cancel(&initiator->in);
		wake_up_all(&initiator->wait);
		if (READ_ONCE(suspending))
			wait_event_timeout(initiator->wait, !outstanding(initiator),
					   SUSPEND_WAIT);
	}
	mutex_unlock(&all_lock);
	return NOTIFY_OK;
}

static struct notifier_block suspend_notifier = {
	.notifier_call = on_suspend,
};

static struct scsi_driver initiator_driver = {
	.gendrv = {
		.name = "knell",
		.owner = THIS_MODULE,
		.probe = initiator_probe,
		.remove = initiator_remove,
	},
};

int knell_initiator_init(const struct knell_initiator_ops *ops)
{
	int ret;

	upper = ops;
	ret = register_pm_notifier(&suspend_notifier);
	if (ret)
		return ret;
	ret = scsi_register_driver(&initiator_driver.gendrv);
	if (ret)
		unregister_pm_notifier(&suspend_notifier);
	return ret;
}

void knell_initiator_exit(void)
{
	scsi_unregister_driver(&initiator_driver.gendrv);
	unregister_pm_notifier(&suspend_notifier);
}

MODULE_ALIAS_SCSI_DEVICE(TYPE_PROCESSOR);
