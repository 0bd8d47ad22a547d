/* SPDX-License-Identifier: GPL-2.0 */
/* The initiator links: this node's side of every mailbox LUN it is logged in to. */
#ifndef KNELL_FABRIC_INITIATOR_H
#define KNELL_FABRIC_INITIATOR_H

struct scsi_device;

/**
 * struct knell_initiator_ops - what an upper floor hears
 * @session_up: HELLO was exchanged over @sdev
 * @session_down: it is going away; called before the device may vanish
 *
 * Process context; may sleep. Each call of @session_up is followed by one of
 * @session_down.
 */
struct knell_initiator_ops {
	void (*session_up)(struct scsi_device *sdev);
	void (*session_down)(struct scsi_device *sdev);
};

/* Bind to the mailbox LUNs that are there and to those that come; @ops may be NULL. 0 or -errno. */
int knell_initiator_init(const struct knell_initiator_ops *ops);
/* Let go of all of them; parked commands end first. */
void knell_initiator_exit(void);

#endif /* KNELL_FABRIC_INITIATOR_H */
