// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the TCP connection under a mailbox LUN and pins everything a dying
 * kernel reads of it: LUN, session, connection and socket.
 *
 * libiscsi frees none of these while its device is referenced, and a socket
 * stays as memory while it is held, whatever became of the connection. So a
 * panic in the middle of a logout reads stale state, never freed memory; the
 * states tell it that the connection is not the one it was. The socket is
 * found through the public parameters and the hash of established connections:
 * the structure in which iscsi_tcp keeps it is private to that driver.
 *
 * Context and locking: process context, may sleep. A nexus never changes.
 */
#include <linux/inet.h>
#include <linux/slab.h>
#include <net/inet_hashtables.h>
#include <net/inet6_hashtables.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <scsi/libiscsi.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "nexus.h"

static void knell_nexus_release(struct kref *ref)
{
	struct knell_nexus *nexus = container_of(ref, struct knell_nexus, ref);

	if (nexus->sk)
		sock_gen_put(nexus->sk);
	if (nexus->cls_conn)
		put_device(&nexus->cls_conn->dev);
	put_device(&nexus->cls_session->dev);
	put_device(&nexus->sdev->sdev_gendev);
	kfree(nexus);
}

/**
 * knell_nexus_get() - one more user
 * @nexus: from knell_nexus_open()
 */
struct knell_nexus *knell_nexus_get(struct knell_nexus *nexus)
{
	kref_get(&nexus->ref);
	return nexus;
}

/**
 * knell_nexus_put() - one user less; the last one releases all pins
 * @nexus: from knell_nexus_open()
 *
 * Context: process, may sleep.
 */
void knell_nexus_put(struct knell_nexus *nexus)
{
	kref_put(&nexus->ref, knell_nexus_release);
}

static int knell_nexus_param(struct knell_nexus *nexus, enum iscsi_param param, char *page)
{
	int len = nexus->session->tt->get_conn_param(nexus->cls_conn, param, page);

	return len < 0 ? len : 0;
}

static int knell_nexus_port(struct knell_nexus *nexus, enum iscsi_param param, char *page,
			    u16 *port)
{
	int err = knell_nexus_param(nexus, param, page);

	return err ? err : kstrtou16(strim(page), 10, port);
}

static int knell_nexus_address(struct knell_nexus *nexus, char *page, u8 *addr)
{
	page = strim(page);
	if (in4_pton(page, -1, addr, -1, NULL)) {
		nexus->family = AF_INET;
		return 0;
	}
	if (in6_pton(page, -1, addr, -1, NULL)) {
		nexus->family = AF_INET6;
		return 0;
	}
	return -EAFNOSUPPORT;
}

/* Both ends of the connection, as the transport tells them to user space. */
static int knell_nexus_ends(struct knell_nexus *nexus, u16 *sport, u16 *dport)
{
	/* The transport formats with sysfs_emit(), which wants a page of its own. */
	char *page = (char *)__get_free_page(GFP_KERNEL);
	int err;

	if (!page)
		return -ENOMEM;
	err = knell_nexus_param(nexus, ISCSI_PARAM_CONN_ADDRESS, page);
	if (!err)
		err = knell_nexus_address(nexus, page, nexus->dst);
	if (!err) {
		err = nexus->session->tt->get_host_param(nexus->sdev->host,
							 ISCSI_HOST_PARAM_IPADDRESS, page);
		err = err < 0 ? err : knell_nexus_address(nexus, page, nexus->src);
	}
	if (!err)
		err = knell_nexus_port(nexus, ISCSI_PARAM_CONN_PORT, page, dport);
	if (!err)
		err = knell_nexus_port(nexus, ISCSI_PARAM_LOCAL_PORT, page, sport);
	free_page((unsigned long)page);
	return err;
}

static struct sock *knell_nexus_lookup(const struct knell_nexus *nexus, u16 sport, u16 dport,
				       int ifindex)
{
	struct inet_hashinfo *hash = init_net.ipv4.tcp_death_row.hashinfo;
	__be32 src, dst;

	if (nexus->family == AF_INET6)
		return __inet6_lookup_established(&init_net, hash,
						  (const struct in6_addr *)nexus->dst, htons(dport),
						  (const struct in6_addr *)nexus->src, sport,
						  ifindex, 0);
	memcpy(&src, nexus->src, 4);
	memcpy(&dst, nexus->dst, 4);
	return __inet_lookup_established(&init_net, hash, dst, htons(dport), src, sport,
					 ifindex, 0);
}

/* A socket that open-iscsi bound to a device is found only with that device's number. */
static struct sock *knell_nexus_sock(const struct knell_nexus *nexus, u16 sport, u16 dport)
{
	struct sock *sk = knell_nexus_lookup(nexus, sport, dport, 0);
	struct net_device *dev;

	rcu_read_lock();
	for_each_netdev_rcu(&init_net, dev) {
		if (sk)
			break;
		sk = knell_nexus_lookup(nexus, sport, dport, dev->ifindex);
	}
	rcu_read_unlock();

	if (sk && !sk_fullsock(sk)) {
		sock_gen_put(sk);
		sk = NULL;
	}
	return sk;
}

/* The connection that leads the session now, with a reference. */
static int knell_nexus_lead(struct knell_nexus *nexus)
{
	struct iscsi_session *session = nexus->session;
	int err = -ENOTCONN;

	spin_lock_bh(&session->frwd_lock);
	if (session->leadconn && session->state == ISCSI_STATE_LOGGED_IN) {
		nexus->conn = session->leadconn;
		nexus->cls_conn = nexus->conn->cls_conn;
		get_device(&nexus->cls_conn->dev);
		err = 0;
	}
	spin_unlock_bh(&session->frwd_lock);
	return err;
}

/**
 * knell_nexus_open() - pin the session of a mailbox LUN
 * @sdev: the LUN, referenced by the caller
 *
 * Context: process, may sleep.
 * Return: the nexus, or an error pointer: -EPROTONOSUPPORT the LUN is not
 * reached through iscsi_tcp, -ENOTCONN there is no connection now,
 * -EAFNOSUPPORT, -ENOMEM.
 */
struct knell_nexus *knell_nexus_open(struct scsi_device *sdev)
{
	const char *driver = sdev->host->hostt->proc_name;
	struct knell_nexus *nexus;
	u16 sport = 0, dport = 0;
	int err;

	if (!driver || strcmp(driver, "iscsi_tcp"))
		return ERR_PTR(-EPROTONOSUPPORT);
	nexus = kzalloc(sizeof(*nexus), GFP_KERNEL);
	if (!nexus)
		return ERR_PTR(-ENOMEM);
	kref_init(&nexus->ref);
	INIT_LIST_HEAD(&nexus->node);
	nexus->sdev = sdev;
	get_device(&sdev->sdev_gendev);
	nexus->cls_session = starget_to_session(scsi_target(sdev));
	get_device(&nexus->cls_session->dev);
	nexus->session = nexus->cls_session->dd_data;

	err = knell_nexus_lead(nexus);
	if (!err)
		err = knell_nexus_ends(nexus, &sport, &dport);
	if (!err) {
		nexus->sk = knell_nexus_sock(nexus, sport, dport);
		err = nexus->sk ? 0 : -ENOTCONN;
	}
	if (err) {
		knell_nexus_put(nexus);
		return ERR_PTR(err);
	}
	return nexus;
}
