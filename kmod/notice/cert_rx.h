/* SPDX-License-Identifier: GPL-2.0 */
/* Listener for other nodes' death certificates. */
#ifndef KNELL_NOTICE_CERT_RX_H
#define KNELL_NOTICE_CERT_RX_H

#include <linux/types.h>
#include <linux/knell_wire.h>

struct crypto_shash;

/**
 * struct knell_cert_rx_stats - what became of received datagrams
 */
struct knell_cert_rx_stats {
	u64 accepted;
	u64 bad_mac;
	u64 wrong_cluster;
	u64 malformed;
	u64 limited;
};

int knell_cert_rx_init(void (*died)(u16 node, u32 epoch, enum knell_reason reason));
void knell_cert_rx_exit(void);
int knell_cert_rx_arm(struct crypto_shash *key, u32 cluster, u16 self);
void knell_cert_rx_stats(struct knell_cert_rx_stats *stats);

#endif /* KNELL_NOTICE_CERT_RX_H */
