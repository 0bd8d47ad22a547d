/* SPDX-License-Identifier: GPL-2.0 */
/* Network devices a dying kernel can still transmit on. */
#ifndef KNELL_NOTICE_NETPOLL_TX_H
#define KNELL_NOTICE_NETPOLL_TX_H

#include <linux/types.h>

#include "gasp_budget.h"

/* Between two tries to hand a frame to its device. */
#define KNELL_TX_PAUSE_US	25

struct knell_tx;
struct net_device;
struct sk_buff;

/**
 * enum knell_tx_force - how far a dying kernel goes to get a frame out
 * @KNELL_TX_POLITE: only with the lock of a transmit queue, tried for a while
 * @KNELL_TX_FORCE: reap the transmit ring, then call the driver without the lock
 */
enum knell_tx_force {
	KNELL_TX_POLITE,
	KNELL_TX_FORCE,
};

struct knell_tx *knell_tx_get(struct net_device *dev);
void knell_tx_put(struct knell_tx *tx);
struct net_device *knell_tx_dev(const struct knell_tx *tx);
bool knell_tx_fire(struct knell_tx *tx, struct sk_buff *skb, enum knell_tx_force force,
		   struct knell_gasp_budget *budget);

#endif /* KNELL_NOTICE_NETPOLL_TX_H */
