// SPDX-License-Identifier: GPL-2.0
/* A slot for one SCSI command of our own; see slot.h. */
#include <linux/blk-mq.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>

#include "fabric/slot.h"
#include "timeouts.h"

/* How often whoever waits looks whether to give way; bounds how long others wait for us. */
#define GUARD_INTERVAL		msecs_to_jiffies(KNELL_GUARD_MS)
/* Left to a request's timer when it is cancelled. */
#define CANCEL_TIMEOUT		msecs_to_jiffies(KNELL_CANCEL_MS)

int knell_slot_init(struct knell_slot *slot, struct scsi_device *sdev)
{
	slot->sdev = sdev;
	slot->rq = NULL;
	spin_lock_init(&slot->lock);
	init_completion(&slot->done);
	slot->buf = kmalloc(KNELL_HOP_MAX, GFP_KERNEL);
	return slot->buf ? 0 : -ENOMEM;
}

void knell_slot_exit(struct knell_slot *slot)
{
	kfree(slot->buf);
	slot->buf = NULL;
}

bool knell_slot_clear(const struct knell_slot *slot)
{
	struct scsi_device *sdev = slot->sdev;

	return READ_ONCE(sdev->sdev_state) == SDEV_RUNNING &&
	       !READ_ONCE(sdev->request_queue->mq_freeze_depth) &&
	       !scsi_host_in_recovery(sdev->host);
}

static enum rq_end_io_ret slot_end_io(struct request *rq, blk_status_t status)
{
	struct knell_slot *slot = rq->end_io_data;
	unsigned long flags;

	spin_lock_irqsave(&slot->lock, flags);
	slot->rq = NULL;
	spin_unlock_irqrestore(&slot->lock, flags);
	complete(&slot->done);
	return RQ_END_IO_NONE;
}

void knell_slot_cancel(struct knell_slot *slot)
{
	unsigned long flags;

	/*
	 * libiscsi may answer an expired timer by restarting it with the
	 * request's own time-out, which is days for a RECEIVE: shorten it.
	 */
	spin_lock_irqsave(&slot->lock, flags);
	if (slot->rq) {
		slot->rq->timeout = CANCEL_TIMEOUT;
		blk_abort_request(slot->rq);
	}
	spin_unlock_irqrestore(&slot->lock, flags);
}

static enum knell_slot_result judge_sense(const struct scsi_cmnd *scmd)
{
	struct scsi_sense_hdr sense;

	if (!scsi_command_normalize_sense(scmd, &sense))
		return KNELL_SLOT_START_OVER;
	switch (sense.sense_key) {
	case UNIT_ATTENTION:
	case ABORTED_COMMAND:
		return KNELL_SLOT_START_OVER;
	case NOT_READY:
		return KNELL_SLOT_NOT_READY;
	case ILLEGAL_REQUEST:
		switch (sense.asc) {
		case 0x2c:	/* command sequence error: HELLO first */
			return KNELL_SLOT_START_OVER;
		case 0x20:	/* 02h: access denied; else unknown opcode */
			return sense.ascq == 0x02 ? KNELL_SLOT_DENIED : KNELL_SLOT_GONE;
		case 0x25:	/* logical unit not supported */
			return KNELL_SLOT_GONE;
		default:
			return KNELL_SLOT_REFUSED;
		}
	default:
		return KNELL_SLOT_GONE;
	}
}

static enum knell_slot_result judge(const struct scsi_cmnd *scmd)
{
	switch (host_byte(scmd->result)) {
	case DID_OK:
		break;
	case DID_TIME_OUT:
	case DID_ABORT:
	case DID_RESET:
		return KNELL_SLOT_CANCELLED;
	case DID_BUS_BUSY:
	case DID_SOFT_ERROR:
	case DID_REQUEUE:
	case DID_IMM_RETRY:
		return KNELL_SLOT_RETRY;
	default:
		return KNELL_SLOT_GONE;
	}
	switch (scmd->result & 0xff) {
	case SAM_STAT_GOOD:
		return KNELL_SLOT_GOOD;
	case SAM_STAT_CHECK_CONDITION:
		return judge_sense(scmd);
	case SAM_STAT_TASK_ABORTED:
		return KNELL_SLOT_CANCELLED;
	case SAM_STAT_BUSY:
	case SAM_STAT_TASK_SET_FULL:
		return KNELL_SLOT_RETRY;
	default:
		return KNELL_SLOT_REFUSED;
	}
}

enum knell_slot_result knell_slot_run(struct knell_slot *slot, const u8 *cdb,
				      unsigned int cdb_len, bool write,
				      unsigned int len, unsigned long timeout,
				      bool (*give_way)(void *arg), void *arg)
{
	struct request_queue *q = slot->sdev->request_queue;
	enum knell_slot_result result;
	struct scsi_cmnd *scmd;
	unsigned int memalloc;
	struct request *rq;
	int ret;

	if (!knell_slot_clear(slot) || (give_way && give_way(arg)))
		return KNELL_SLOT_CANCELLED;
	/* Without waiting: who freezes the queue would wait for us and we for him. */
	rq = scsi_alloc_request(q, write ? REQ_OP_DRV_OUT : REQ_OP_DRV_IN,
				BLK_MQ_REQ_NOWAIT);
	if (IS_ERR(rq))
		return KNELL_SLOT_RETRY;
	if (!write)
		memset(slot->buf, 0, len);
	/* A host short of memory must still be able to say so. */
	memalloc = memalloc_noreclaim_save();
	ret = blk_rq_map_kern(q, rq, slot->buf, len, GFP_NOIO);
	memalloc_noreclaim_restore(memalloc);
	if (ret) {
		blk_mq_free_request(rq);
		return KNELL_SLOT_RETRY;
	}
	scmd = blk_mq_rq_to_pdu(rq);
	memcpy(scmd->cmnd, cdb, cdb_len);
	scmd->cmd_len = cdb_len;
	scmd->allowed = 0;
	rq->timeout = timeout;
	rq->rq_flags |= RQF_QUIET;
	rq->end_io = slot_end_io;
	rq->end_io_data = slot;

	reinit_completion(&slot->done);
	spin_lock_irq(&slot->lock);
	slot->rq = rq;
	spin_unlock_irq(&slot->lock);
	blk_execute_rq_nowait(rq, true);
	while (wait_for_completion_interruptible_timeout(&slot->done, GUARD_INTERVAL) <= 0)
		if ((give_way && give_way(arg)) || !knell_slot_clear(slot))
			knell_slot_cancel(slot);

	result = judge(scmd);
	slot->len = len - min(scmd->resid_len, len);
	blk_mq_free_request(rq);
	return result;
}
