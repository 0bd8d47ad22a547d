// SPDX-License-Identifier: GPL-2.0
/*
 * Health check: does SCSI error handling end? Time-outs and the start of error
 * handling are heard through tracepoints; from then on the hosts concerned are
 * looked at periodically until they have recovered. One that does not recover
 * blocks all its disks, and with them whatever serves from them.
 *
 * The hosts of our own mailboxes do not count: losing those is the link check's
 * business, and cancelling a parked RECEIVE looks like a time-out.
 *
 * Context and locking: the tracepoints run with interrupts off and the host's
 * lock held, preemption off on every kernel: hence raw locks. They note the host
 * under knell_storage_lock and start the work.
 * The work runs in process context, only while a host is noted.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "check.h"
#include "conflict.h"
#include "timeouts.h"

/* More hosts than this in recovery at once: the first ones stand for all. */
#define KNELL_STORAGE_HOSTS	16

/**
 * struct knell_storage_host - a host whose error handling started
 * @number: of the host; meaningless if @used is not set
 * @missed: ticks in a row it was found in recovery
 * @used: the entry is taken
 */
struct knell_storage_host {
	unsigned int number;
	u32 missed;
	bool used;
};

static DEFINE_RAW_SPINLOCK(knell_storage_lock);
static struct knell_storage_host knell_storage_hosts[KNELL_STORAGE_HOSTS];
static bool knell_storage_armed;
static atomic64_t knell_storage_timeouts, knell_storage_recoveries, knell_storage_conflicts;
static struct knell_check *knell_storage_check;
static struct tracepoint *knell_storage_tp_timeout, *knell_storage_tp_eh, *knell_storage_tp_done;

static void knell_storage_look(struct work_struct *work);
static DECLARE_DELAYED_WORK(knell_storage_work, knell_storage_look);

static void knell_storage_note(unsigned int number)
{
	struct knell_storage_host *entry = NULL;
	unsigned int i;

	lockdep_assert_held(&knell_storage_lock);
	for (i = 0; i < KNELL_STORAGE_HOSTS; i++) {
		if (knell_storage_hosts[i].used && knell_storage_hosts[i].number == number)
			return;
		if (!knell_storage_hosts[i].used && !entry)
			entry = &knell_storage_hosts[i];
	}
	if (!entry)
		return;
	entry->number = number;
	entry->missed = 0;
	entry->used = true;
}

/* Tracepoint scsi_eh_wakeup. Context: interrupts off, host lock held. */
static void knell_storage_on_eh(void *data, struct Scsi_Host *host)
{
	unsigned long flags;

	atomic64_inc(&knell_storage_recoveries);
	raw_spin_lock_irqsave(&knell_storage_lock, flags);
	knell_storage_note(host->host_no);
	if (knell_storage_armed)
		schedule_delayed_work(&knell_storage_work,
				      msecs_to_jiffies(KNELL_STORAGE_TICK_MS));
	raw_spin_unlock_irqrestore(&knell_storage_lock, flags);
}

/* Tracepoint scsi_dispatch_cmd_timeout. Context: atomic. */
static void knell_storage_on_timeout(void *data, struct scsi_cmnd *cmd)
{
	if (cmd->cmnd[0] != KNELL_OP_RECEIVE && cmd->cmnd[0] != KNELL_OP_SEND)
		atomic64_inc(&knell_storage_timeouts);
}

/*
 * The device that answered with a conflict last, told by a work that does not
 * run again for KNELL_CONFLICT_MS: a writer that does not give up asks often.
 */
static DEFINE_RAW_SPINLOCK(knell_storage_conflict_lock);
static char knell_storage_conflict_device[32];
static bool knell_storage_conflict_new;

static void knell_storage_tell_conflict(struct work_struct *work);
static DECLARE_DELAYED_WORK(knell_storage_conflict_work, knell_storage_tell_conflict);

