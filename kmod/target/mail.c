// SPDX-License-Identifier: GPL-2.0
/*
 * Executes KNELL SEND and KNELL RECEIVE of an initiator and answers parked
 * RECEIVEs. See nexus.h for the locks.
 *
 * The initiator is not trusted: everything it sends is copied first, then
 * checked; who it is says its session (the ACL of the target has checked
 * that), never its frames. What it may say is judged by the switch, which
 * knows the peer of the link.
 */
#include <linux/scatterlist.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include <target/iscsi/iscsi_target_core.h>
#include <target/target_core_backend.h>
#include <target/target_core_fabric.h>

#include "fault/fault.h"
#include "target/mail.h"
#include "target/park.h"

/* Sense codes for what the target core has no name for. */
#define ASC_NOT_READY		0x04
#define ASCQ_BECOMING_READY	0x01
#define ASC_ACCESS_DENIED	0x20
#define ASCQ_NO_ACCESS_RIGHTS	0x02
#define ASC_SEQUENCE_ERROR	0x2c

static void refuse(struct se_cmd *cmd, u8 key, u8 asc, u8 ascq)
{
	u8 sense[TRANSPORT_SENSE_BUFFER] = { };

	scsi_build_sense_buffer(0, sense, key, asc, ascq);
	transport_copy_sense_to_cmd(cmd, sense);
	target_complete_cmd(cmd, SAM_STAT_CHECK_CONDITION);
}

void knell_mail_refuse(struct se_cmd *cmd)
{
	refuse(cmd, ILLEGAL_REQUEST, ASC_SEQUENCE_ERROR, 0);
}

static void complete_with(struct se_cmd *cmd, u32 seq, u32 incarnation,
			  const void *data, size_t len)
{
	struct knell_hop_hdr hdr;

	knell_hop_seal(&hdr, seq, incarnation, data, len);
	sg_pcopy_from_buffer(cmd->t_data_sg, cmd->t_data_nents, &hdr,
			     sizeof(hdr), 0);
	sg_pcopy_from_buffer(cmd->t_data_sg, cmd->t_data_nents, data, len,
			     sizeof(hdr));
	target_complete_cmd_with_length(cmd, SAM_STAT_GOOD, sizeof(hdr) + len);
}

static void complete_with_hello(struct knell_nexus *nexus, struct se_cmd *cmd)
{
	struct knell_identity id = { 0 };
	u8 frame[KNELL_HELLO_LEN];
	struct knell_hello hello;
	unsigned long flags;

	if (!READ_ONCE(nexus->stranger) && !knell_identity_get(&id)) {
		refuse(cmd, NOT_READY, ASC_NOT_READY, ASCQ_BECOMING_READY);
		return;
	}
	hello.node = id.self;
	hello.role = id.role;
	hello.epoch = id.epoch;
	spin_lock_irqsave(&nexus->lock, flags);
	knell_hop_introduce(&nexus->mailbox.hop, &hello);
	spin_unlock_irqrestore(&nexus->lock, flags);
	knell_hop_hello_encode(frame, id.cluster, &hello);
	complete_with(cmd, 0, hello.incarnation, frame, sizeof(frame));
}

void knell_mail_hold(struct knell_nexus *nexus, const struct knell_delivery *out)
{
	lockdep_assert_held(&nexus->lock);
	if (out->answer == KNELL_MAILBOX_FRAME) {
		knell_frame_get(out->item.cookie);
		nexus->stats.tx_frames++;
	}
	if (out->answer != KNELL_MAILBOX_PARK)
		nexus->active = jiffies;
	nexus->idle_since = jiffies;
}

void knell_mail_deliver(struct knell_nexus *nexus, struct knell_delivery *out)
{
	struct se_cmd *cmd = out->command;

	if (out->superseded)
		target_complete_cmd_with_length(out->superseded, SAM_STAT_GOOD, 0);
	switch (out->answer) {
	case KNELL_MAILBOX_PARK:
		break;
	case KNELL_MAILBOX_HELLO:
		complete_with_hello(nexus, cmd);
		break;
	case KNELL_MAILBOX_FRAME:
		complete_with(cmd, out->seq, nexus->mailbox.hop.incarnation,
			      out->item.data, out->item.len);
		knell_nexus_put_item(&out->item);
		break;
	case KNELL_MAILBOX_REFUSE:
		knell_mail_refuse(cmd);
		break;
	}
}

