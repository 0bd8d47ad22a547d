// SPDX-License-Identifier: GPL-2.0
/*
 * knell_target.ko: the mailbox LUN as a storage object of the Linux SCSI
 * target (LIO), registered under the name "knell".
 *
 * A processor device (peripheral device type 03h) that knows KNELL SEND and
 * KNELL RECEIVE and, from the target core, what every device must know.
 * Persistent reservations are off: nobody may lock others out of it.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <scsi/scsi_proto.h>
#include <target/target_core_backend.h>
#include <target/target_core_base.h>

#include "target/mail.h"
#include "target/park.h"

#define BLOCK_SIZE_REPORTED	512
#define MAX_SECTORS		128
#define QUEUE_DEPTH		128

static struct knell_target *to_target(struct se_device *dev)
{
	return container_of(dev, struct knell_target, dev);
}

static int backend_attach_hba(struct se_hba *hba, u32 id)
{
	return 0;
}

static void backend_detach_hba(struct se_hba *hba)
{
}

static struct se_device *backend_alloc_device(struct se_hba *hba, const char *name)
{
	struct knell_target *target = kzalloc(sizeof(*target), GFP_KERNEL);

	if (!target)
		return NULL;
	mutex_init(&target->lock);
	INIT_LIST_HEAD(&target->nexuses);
	hash_init(target->ports);
	knell_park_init(target);
	return &target->dev;
}

static int backend_configure_device(struct se_device *dev)
{
	dev->dev_attrib.hw_block_size = BLOCK_SIZE_REPORTED;
	dev->dev_attrib.hw_max_sectors = MAX_SECTORS;
	dev->dev_attrib.hw_queue_depth = QUEUE_DEPTH;
	dev->dev_attrib.emulate_pr = 0;
	strscpy(dev->t10_wwn.vendor, KNELL_INQUIRY_VENDOR,
		sizeof(dev->t10_wwn.vendor));
	return 0;
}

static void backend_destroy_device(struct se_device *dev)
{
	struct knell_target *target = to_target(dev);

	knell_park_exit(target);
	knell_nexus_destroy_all(target);
}

static void backend_free_rcu(struct rcu_head *head)
{
	struct se_device *dev = container_of(head, struct se_device, rcu_head);

	kfree(to_target(dev));
}

static void backend_free_device(struct se_device *dev)
{
	call_rcu(&dev->rcu_head, backend_free_rcu);
}

/*
 * knell_cdb_parse() has accepted the command when it was set up; it is parsed
 * again here because a struct se_cmd has no room for the result.
 */
static sense_reason_t execute_send(struct se_cmd *cmd)
{
	struct knell_cdb cdb;

	if (knell_cdb_parse(cmd->t_task_cdb, &cdb))
		return TCM_INVALID_CDB_FIELD;
	return knell_mail_send(to_target(cmd->se_dev), cmd, &cdb);
}

static sense_reason_t execute_receive(struct se_cmd *cmd)
{
	struct knell_cdb cdb;

	if (knell_cdb_parse(cmd->t_task_cdb, &cdb))
		return TCM_INVALID_CDB_FIELD;
	return knell_mail_receive(to_target(cmd->se_dev), cmd, &cdb);
}

/* The target core's own check of lengths is not exported. */
static void fit_length(struct se_cmd *cmd, unsigned int size)
{
	if (size < cmd->data_length && cmd->data_direction == DMA_FROM_DEVICE) {
		cmd->se_cmd_flags |= SCF_UNDERFLOW_BIT;
		cmd->residual_count = cmd->data_length - size;
		cmd->data_length = size;
	} else if (size > cmd->data_length) {
		cmd->se_cmd_flags |= SCF_OVERFLOW_BIT;
		cmd->residual_count = size - cmd->data_length;
	}
}

static sense_reason_t parse_common(struct se_cmd *cmd)
{
	unsigned int size = 0;
	sense_reason_t ret;

	ret = spc_parse_cdb(cmd, &size);
	if (ret)
		return ret;
	/* Some opcodes are recognised there but left to the backend. */
	if (!cmd->execute_cmd)
		return TCM_UNSUPPORTED_SCSI_OPCODE;
	fit_length(cmd, size);
	return 0;
}

static sense_reason_t backend_parse_cdb(struct se_cmd *cmd)
{
	enum dma_data_direction direction;
	struct knell_cdb cdb;

	switch (knell_cdb_parse(cmd->t_task_cdb, &cdb)) {
	case 0:
		break;
	case -EOPNOTSUPP:
		return parse_common(cmd);
	default:
		return TCM_INVALID_CDB_FIELD;
	}

	direction = cdb.opcode == KNELL_OP_SEND ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
	if (cmd->data_direction != direction || cmd->data_length != cdb.length ||
	    cmd->se_cmd_flags & SCF_BIDI)
		return TCM_INVALID_CDB_FIELD;
	cmd->execute_cmd = cdb.opcode == KNELL_OP_SEND ? execute_send : execute_receive;
	return 0;
}

static void backend_tmr_notify(struct se_device *dev, enum tcm_tmreq_table type,
			       struct list_head *aborted)
{
	knell_park_abort(to_target(dev), aborted);
}

static u32 backend_get_device_type(struct se_device *dev)
{
	return TYPE_PROCESSOR;
}

static sector_t backend_get_blocks(struct se_device *dev)
{
	return 0;
}

static ssize_t backend_set_params(struct se_device *dev, const char *page, ssize_t count)
{
	return count;
}

static ssize_t backend_show_params(struct se_device *dev, char *page)
{
	struct knell_target *target = to_target(dev);
	unsigned int nexuses = 0, parked = 0;
	struct knell_nexus *nexus;

	mutex_lock(&target->lock);
	list_for_each_entry(nexus, &target->nexuses, entry) {
		nexuses++;
		parked += READ_ONCE(nexus->mailbox.parked) ? 1 : 0;
	}
	mutex_unlock(&target->lock);
	/* not sysfs_emit(): the core's own lines precede ours on the page */
	return scnprintf(page, 64, "nexuses: %u parked: %u\n", nexuses, parked);
}

static const struct target_backend_ops backend_ops = {
	.name = "knell",
	.inquiry_prod = KNELL_INQUIRY_PRODUCT,
	.inquiry_rev = "1.0",
	.owner = THIS_MODULE,
	.attach_hba = backend_attach_hba,
	.detach_hba = backend_detach_hba,
	.alloc_device = backend_alloc_device,
	.configure_device = backend_configure_device,
	.destroy_device = backend_destroy_device,
	.free_device = backend_free_device,
	.parse_cdb = backend_parse_cdb,
	.tmr_notify = backend_tmr_notify,
	.get_device_type = backend_get_device_type,
	.get_blocks = backend_get_blocks,
	.set_configfs_dev_params = backend_set_params,
	.show_configfs_dev_params = backend_show_params,
	.tb_dev_attrib_attrs = sbc_attrib_attrs,
};

static int __init backend_init(void)
{
	return transport_backend_register(&backend_ops);
}

static void __exit backend_exit(void)
{
	target_backend_unregister(&backend_ops);
	/* A device freed just now still has its rcu callback in this module. */
	rcu_barrier();
}

module_init(backend_init);
module_exit(backend_exit);

MODULE_DESCRIPTION("Failover clustering over the storage fabric: mailbox LUN");
MODULE_AUTHOR("knell developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
