/* SPDX-License-Identifier: GPL-2.0 */
/* KNELL SEND and KNELL RECEIVE of an initiator, and the answers to parked RECEIVEs. */
#ifndef KNELL_TARGET_MAIL_H
#define KNELL_TARGET_MAIL_H

#include "target/nexus.h"

/*
 * Execute a command that knell_cdb_parse() accepted. Return: 0 (the command
 * is or will be completed), or why it is refused.
 */
sense_reason_t knell_mail_send(struct knell_target *target, struct se_cmd *cmd,
			       const struct knell_cdb *cdb);
sense_reason_t knell_mail_receive(struct knell_target *target, struct se_cmd *cmd,
				  const struct knell_cdb *cdb);

/* A delivery was taken out of the mailbox: keep its frame, count. @nexus->lock held. */
void knell_mail_hold(struct knell_nexus *nexus, const struct knell_delivery *out);
/* Complete its commands. No spin lock held. */
void knell_mail_deliver(struct knell_nexus *nexus, struct knell_delivery *out);
/* Complete @cmd so that the initiator starts over with HELLO. */
void knell_mail_refuse(struct se_cmd *cmd);

#endif /* KNELL_TARGET_MAIL_H */
