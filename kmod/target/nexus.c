// SPDX-License-Identifier: GPL-2.0
/*
 * I_T nexus and link of the fabric: comes with the first SEND of an initiator,
 * stays over re-logins, takes frames from the switch. See nexus.h for the
 * locks.
 */
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <scsi/scsi_proto.h>
#include <target/target_core_backend.h>

#include "target/mail.h"

static void nexus_release(struct kref *ref)
{
	kvfree(container_of(ref, struct knell_nexus, ref));
}

void knell_nexus_put(struct knell_nexus *nexus)
{
	kref_put(&nexus->ref, nexus_release);
}

/* The switch has a frame for the initiator; called with the switch's mutex held. */
static int nexus_send(struct knell_link *link, struct knell_frame *frame)
{
	struct knell_nexus *nexus = container_of(link, struct knell_nexus, link);
	struct knell_hop_item item = {
		.data = frame->data, .cookie = frame, .len = frame->len,
	};
	struct knell_hop_item displaced;
	struct knell_delivery out;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&nexus->lock, flags);
	if (!nexus->mailbox.greeted) {
		spin_unlock_irqrestore(&nexus->lock, flags);
		return -ENOTCONN;
	}
	ret = knell_hop_queue(&nexus->mailbox.hop, &item, &displaced);
	if (ret >= 0)
		knell_frame_get(frame);
	if (ret)
		nexus->stats.tx_dropped++;
	knell_mailbox_pump(&nexus->mailbox, &out);
	knell_mail_hold(nexus, &out);
	spin_unlock_irqrestore(&nexus->lock, flags);

	if (ret > 0)
		knell_nexus_put_item(&displaced);
	knell_mail_deliver(nexus, &out);
	return min(ret, 0);
}

static void nexus_info(struct knell_link *link, struct knell_link_info *info)
{
	struct knell_nexus *nexus = container_of(link, struct knell_nexus, link);
	unsigned long flags;

	spin_lock_irqsave(&nexus->lock, flags);
	*info = nexus->stats;
	info->tx_queued = knell_hop_queued(&nexus->mailbox.hop);
	info->tx_notices = knell_hop_notices(&nexus->mailbox.hop);
	info->parked = nexus->mailbox.parked ? 1 : 0;
	spin_unlock_irqrestore(&nexus->lock, flags);
}

void knell_nexus_mark_down(struct knell_nexus *nexus)
{
	unsigned long flags;

	lockdep_assert_held(&nexus->rx);
	if (nexus->up) {
		spin_lock_irqsave(&nexus->lock, flags);
		nexus->link.silence_ms = min(jiffies_to_msecs(jiffies - nexus->active),
					     nexus->patience_ms);
		spin_unlock_irqrestore(&nexus->lock, flags);
		knell_link_down(&nexus->link);
	}
	nexus->up = false;
}

/* Who this node is has changed: make the initiator start over. */
static void nexus_rejoin(struct knell_link *link)
{
	struct knell_nexus *nexus = container_of(link, struct knell_nexus, link);
	struct se_cmd *cmd;
	unsigned long flags;

	mutex_lock(&nexus->rx);
	spin_lock_irqsave(&nexus->lock, flags);
	knell_mailbox_hangup(&nexus->mailbox);
	cmd = nexus->mailbox.parked;
	nexus->mailbox.parked = NULL;
	spin_unlock_irqrestore(&nexus->lock, flags);
	if (cmd)
		knell_mail_refuse(cmd);
	knell_nexus_mark_down(nexus);
	mutex_unlock(&nexus->rx);
}

static const struct knell_link_ops nexus_link_ops = {
	.version = KNELL_LINK_VERSION,
	.size = sizeof(struct knell_link_ops),
	.owner = THIS_MODULE,
	.kind = KNELL_LINK_TARGET,
	.send = nexus_send,
	.rejoin = nexus_rejoin,
	.info = nexus_info,
};

static u32 port_key(const struct se_cmd *cmd)
{
	const char *name = cmd->se_sess->se_node_acl->initiatorname;

	return jhash(name, strlen(name), lower_32_bits(cmd->se_sess->sess_bin_isid));
}

static struct knell_nexus *nexus_find(struct knell_target *target, const struct se_cmd *cmd)
{
	const char *name = cmd->se_sess->se_node_acl->initiatorname;
	struct knell_nexus *nexus;

	lockdep_assert_held(&target->lock);
	hash_for_each_possible(target->ports, nexus, port, port_key(cmd))
		if (nexus->isid == cmd->se_sess->sess_bin_isid && nexus->lun == cmd->se_lun &&
		    !strcmp(nexus->link.name, name))
			return nexus;
	return NULL;
}

struct knell_nexus *knell_nexus_find(struct knell_target *target, const struct se_cmd *cmd)
{
	struct knell_nexus *nexus;

	mutex_lock(&target->lock);
	nexus = nexus_find(target, cmd);
	if (nexus)
		kref_get(&nexus->ref);
	mutex_unlock(&target->lock);
	return nexus;
}

