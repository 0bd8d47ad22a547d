// SPDX-License-Identifier: GPL-2.0
/*
 * The mailbox of one initiator: commands in, deliveries out. Pure logic, see
 * mailbox.h.
 */
#include "target/mailbox.h"

void knell_mailbox_init(struct knell_mailbox *mailbox, u32 incarnation)
{
	knell_hop_init(&mailbox->hop, incarnation);
	mailbox->greeted = false;
	mailbox->greet = false;
	mailbox->parked = NULL;
}

void knell_mailbox_pump(struct knell_mailbox *mailbox,
			struct knell_delivery *out)
{
	const struct knell_hop_item *item;

	memset(out, 0, sizeof(*out));
	out->answer = KNELL_MAILBOX_PARK;
	if (!mailbox->parked)
		return;
	if (mailbox->greet) {
		mailbox->greet = false;
		out->answer = KNELL_MAILBOX_HELLO;
	} else {
		item = knell_hop_next(&mailbox->hop, &out->seq);
		if (!item)
			return;
		out->answer = KNELL_MAILBOX_FRAME;
		out->item = *item;
	}
	out->command = mailbox->parked;
	mailbox->parked = NULL;
}

bool knell_mailbox_receive(struct knell_mailbox *mailbox, void *command,
			   u32 ack, struct knell_delivery *out,
			   struct knell_hop_item *done)
{
	void *superseded = mailbox->parked;
	bool finished;

	if (!mailbox->greeted) {
		memset(out, 0, sizeof(*out));
		out->answer = KNELL_MAILBOX_REFUSE;
		out->command = command;
		return false;
	}
	finished = knell_hop_ack(&mailbox->hop, ack, done);
	mailbox->parked = command;
	knell_mailbox_pump(mailbox, out);
	out->superseded = superseded;
	return finished;
}

enum knell_mail knell_mailbox_send(struct knell_mailbox *mailbox,
				   const struct knell_cdb *cdb,
				   const struct knell_hop_view *view)
{
	bool hello = knell_hop_kind(view) == KNELL_FRAME_HELLO;

	if (view->seq != cdb->seq || (hello && !cdb->unsequenced))
		return KNELL_MAIL_MALFORMED;
	if (hello)
		return KNELL_MAIL_HELLO;
	if (!mailbox->greeted)
		return KNELL_MAIL_EARLY;
	if (cdb->unsequenced)
		return KNELL_MAIL_FRAME;
	switch (knell_hop_receive(&mailbox->hop, view->incarnation, view->seq)) {
	case KNELL_HOP_NEW:
		return KNELL_MAIL_FRAME;
	case KNELL_HOP_DUPLICATE:
		return KNELL_MAIL_DUPLICATE;
	default:
		return KNELL_MAIL_GAP;
	}
}

bool knell_mailbox_unpark(struct knell_mailbox *mailbox, const void *command)
{
	if (!command || mailbox->parked != command)
		return false;
	mailbox->parked = NULL;
	return true;
}

void knell_mailbox_hangup(struct knell_mailbox *mailbox)
{
	mailbox->greeted = false;
	mailbox->greet = false;
}