/* What a SEND brought is refused. */
static sense_reason_t drop(struct knell_nexus *nexus)
{
	unsigned long flags;

	spin_lock_irqsave(&nexus->lock, flags);
	nexus->stats.rx_dropped++;
	spin_unlock_irqrestore(&nexus->lock, flags);
	return TCM_INVALID_PARAMETER_LIST;
}

/*
 * The target ends a session when its NOP-In stays unanswered. On other fabrics
 * than iSCSI nothing is known of how a session ends.
 */
static u32 patience_ms(const struct se_session *session)
{
	const struct iscsi_node_attrib *attrib;

	if (strcmp(session->se_tpg->se_tpg_tfo->fabric_name, "iSCSI"))
		return 0;
	attrib = &to_iscsi_nacl(session->se_node_acl)->node_attrib;
	if (!READ_ONCE(attrib->nopin_timeout))
		return 0;
	return (READ_ONCE(attrib->nopin_timeout) +
		READ_ONCE(attrib->nopin_response_timeout)) * MSEC_PER_SEC;
}

/* Only with a cluster there are members, and only initiators it names can be some. */
static bool refuse_as_member(struct se_cmd *cmd, u16 node)
{
	struct knell_identity id;

	if (!knell_identity_get(&id)) {
		refuse(cmd, NOT_READY, ASC_NOT_READY, ASCQ_BECOMING_READY);
		return true;
	}
	if (node == KNELL_NODE_NONE) {
		refuse(cmd, ILLEGAL_REQUEST, ASC_ACCESS_DENIED, ASCQ_NO_ACCESS_RIGHTS);
		return true;
	}
	return false;
}

/* Is it the node that this initiator is, and of our cluster, or a stranger who may come in? */
static const char *why_not(const struct knell_hello *hello, u32 cluster, u16 node)
{
	struct knell_identity id;

	if (!cluster)
		return knell_strangers_welcome() ? NULL : "in no cluster, which it may not";
	if (!knell_identity_get(&id) || cluster != id.cluster)
		return "other cluster";
	return hello->node == node ? NULL : "other node number";
}

static sense_reason_t take_hello(struct knell_nexus *nexus, struct se_cmd *cmd,
				 u16 node, const struct knell_hop_view *view)
{
	struct se_cmd *stale = NULL;
	struct knell_hop_item item;
	struct knell_delivery out;
	struct knell_hello hello;
	bool restarted, other_kind, new_session;
	unsigned long flags;
	const char *why;
	u32 cluster;
	int ret;

	lockdep_assert_held(&nexus->rx);
	ret = knell_hop_hello_decode(view->data, view->len, &cluster, &hello);
	if (!ret && cluster && refuse_as_member(cmd, node))
		return 0;
	if (ret)
		why = "malformed";
	else if (hello.incarnation != view->incarnation)
		why = "incarnations differ";
	else
		why = why_not(&hello, cluster, node);
	if (why) {
		pr_warn_ratelimited("knell_target: %s: HELLO refused: %s; compare the cluster files of both nodes\n",
				    nexus->link.name, why);
		return drop(nexus);
	}

	other_kind = nexus->stranger == !!cluster;
	spin_lock_irqsave(&nexus->lock, flags);
	new_session = nexus->session != cmd->se_sess;
	ret = knell_hop_greet(&nexus->mailbox.hop, &hello, &restarted, &item);
	if (ret < 0) {
		spin_unlock_irqrestore(&nexus->lock, flags);
		return drop(nexus);
	}
	WRITE_ONCE(nexus->stranger, !cluster);
	if (ret > 0)
		knell_nexus_put_item(&item);
	/* What was meant for a member is not for a stranger, nor the other way round. */
	while ((restarted || other_kind) && knell_hop_flush(&nexus->mailbox.hop, &item))
		knell_nexus_put_item(&item);
	if (nexus->mailbox.parked &&
	    ((struct se_cmd *)nexus->mailbox.parked)->se_sess != cmd->se_sess) {
		stale = nexus->mailbox.parked;
		nexus->mailbox.parked = NULL;
	}
	nexus->session = cmd->se_sess;
	nexus->patience_ms = patience_ms(cmd->se_sess);
	nexus->mailbox.greeted = true;
	nexus->mailbox.greet = true;
	nexus->stats.restarts += new_session;
	knell_mailbox_pump(&nexus->mailbox, &out);
	knell_mail_hold(nexus, &out);
	spin_unlock_irqrestore(&nexus->lock, flags);

	if (stale)
		target_complete_cmd(stale, SAM_STAT_TASK_ABORTED);
	knell_mail_deliver(nexus, &out);
	if (new_session || other_kind)
		knell_nexus_mark_down(nexus);
	nexus->up = true;
	if (nexus->stranger)
		knell_link_stranger(&nexus->link);
	else
		knell_link_up(&nexus->link, hello.node, hello.role, hello.epoch);
	knell_park_watch(nexus->target);
	target_complete_cmd(cmd, SAM_STAT_GOOD);
	return 0;
}