static void knell_storage_tell_conflict(struct work_struct *work)
{
	char device[sizeof(knell_storage_conflict_device)];
	bool fresh;

	raw_spin_lock_irq(&knell_storage_conflict_lock);
	fresh = knell_storage_conflict_new;
	knell_storage_conflict_new = false;
	memcpy(device, knell_storage_conflict_device, sizeof(device));
	raw_spin_unlock_irq(&knell_storage_conflict_lock);
	if (!fresh)
		return;
	knell_health_conflict(device);
	schedule_delayed_work(&knell_storage_conflict_work, msecs_to_jiffies(KNELL_CONFLICT_MS));
}

/* Tracepoint scsi_dispatch_cmd_done: every command there is. Context: atomic. */
static void knell_storage_on_done(void *data, struct scsi_cmnd *cmd)
{
	unsigned long flags;

	if (likely(!(cmd->result & 0xff)) ||
	    !knell_conflict_suspected(cmd->cmnd[0], cmd->result & 0xff, cmd->sense_buffer,
				      SCSI_SENSE_BUFFERSIZE))
		return;
	atomic64_inc(&knell_storage_conflicts);
	raw_spin_lock_irqsave(&knell_storage_conflict_lock, flags);
	knell_storage_conflict_new = true;
	scnprintf(knell_storage_conflict_device, sizeof(knell_storage_conflict_device),
		  "%u:%u:%u:%llu", cmd->device->host->host_no, cmd->device->channel,
		  cmd->device->id, cmd->device->lun);
	raw_spin_unlock_irqrestore(&knell_storage_conflict_lock, flags);
	/* Pending: it is told within KNELL_CONFLICT_MS. */
	schedule_delayed_work(&knell_storage_conflict_work, 0);
}

static bool knell_storage_is_mailbox(struct Scsi_Host *host)
{
	struct scsi_device *sdev;
	bool found = false;

	shost_for_each_device(sdev, host)
		if (sdev->vendor && !strncmp(sdev->vendor, KNELL_INQUIRY_VENDOR, 8))
			found = true;
	return found;
}

static bool knell_storage_recovering(unsigned int number)
{
	struct Scsi_Host *host = scsi_host_lookup(number);
	bool recovering;

	if (!host)
		return false;
	recovering = scsi_host_in_recovery(host) && !knell_storage_is_mailbox(host);
	scsi_host_put(host);
	return recovering;
}

static void knell_storage_look(struct work_struct *work)
{
	unsigned int i, left = 0;
	u32 worst = 0;

	for (i = 0; i < KNELL_STORAGE_HOSTS; i++) {
		struct knell_storage_host *entry = &knell_storage_hosts[i];
		bool recovering;

		if (!READ_ONCE(entry->used))
			continue;
		recovering = knell_storage_recovering(entry->number);
		raw_spin_lock_irq(&knell_storage_lock);
		if (recovering) {
			entry->missed++;
			worst = max(worst, entry->missed);
			left++;
		} else {
			entry->used = false;
		}
		raw_spin_unlock_irq(&knell_storage_lock);
	}
	knell_check_report(knell_storage_check, worst);

	raw_spin_lock_irq(&knell_storage_lock);
	if (left && knell_storage_armed)
		schedule_delayed_work(&knell_storage_work,
				      msecs_to_jiffies(KNELL_STORAGE_TICK_MS));
	raw_spin_unlock_irq(&knell_storage_lock);
}

static void knell_storage_hook(struct tracepoint *tp, void *data)
{
	if (!knell_storage_tp_timeout && !strcmp(tp->name, "scsi_dispatch_cmd_timeout") &&
	    !tracepoint_probe_register(tp, knell_storage_on_timeout, NULL))
		knell_storage_tp_timeout = tp;
	if (!knell_storage_tp_eh && !strcmp(tp->name, "scsi_eh_wakeup") &&
	    !tracepoint_probe_register(tp, knell_storage_on_eh, NULL))
		knell_storage_tp_eh = tp;
	if (!knell_storage_tp_done && !strcmp(tp->name, "scsi_dispatch_cmd_done") &&
	    !tracepoint_probe_register(tp, knell_storage_on_done, NULL))
		knell_storage_tp_done = tp;
}

