// SPDX-License-Identifier: GPL-2.0
/*
 * The SCSI upper-level driver for mailbox LUNs: binds, lets go, gives way to
 * suspend; see initiator_link.h.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/suspend.h>
#include <scsi/scsi.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_driver.h>

#include "fabric/initiator_link.h"
#include "timeouts.h"

#define SUSPEND_WAIT		msecs_to_jiffies(KNELL_SUSPEND_MS)

static LIST_HEAD(all);
static DEFINE_MUTEX(all_lock);	/* protects all */

bool knell_initiator_suspending;
const struct knell_initiator_ops *knell_initiator_upper;

void knell_initiator_start_over(struct knell_initiator *initiator)
{
	WRITE_ONCE(initiator->start_over, true);
	knell_slot_cancel(&initiator->in);
	wake_up_all(&initiator->wait);
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
		knell_put_item(&displaced);
	wake_up_all(&initiator->wait);
	return min(ret, 0);
}

static void initiator_rejoin(struct knell_link *link)
{
	knell_initiator_start_over(container_of(link, struct knell_initiator, link));
}

static void initiator_info(struct knell_link *link, struct knell_link_info *info)
{
	struct knell_initiator *initiator = container_of(link, struct knell_initiator, link);
	unsigned long flags;

	spin_lock_irqsave(&initiator->lock, flags);
	*info = initiator->stats;
	info->tx_queued = knell_hop_queued(&initiator->hop);
	info->tx_notices = knell_hop_notices(&initiator->hop);
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

/*
 * What a link carries decides who may write: it does not queue behind the programs of a busy host.
 * With PREEMPT_RT's lazy preemption it would, a tick for each of them. Both threads sleep for each
 * frame until the wire has answered.
 */
static int start_threads(struct knell_initiator *initiator)
{
	struct task_struct *task;

	task = kthread_run(knell_sender_thread, initiator, "knell_tx/%s", initiator->link.name);
	if (IS_ERR(task))
		return PTR_ERR(task);
	initiator->sender = task;
	sched_set_fifo_low(task);
	task = kthread_run(knell_receiver_thread, initiator, "knell_rx/%s", initiator->link.name);
	if (IS_ERR(task)) {
		kthread_stop(initiator->sender);
		return PTR_ERR(task);
	}
	initiator->receiver = task;
	sched_set_fifo_low(task);
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

	initiator = kvzalloc(sizeof(*initiator), GFP_KERNEL);
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
	kvfree(initiator);
	return ret;
}

static int initiator_remove(struct device *dev)
{
	struct knell_initiator *initiator = dev_get_drvdata(dev);
	struct knell_hop_item item;

	mutex_lock(&all_lock);
	list_del(&initiator->entry);
	mutex_unlock(&all_lock);
	knell_initiator_start_over(initiator);
	kthread_stop(initiator->receiver);
	kthread_stop(initiator->sender);
	knell_link_del(&initiator->link);
	while (knell_hop_flush(&initiator->hop, &item))
		knell_put_item(&item);
	knell_slot_exit(&initiator->out);
	knell_slot_exit(&initiator->in);
	kvfree(initiator);
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
		WRITE_ONCE(knell_initiator_suspending, true);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		WRITE_ONCE(knell_initiator_suspending, false);
		break;
	default:
		return NOTIFY_DONE;
	}
	mutex_lock(&all_lock);
	list_for_each_entry(initiator, &all, entry) {
		if (READ_ONCE(knell_initiator_suspending))
			knell_slot_cancel(&initiator->in);
		wake_up_all(&initiator->wait);
		if (READ_ONCE(knell_initiator_suspending))
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

	knell_initiator_upper = ops;
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
