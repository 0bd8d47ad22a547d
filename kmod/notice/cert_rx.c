// SPDX-License-Identifier: GPL-2.0
/*
 * Listens for death certificates on a UDP port and verifies them.
 *
 * Anybody can send datagrams here: what arrives is untrusted until its MAC was
 * compared, in constant time. The number of MACs computed per second is
 * limited; beyond it datagrams are dropped and counted. The port is open only
 * while the node is a member.
 *
 * Context and locking: process context. knell_cert_rx.lock protects the socket,
 * key and identity; the work takes it only to read a datagram and judge it, not
 * around the callback. The socket's data-ready callback queues the work.
 */
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <linux/in6.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/ratelimit.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "cert.h"
#include "cert_rx.h"
#include "fault/fault.h"

/*
 * MACs computed per second at most: a few milliseconds of one CPU. One node
 * sends one certificate per address of ours, once in its life; the rest of the
 * room is there so that it takes a flood to keep a true one out.
 */
#define KNELL_CERT_RX_MACS	4096

static unsigned int knell_cert_rx_macs = KNELL_CERT_RX_MACS;
module_param_named(cert_macs, knell_cert_rx_macs, uint, 0444);
MODULE_PARM_DESC(cert_macs, "death certificates verified per second at most, at least 1; more are dropped and counted (4096)");

static struct {
	struct mutex lock;
	struct socket *sock;
	struct crypto_shash *key;
	u32 cluster;
	u16 self;
	struct knell_cert_rx_stats stats;
	void (*died)(u16 node, u32 epoch, enum knell_reason reason);
	void (*data_ready)(struct sock *sk);
	struct workqueue_struct *wq;
	struct work_struct work;
} knell_cert_rx = {
	.lock = __MUTEX_INITIALIZER(knell_cert_rx.lock),
};

static struct ratelimit_state knell_cert_rx_limit;

/* Softirq, RCU read side. */
static void knell_cert_rx_ready(struct sock *sk)
{
	queue_work(knell_cert_rx.wq, &knell_cert_rx.work);
}

static bool knell_cert_rx_verify(const struct knell_wire_cert *cert)
{
	u8 mac[KNELL_CERT_MAC_LEN];

	if (knell_cert_mac(knell_cert_rx.key, cert, KNELL_CERT_SIGNED_LEN, mac))
		return false;
	if (knell_fault(KNELL_FAULT_CERT, KNELL_FAULT_DAMAGE))
		mac[0] ^= 1;
	return !crypto_memneq(mac, cert->mac, sizeof(mac));
}

/* true: somebody else died, and this proves it. */
static bool knell_cert_rx_judge(const struct knell_wire_cert *cert, size_t len)
{
	struct knell_cert_rx_stats *stats = &knell_cert_rx.stats;

	lockdep_assert_held(&knell_cert_rx.lock);
	switch (knell_cert_inspect(cert, len, knell_cert_rx.cluster)) {
	case KNELL_CERT_MALFORMED:
		stats->malformed++;
		return false;
	case KNELL_CERT_CLUSTER:
		stats->wrong_cluster++;
		return false;
	case KNELL_CERT_OK:
		break;
	}
	if (knell_fault(KNELL_FAULT_CERT, KNELL_FAULT_DROP))
		return false;
	if (!__ratelimit(&knell_cert_rx_limit)) {
		stats->limited++;
		return false;
	}
	if (!knell_cert_rx_verify(cert)) {
		stats->bad_mac++;
		return false;
	}
	if (be16_to_cpu(cert->node) == knell_cert_rx.self)
		return false;
	stats->accepted++;
	return true;
}

/* Length of the next datagram, which may exceed the certificate; negative if there is none. */
static int knell_cert_rx_read(struct knell_wire_cert *cert)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_TRUNC };
	struct kvec vec = { .iov_base = cert, .iov_len = sizeof(*cert) };

	lockdep_assert_held(&knell_cert_rx.lock);
	if (!knell_cert_rx.sock)
		return -ENOTCONN;
	return kernel_recvmsg(knell_cert_rx.sock, &msg, &vec, 1, sizeof(*cert), msg.msg_flags);
}

static void knell_cert_rx_work(struct work_struct *work)
{
	struct knell_wire_cert cert;
	bool proven;
	int len;

	for (;;) {
		mutex_lock(&knell_cert_rx.lock);
		len = knell_cert_rx_read(&cert);
		proven = len >= 0 && knell_cert_rx_judge(&cert, len);
		mutex_unlock(&knell_cert_rx.lock);
		if (len < 0)
			return;
		if (proven) {
			knell_fault_delay(KNELL_FAULT_CERT);
			knell_cert_rx.died(be16_to_cpu(cert.node), be32_to_cpu(cert.epoch),
					   cert.reason);
		}
		cond_resched();
	}
}