static struct knell_nexus *nexus_create(struct knell_target *target, const struct se_cmd *cmd)
{
	struct knell_nexus *nexus;
	u32 incarnation;
	int ret;

	lockdep_assert_held(&target->lock);
	nexus = kvzalloc(sizeof(*nexus), GFP_KERNEL);
	if (!nexus)
		return ERR_PTR(-ENOMEM);
	kref_init(&nexus->ref);
	mutex_init(&nexus->rx);
	spin_lock_init(&nexus->lock);
	nexus->target = target;
	nexus->isid = cmd->se_sess->sess_bin_isid;
	nexus->lun = cmd->se_lun;
	do {
		incarnation = get_random_u32();
	} while (!incarnation);
	knell_mailbox_init(&nexus->mailbox, incarnation);
	nexus->link.ops = &nexus_link_ops;
	strscpy(nexus->link.name, cmd->se_sess->se_node_acl->initiatorname,
		sizeof(nexus->link.name));

	ret = knell_link_add(&nexus->link);
	if (ret) {
		kvfree(nexus);
		return ERR_PTR(ret);
	}
	list_add_tail(&nexus->entry, &target->nexuses);
	hash_add(target->ports, &nexus->port, port_key(cmd));
	return nexus;
}

struct knell_nexus *knell_nexus_of_parked(struct knell_target *target,
					  const struct se_cmd *cmd)
{
	struct knell_nexus *nexus = knell_nexus_find(target, cmd);
	unsigned long flags;
	bool parked;

	if (!nexus)
		return NULL;
	spin_lock_irqsave(&nexus->lock, flags);
	parked = nexus->mailbox.parked == cmd;
	spin_unlock_irqrestore(&nexus->lock, flags);
	if (parked)
		return nexus;
	knell_nexus_put(nexus);
	return NULL;
}

void knell_nexus_unpark(struct knell_nexus *nexus, struct se_cmd *cmd)
{
	unsigned long flags;
	bool parked;

	spin_lock_irqsave(&nexus->lock, flags);
	parked = knell_mailbox_unpark(&nexus->mailbox, cmd);
	nexus->idle_since = jiffies;
	spin_unlock_irqrestore(&nexus->lock, flags);
	if (parked)
		target_complete_cmd(cmd, SAM_STAT_TASK_ABORTED);
}

void knell_nexus_down(struct knell_nexus *nexus, const struct se_session *session)
{
	unsigned long flags;
	bool ours;

	mutex_lock(&nexus->rx);
	spin_lock_irqsave(&nexus->lock, flags);
	ours = nexus->session == session;
	if (ours) {
		knell_mailbox_hangup(&nexus->mailbox);
		nexus->session = NULL;
	}
	spin_unlock_irqrestore(&nexus->lock, flags);
	if (ours)
		knell_nexus_mark_down(nexus);
	mutex_unlock(&nexus->rx);
}

static void nexus_destroy(struct knell_nexus *nexus)
{
	struct knell_hop_item item;

	knell_nexus_down(nexus, READ_ONCE(nexus->session));
	knell_link_del(&nexus->link);
	while (knell_hop_flush(&nexus->mailbox.hop, &item))
		knell_nexus_put_item(&item);
	knell_nexus_put(nexus);
}

static void destroy_list(struct list_head *list)
{
	struct knell_nexus *nexus, *next;

	list_for_each_entry_safe(nexus, next, list, entry)
		nexus_destroy(nexus);
}

/* Nexuses of the same initiator that have no session: it came back under another identifier. */
static void take_abandoned(struct knell_target *target, const struct knell_nexus *heir,
			   struct list_head *abandoned)
{
	struct knell_nexus *nexus, *next;

	lockdep_assert_held(&target->lock);
	list_for_each_entry_safe(nexus, next, &target->nexuses, entry)
		if (nexus != heir && !READ_ONCE(nexus->session) &&
		    !strcmp(nexus->link.name, heir->link.name)) {
			hash_del(&nexus->port);
			list_move(&nexus->entry, abandoned);
		}
}

struct knell_nexus *knell_nexus_get(struct knell_target *target, const struct se_cmd *cmd)
{
	struct knell_nexus *nexus;
	LIST_HEAD(abandoned);

	mutex_lock(&target->lock);
	nexus = nexus_find(target, cmd);
	if (!nexus) {
		nexus = nexus_create(target, cmd);
		if (!IS_ERR(nexus))
			take_abandoned(target, nexus, &abandoned);
	}
	if (!IS_ERR(nexus))
		kref_get(&nexus->ref);
	mutex_unlock(&target->lock);
	destroy_list(&abandoned);
	return nexus;
}

void knell_nexus_destroy_all(struct knell_target *target)
{
	struct knell_nexus *nexus;
	LIST_HEAD(all);

	mutex_lock(&target->lock);
	list_for_each_entry(nexus, &target->nexuses, entry)
		hash_del(&nexus->port);
	list_splice_init(&target->nexuses, &all);
	mutex_unlock(&target->lock);
	destroy_list(&all);
}