static void knell_storage_unhook(void)
{
	if (knell_storage_tp_timeout)
		tracepoint_probe_unregister(knell_storage_tp_timeout, knell_storage_on_timeout,
					    NULL);
	if (knell_storage_tp_eh)
		tracepoint_probe_unregister(knell_storage_tp_eh, knell_storage_on_eh, NULL);
	if (knell_storage_tp_done)
		tracepoint_probe_unregister(knell_storage_tp_done, knell_storage_on_done, NULL);
	knell_storage_tp_timeout = NULL;
	knell_storage_tp_eh = NULL;
	knell_storage_tp_done = NULL;
	tracepoint_synchronize_unregister();
}

/* Replayed for modules that are loaded already; the SCSI core stays as long as we do. */
static int knell_storage_module(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct tp_module *tp_mod = data;
	unsigned int i;

	if (event != MODULE_STATE_COMING || strcmp(tp_mod->mod->name, "scsi_mod"))
		return NOTIFY_DONE;
	for (i = 0; i < tp_mod->mod->num_tracepoints; i++)
		knell_storage_hook(tracepoint_ptr_deref(&tp_mod->mod->tracepoints_ptrs[i]), NULL);
	return NOTIFY_DONE;
}

static struct notifier_block knell_storage_module_nb = { .notifier_call = knell_storage_module };

static int knell_storage_init(struct knell_check *check)
{
	int err;

	knell_storage_check = check;
	for_each_kernel_tracepoint(knell_storage_hook, NULL);
	err = register_tracepoint_module_notifier(&knell_storage_module_nb);
	if (err) {
		knell_storage_unhook();
		return err;
	}
	if (!knell_storage_tp_eh)
		pr_warn("knell: no tracepoint scsi_eh_wakeup: storage is not watched\n");
	return 0;
}

static void knell_storage_exit(void)
{
	unregister_tracepoint_module_notifier(&knell_storage_module_nb);
	knell_storage_unhook();
	cancel_delayed_work_sync(&knell_storage_work);
	cancel_delayed_work_sync(&knell_storage_conflict_work);
}

static u32 knell_storage_limit(const struct knell_health_config *config)
{
	return knell_storage_tp_eh ? KNELL_STORAGE_TICKS : 0;
}

/* Error handling that is under way already counts on, or at a join from now. */
static int knell_storage_arm(const struct knell_health_config *config)
{
	unsigned int i;

	raw_spin_lock_irq(&knell_storage_lock);
	knell_storage_armed = true;
	for (i = 0; i < KNELL_STORAGE_HOSTS; i++) {
		if (config->joined)
			knell_storage_hosts[i].missed = 0;
		if (knell_storage_hosts[i].used)
			schedule_delayed_work(&knell_storage_work,
					      msecs_to_jiffies(KNELL_STORAGE_TICK_MS));
	}
	raw_spin_unlock_irq(&knell_storage_lock);
	return 0;
}

static void knell_storage_disarm(void)
{
	raw_spin_lock_irq(&knell_storage_lock);
	knell_storage_armed = false;
	raw_spin_unlock_irq(&knell_storage_lock);
	cancel_delayed_work_sync(&knell_storage_work);
}

static void knell_storage_detail(char *buf, size_t size)
{
	scnprintf(buf, size, "since load %lld command time-outs, %lld error recoveries, %lld reservation conflicts",
		  atomic64_read(&knell_storage_timeouts), atomic64_read(&knell_storage_recoveries),
		  atomic64_read(&knell_storage_conflicts));
}

const struct knell_check_ops knell_check_storage = {
	.name = "storage",
	.reason = KNELL_REASON_STORAGE,
	.init = knell_storage_init,
	.exit = knell_storage_exit,
	.limit = knell_storage_limit,
	.arm = knell_storage_arm,
	.disarm = knell_storage_disarm,
	.detail = knell_storage_detail,
};