static int knell_cert_rx_bind(struct socket *sock, u16 family)
{
	struct sockaddr_in6 any6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(KNELL_CERT_PORT),
	};
	struct sockaddr_in any4 = {
		.sin_family = AF_INET,
		.sin_port = htons(KNELL_CERT_PORT),
	};

	if (family == AF_INET)
		return kernel_bind(sock, (struct sockaddr *)&any4, sizeof(any4));
	sock->sk->sk_ipv6only = 0;
	return kernel_bind(sock, (struct sockaddr *)&any6, sizeof(any6));
}

static struct socket *knell_cert_rx_socket(u16 family)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, family, SOCK_DGRAM, IPPROTO_UDP, &sock);
	if (err)
		return ERR_PTR(err);
	err = knell_cert_rx_bind(sock, family);
	if (err) {
		sock_release(sock);
		return ERR_PTR(err);
	}
	return sock;
}

/* Dual stack; a kernel booted without IPv6 gets IPv4 alone. */
static int knell_cert_rx_open(void)
{
	struct socket *sock = knell_cert_rx_socket(AF_INET6);

	lockdep_assert_held(&knell_cert_rx.lock);
	if (PTR_ERR_OR_ZERO(sock) == -EAFNOSUPPORT)
		sock = knell_cert_rx_socket(AF_INET);
	if (IS_ERR(sock))
		return PTR_ERR(sock);

	write_lock_bh(&sock->sk->sk_callback_lock);
	knell_cert_rx.data_ready = sock->sk->sk_data_ready;
	sock->sk->sk_data_ready = knell_cert_rx_ready;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	knell_cert_rx.sock = sock;
	/* Whatever came between bind and callback. */
	queue_work(knell_cert_rx.wq, &knell_cert_rx.work);
	return 0;
}

static void knell_cert_rx_close(void)
{
	struct socket *sock = knell_cert_rx.sock;

	lockdep_assert_held(&knell_cert_rx.lock);
	if (!sock)
		return;
	write_lock_bh(&sock->sk->sk_callback_lock);
	sock->sk->sk_data_ready = knell_cert_rx.data_ready;
	write_unlock_bh(&sock->sk->sk_callback_lock);
	knell_cert_rx.sock = NULL;
	sock_release(sock);
	/* A callback that was fetched before is over then; the next may be for another module. */
	synchronize_net();
}

/**
 * knell_cert_rx_arm() - listen as a member of a cluster, or stop listening
 * @key: from knell_cert_key(), owned by this file from now on; NULL = stop
 * @cluster: cluster id
 * @self: own node
 *
 * Context: process, may sleep.
 * Return: 0; otherwise nothing has changed and @key is still the caller's:
 * -EADDRINUSE the port is taken, or what the network layer says.
 */
int knell_cert_rx_arm(struct crypto_shash *key, u32 cluster, u16 self)
{
	int err = 0;

	mutex_lock(&knell_cert_rx.lock);
	if (key && !knell_cert_rx.sock)
		err = knell_cert_rx_open();
	if (!err) {
		if (knell_cert_rx.key)
			crypto_free_shash(knell_cert_rx.key);
		knell_cert_rx.key = key;
		knell_cert_rx.cluster = cluster;
		knell_cert_rx.self = self;
	}
	if (!key)
		knell_cert_rx_close();
	mutex_unlock(&knell_cert_rx.lock);
	return err;
}

/**
 * knell_cert_rx_stats() - counters since the module was loaded
 * @stats: filled
 *
 * Context: process, may sleep.
 */
void knell_cert_rx_stats(struct knell_cert_rx_stats *stats)
{
	mutex_lock(&knell_cert_rx.lock);
	*stats = knell_cert_rx.stats;
	mutex_unlock(&knell_cert_rx.lock);
}

/**
 * knell_cert_rx_init() - get ready to listen
 * @died: called for every valid certificate, in process context
 *
 * Return: 0 or -ENOMEM.
 */
int knell_cert_rx_init(void (*died)(u16 node, u32 epoch, enum knell_reason reason))
{
	INIT_WORK(&knell_cert_rx.work, knell_cert_rx_work);
	knell_cert_rx_macs = clamp_t(unsigned int, knell_cert_rx_macs, 1, INT_MAX);
	ratelimit_state_init(&knell_cert_rx_limit, HZ, knell_cert_rx_macs);
	ratelimit_set_flags(&knell_cert_rx_limit, RATELIMIT_MSG_ON_RELEASE);
	knell_cert_rx.died = died;
	knell_cert_rx.wq = alloc_ordered_workqueue("knell_cert", WQ_HIGHPRI | WQ_MEM_RECLAIM);
	return knell_cert_rx.wq ? 0 : -ENOMEM;
}

/**
 * knell_cert_rx_exit() - stop listening; no callback runs or will run afterwards
 *
 * Context: process, may sleep.
 */
void knell_cert_rx_exit(void)
{
	knell_cert_rx_arm(NULL, 0, 0);
	destroy_workqueue(knell_cert_rx.wq);
	knell_cert_rx.wq = NULL;
}
