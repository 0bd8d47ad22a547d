/* SPDX-License-Identifier: GPL-2.0 */
/* Makes an initiator notice that its router is gone, without a packet while all is well. */
#ifndef KNELL_NOTICE_KEEPALIVE_H
#define KNELL_NOTICE_KEEPALIVE_H

struct scsi_device;

/**
 * knell_keepalive() - watch the TCP connection under a mailbox LUN
 * @sdev: the LUN; its session is up
 *
 * Does nothing with "supervision: off" or if the LUN is not reached through
 * iscsi_tcp. A change of the option counts from the next login on. Process
 * context, may sleep; takes knell_lock.
 */
void knell_keepalive(struct scsi_device *sdev);

#endif /* KNELL_NOTICE_KEEPALIVE_H */
