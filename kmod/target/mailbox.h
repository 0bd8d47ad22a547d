/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mailbox of one initiator: what a KNELL SEND or KNELL RECEIVE does to it
 * and when a parked RECEIVE is answered.
 *
 * Context and locking: pure logic without locks; the owner of a
 * struct knell_mailbox serialises the calls for it. A command is an opaque
 * token here.
 */
#ifndef KNELL_TARGET_MAILBOX_H
#define KNELL_TARGET_MAILBOX_H

#include "fabric/cdb.h"
#include "fabric/hop.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct knell_mailbox - mailbox of one initiator
 * @hop: sequences and queues
 * @greeted: a HELLO was accepted on the present session
 * @greet: the own HELLO is to be delivered, before everything else
 * @parked: the RECEIVE that waits for a frame, or NULL
 */
struct knell_mailbox {
	struct knell_hop hop;
	bool greeted;
	bool greet;
	void *parked;
};

/**
 * enum knell_mailbox_answer - what to complete a RECEIVE with
 * @KNELL_MAILBOX_PARK: nothing yet
 * @KNELL_MAILBOX_HELLO: with the own HELLO, unsequenced
 * @KNELL_MAILBOX_FRAME: with a frame
 * @KNELL_MAILBOX_REFUSE: with an error: no HELLO on this session yet
 */
enum knell_mailbox_answer {
	KNELL_MAILBOX_PARK,
	KNELL_MAILBOX_HELLO,
	KNELL_MAILBOX_FRAME,
	KNELL_MAILBOX_REFUSE,
};

/**
 * struct knell_delivery - what the caller has to do with RECEIVE commands
 * @answer: what @command is completed with
 * @command: command to complete, unless @answer is KNELL_MAILBOX_PARK
 * @superseded: older RECEIVE to complete with no data, or NULL
 * @item: the frame, for KNELL_MAILBOX_FRAME
 * @seq: its hop sequence
 */
struct knell_delivery {
	enum knell_mailbox_answer answer;
	void *command;
	void *superseded;
	struct knell_hop_item item;
	u32 seq;
};

/**
 * enum knell_mail - what a SEND brought
 * @KNELL_MAIL_HELLO: a HELLO to look into
 * @KNELL_MAIL_FRAME: a new frame for the switch
 * @KNELL_MAIL_DUPLICATE: a frame that came before: GOOD, drop
 * @KNELL_MAIL_EARLY: refuse: no HELLO on this session yet
 * @KNELL_MAIL_GAP: refuse: out of sequence
 * @KNELL_MAIL_MALFORMED: refuse: header and command do not agree
 */
enum knell_mail {
	KNELL_MAIL_HELLO,
	KNELL_MAIL_FRAME,
	KNELL_MAIL_DUPLICATE,
	KNELL_MAIL_EARLY,
	KNELL_MAIL_GAP,
	KNELL_MAIL_MALFORMED,
};

void knell_mailbox_init(struct knell_mailbox *mailbox, u32 incarnation);

/**
 * knell_mailbox_receive() - a RECEIVE arrived
 * @mailbox: of the initiator
 * @command: the RECEIVE
 * @ack: cumulative acknowledgement in it
 * @out: what to do
 * @done: frame that is finished
 *
 * One RECEIVE is parked at a time; a newer one supersedes it, because an
 * initiator that asks again no longer waits for the older one.
 *
 * Return: true if @done was filled.
 */
bool knell_mailbox_receive(struct knell_mailbox *mailbox, void *command,
			   u32 ack, struct knell_delivery *out,
			   struct knell_hop_item *done);

/* Something was queued or is to be greeted: answer the parked RECEIVE if there is one. */
void knell_mailbox_pump(struct knell_mailbox *mailbox,
			struct knell_delivery *out);

/**
 * knell_mailbox_send() - a SEND arrived
 * @mailbox: of the initiator
 * @cdb: the command
 * @view: its data, checked by knell_hop_open()
 */
enum knell_mail knell_mailbox_send(struct knell_mailbox *mailbox,
				   const struct knell_cdb *cdb,
				   const struct knell_hop_view *view);

/* Forget a parked command; false if it is not the parked one. */
bool knell_mailbox_unpark(struct knell_mailbox *mailbox, const void *command);

/* The session ended or starts over: frames stay, the greeting does not. */
void knell_mailbox_hangup(struct knell_mailbox *mailbox);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_TARGET_MAILBOX_H */
