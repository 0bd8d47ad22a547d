// SPDX-License-Identifier: GPL-2.0
/*
 * A parked RECEIVE waits for ever, and an initiator that has nothing to send
 * never learns that the router restarted or that the cable is cut: it would go
 * on serving after it was declared LOST, and its last gasp would go nowhere.
 *
 * So TCP keepalive watches the mailbox connection. Its timer starts over with
 * everything the target sends. The target's own NOP-Ins, which find silent
 * nodes, come more often than the timer runs out; so a healthy connection
 * carries not one packet more than those. Keepalive is not sent while data is
 * unacknowledged; TCP's user time-out covers that case, and ends both after the
 * same silence. A router counts on it before it says LOST.
 *
 * Context and locking: process context.
 */
#include <linux/err.h>
#include <linux/tcp.h>
#include <net/sock.h>

#include "fabric/switch.h"
#include "notice/keepalive.h"
#include "notice/nexus.h"
#include "timeouts.h"

void knell_keepalive(struct scsi_device *sdev)
{
	struct knell_nexus *nexus;
	bool wanted;

	knell_core_lock();
	wanted = knell_table.config &&
		 knell_table.config->cluster.supervision == KNELL_SUPERVISION_NOP;
	knell_core_unlock();
	if (!wanted)
		return;
	nexus = knell_nexus_open(sdev);
	if (IS_ERR(nexus))
		return;
	if (nexus->sk) {
		tcp_sock_set_keepidle(nexus->sk, KNELL_KEEPALIVE_IDLE_S);
		tcp_sock_set_keepintvl(nexus->sk, KNELL_KEEPALIVE_INTERVAL_S);
		tcp_sock_set_user_timeout(nexus->sk, KNELL_SILENCE_MS);
		sock_set_keepalive(nexus->sk);
	}
	knell_nexus_put(nexus);
}
