/* SPDX-License-Identifier: GPL-2.0 */
/* A live iSCSI session and connection, pinned so that a dying kernel may read it. */
#ifndef KNELL_NOTICE_NEXUS_H
#define KNELL_NOTICE_NEXUS_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/types.h>

struct iscsi_cls_conn;
struct iscsi_cls_session;
struct iscsi_conn;
struct iscsi_session;
struct scsi_device;
struct sock;

/**
 * struct knell_nexus - pinned memory of one iSCSI session; immutable
 * @ref: the list of sessions, and every frame prepared for it
 * @node: for the owner of the list
 * @sdev: mailbox LUN the session belongs to
 * @cls_session: pins @session
 * @cls_conn: pins @conn
 * @session: libiscsi's session
 * @conn: its connection at the time of knell_nexus_open()
 * @sk: TCP socket of the connection at that time
 * @family: of the connection, AF_INET or AF_INET6
 * @src: own address
 * @dst: address of the target portal
 */
struct knell_nexus {
	struct kref ref;
	struct list_head node;
	struct scsi_device *sdev;
	struct iscsi_cls_session *cls_session;
	struct iscsi_cls_conn *cls_conn;
	struct iscsi_session *session;
	struct iscsi_conn *conn;
	struct sock *sk;
	u16 family;
	u8 src[16];
	u8 dst[16];
};

struct knell_nexus *knell_nexus_open(struct scsi_device *sdev);
struct knell_nexus *knell_nexus_get(struct knell_nexus *nexus);
void knell_nexus_put(struct knell_nexus *nexus);

#endif /* KNELL_NOTICE_NEXUS_H */