static sense_reason_t take_mail(struct knell_nexus *nexus, struct se_cmd *cmd,
				u16 node, const struct knell_cdb *cdb)
{
	struct knell_hop_view view;
	enum knell_mail mail;
	unsigned long flags;

	lockdep_assert_held(&nexus->rx);
	knell_fault_delay(KNELL_FAULT_TARGET);
	if (knell_fault(KNELL_FAULT_TARGET, KNELL_FAULT_FAIL))
		return TCM_OUT_OF_RESOURCES;
	if (sg_copy_to_buffer(cmd->t_data_sg, cmd->t_data_nents, nexus->buf,
			      cdb->length) != cdb->length ||
	    knell_hop_open(nexus->buf, cdb->length, &view)) {
		return drop(nexus);
	}

	spin_lock_irqsave(&nexus->lock, flags);
	nexus->active = jiffies;
	/* Another session, or the initiator is no longer whom it was taken for at its HELLO. */
	if (nexus->session != cmd->se_sess ||
	    (nexus->stranger ? !knell_strangers_welcome() : READ_ONCE(nexus->link.peer) != node))
		knell_mailbox_hangup(&nexus->mailbox);
	mail = knell_mailbox_send(&nexus->mailbox, cdb, &view);
	switch (mail) {
	case KNELL_MAIL_FRAME:
		nexus->stats.rx_frames++;
		break;
	case KNELL_MAIL_DUPLICATE:
		nexus->stats.rx_duplicate++;
		break;
	case KNELL_MAIL_GAP:
	case KNELL_MAIL_MALFORMED:
		nexus->stats.rx_dropped++;
		break;
	default:
		break;
	}
	spin_unlock_irqrestore(&nexus->lock, flags);

	switch (mail) {
	case KNELL_MAIL_HELLO:
		return take_hello(nexus, cmd, node, &view);
	case KNELL_MAIL_FRAME:
		knell_link_rx(&nexus->link, view.data, view.len);
		fallthrough;
	case KNELL_MAIL_DUPLICATE:
		target_complete_cmd(cmd, SAM_STAT_GOOD);
		return 0;
	case KNELL_MAIL_MALFORMED:
		return TCM_INVALID_PARAMETER_LIST;
	default:
		knell_mail_refuse(cmd);
		return 0;
	}
}

sense_reason_t knell_mail_send(struct knell_target *target, struct se_cmd *cmd,
			       const struct knell_cdb *cdb)
{
	u16 node = knell_node_of_initiator(cmd->se_sess->se_node_acl->initiatorname);
	struct knell_nexus *nexus;
	sense_reason_t ret;

	if (!knell_strangers_welcome() && refuse_as_member(cmd, node))
		return 0;
	nexus = knell_nexus_get(target, cmd);
	if (IS_ERR(nexus))
		return TCM_OUT_OF_RESOURCES;
	mutex_lock(&nexus->rx);
	ret = take_mail(nexus, cmd, node, cdb);
	mutex_unlock(&nexus->rx);
	knell_nexus_put(nexus);
	return ret;
}

sense_reason_t knell_mail_receive(struct knell_target *target, struct se_cmd *cmd,
				  const struct knell_cdb *cdb)
{
	struct knell_nexus *nexus = knell_nexus_find(target, cmd);
	struct knell_hop_item done;
	struct knell_delivery out;
	unsigned long flags;
	bool finished;

	if (!nexus) {
		knell_mail_refuse(cmd);
		return 0;
	}
	spin_lock_irqsave(&nexus->lock, flags);
	nexus->active = jiffies;
	if (nexus->session != cmd->se_sess)
		knell_mailbox_hangup(&nexus->mailbox);
	finished = knell_mailbox_receive(&nexus->mailbox, cmd, cdb->seq, &out, &done);
	knell_mail_hold(nexus, &out);
	spin_unlock_irqrestore(&nexus->lock, flags);

	if (finished)
		knell_nexus_put_item(&done);
	knell_mail_deliver(nexus, &out);
	knell_nexus_put(nexus);
	return 0;
}
