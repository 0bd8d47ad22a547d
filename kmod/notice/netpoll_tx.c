// SPDX-License-Identifier: GPL-2.0
/*
 * Transmits a prebuilt frame from a kernel that is dying.
 *
 * netpoll_send_skb() is not used: when it cannot get the lock of the queue it
 * hands the frame to a workqueue, which takes a lock the dead context may hold
 * and never runs again. That is also what stacked devices do with interrupts
 * off. So a VLAN's frames are built for its lower device (path.c), and of a
 * bond the port it would use is asked for. Any other stacked device (bridge,
 * team, macvlan) is used as it is: for them, and because netpoll_poll_dev()
 * reaps a full ring, netpoll is set up.
 *
 * Context and locking: knell_tx_get() and knell_tx_put() under RTNL, which
 * protects the list and the user counts. knell_tx_fire() in any context, NMI
 * included; it does not allocate, does not sleep and only tries locks.
 */
#include <linux/delay.h>
#include <linux/if_arp.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netpoll.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "netpoll_tx.h"
#include "timeouts.h"

/* A queue locked by a living CPU is free again within microseconds. */
#define KNELL_TX_FRAME_PAUSES	(KNELL_GASP_FRAME_MS * 1000 / KNELL_TX_PAUSE_US)

/**
 * struct knell_tx - a device prepared for the last gasp
 * @node: in knell_tx_list
 * @dev: the device; referenced by @np's tracker below
 * @np: owned; freed by __netpoll_free()
 * @tracker: of the reference to @dev
 * @users: frames prepared for it
 */
struct knell_tx {
	struct list_head node;
	struct net_device *dev;
	struct netpoll *np;
	netdevice_tracker tracker;
	unsigned int users;
};

static LIST_HEAD(knell_tx_list);

/**
 * knell_tx_get() - prepare a device for the last gasp
 * @dev: an Ethernet device
 *
 * Context: RTNL held; may sleep.
 * Return: the prepared device, shared by all who ask for it, or an error
 * pointer: -EPROTONOSUPPORT not Ethernet, -ENETDOWN not running, what netpoll
 * says otherwise.
 */
struct knell_tx *knell_tx_get(struct net_device *dev)
{
	struct knell_tx *tx;
	int err;

	ASSERT_RTNL();
	list_for_each_entry(tx, &knell_tx_list, node) {
		if (tx->dev == dev) {
			tx->users++;
			return tx;
		}
	}
	if (dev->type != ARPHRD_ETHER || dev->flags & IFF_LOOPBACK)
		return ERR_PTR(-EPROTONOSUPPORT);
	if (!netif_running(dev))
		return ERR_PTR(-ENETDOWN);

	tx = kzalloc(sizeof(*tx), GFP_KERNEL);
	if (!tx)
		return ERR_PTR(-ENOMEM);
	tx->np = kzalloc(sizeof(*tx->np), GFP_KERNEL);
	if (!tx->np) {
		err = -ENOMEM;
		goto err_free;
	}
	tx->np->name = "knell";
	strscpy(tx->np->dev_name, dev->name, sizeof(tx->np->dev_name));
	err = __netpoll_setup(tx->np, dev);
	if (err)
		goto err_free_np;
	netdev_hold(dev, &tx->tracker, GFP_KERNEL);
	tx->dev = dev;
	tx->users = 1;
	list_add(&tx->node, &knell_tx_list);
	return tx;

err_free_np:
	kfree(tx->np);
err_free:
	kfree(tx);
	return ERR_PTR(err);
}

/**
 * knell_tx_put() - one user less; the last one ends the netpoll
 * @tx: from knell_tx_get(), or NULL
 *
 * Context: RTNL held; may sleep. No dying CPU may still see @tx: the caller
 * has unpublished it and waited for a grace period.
 */
void knell_tx_put(struct knell_tx *tx)
{
	ASSERT_RTNL();
	if (!tx || --tx->users)
		return;
	list_del(&tx->node);
	__netpoll_free(tx->np);
	netdev_put(tx->dev, &tx->tracker);
	kfree(tx);
}

/**
 * knell_tx_dev() - the device itself
 * @tx: from knell_tx_get()
 */
struct net_device *knell_tx_dev(const struct knell_tx *tx)
{
	return tx->dev;
}

/* One pass over all queues: some other queue may be free although one is not. */
static bool knell_tx_try(struct net_device *dev, struct sk_buff *skb)
{
	unsigned int i, n = READ_ONCE(dev->real_num_tx_queues);

	for (i = 0; i < n; i++) {
		struct netdev_queue *txq = netdev_get_tx_queue(dev, i);
		netdev_tx_t ret = NETDEV_TX_BUSY;

		if (!HARD_TX_TRYLOCK(dev, txq))
			continue;
		if (!netif_xmit_frozen_or_stopped(txq)) {
			skb_set_queue_mapping(skb, i);
			ret = netdev_start_xmit(skb, dev, txq, false);
		}
		HARD_TX_UNLOCK(dev, txq);
		if (dev_xmit_complete(ret))
			return true;
	}
	return false;
}

/* The device that really transmits. Reads only what is protected by RCU. */
static struct net_device *knell_tx_port(struct net_device *dev, struct sk_buff *skb)
{
	struct net_device *port = NULL;

	if (netif_is_bond_master(dev))
		port = netdev_get_xmit_slave(dev, skb, false);
	return port ?: dev;
}

/**
 * knell_tx_fire() - transmit, dying
 * @tx: prepared device
 * @skb: complete frame with its Ethernet header; the driver's if true is returned
 * @force: how far to go
 * @budget: what may be waited in this round; charged
 *
 * KNELL_TX_FORCE is for the second round, when everything that can go out in
 * an orderly way has left: polling may hang in a driver whose interrupt
 * handler is what died, and calling the driver without its lock may find it
 * half-way through another frame.
 *
 * Context: any, NMI included, local interrupts off; the kernel is dying. No
 * allocation, no sleeping, no lock that is not merely tried.
 * Return: true if the driver took the frame.
 */
bool knell_tx_fire(struct knell_tx *tx, struct sk_buff *skb, enum knell_tx_force force,
		   struct knell_gasp_budget *budget)
{
	struct net_device *dev = knell_tx_port(tx->dev, skb);
	u32 tries = knell_gasp_budget_tries(budget, KNELL_TX_FRAME_PAUSES);
	u32 pauses = 0;
	bool sent;

	if (!netif_running(dev) || !netif_device_present(dev))
		return false;

	skb->dev = dev;
	for (;;) {
		if (force == KNELL_TX_FORCE)
			netpoll_poll_dev(dev);
		sent = knell_tx_try(dev, skb);
		if (sent || pauses + 1 == tries)
			break;
		udelay(KNELL_TX_PAUSE_US);
		pauses++;
	}
	knell_gasp_budget_spend(budget, pauses);
	if (sent || force == KNELL_TX_POLITE)
		return sent;

	skb_set_queue_mapping(skb, 0);
	return dev_xmit_complete(dev->netdev_ops->ndo_start_xmit(skb, dev));
}
