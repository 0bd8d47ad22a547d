/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of this node, in any context; told by KNELL_CMD_STATS_GET under these names. */
#ifndef KNELL_MEMBERSHIP_COUNTER_H
#define KNELL_MEMBERSHIP_COUNTER_H

#include <linux/atomic.h>
#include <linux/types.h>

#define KNELL_COUNTERS(X) \
	X(rx_frames)		/* frames handed up by links */ \
	X(rx_link_not_up)	/* came before HELLO was exchanged */ \
	X(rx_malformed)		/* refused by the decoder */ \
	X(rx_wrong_version)	/* another wire version */ \
	X(rx_wrong_cluster)	/* another cluster id */ \
	X(rx_unknown_kind)	/* a kind this version does not know */ \
	X(rx_unknown_node)	/* about or from a node that is not configured */ \
	X(rx_unknown_app)	/* about an application that is not configured */ \
	X(rx_forged)		/* said by one who may not say it */ \
	X(rx_duplicate)		/* seen before */ \
	X(rx_stale)		/* records that are not newer than ours */ \
	X(rx_overruled)		/* records of a cut-off owner, overruled by the router */ \
	X(tx_frames)		/* frames given to links */ \
	X(tx_no_buffer)		/* refused by a full queue */ \
	X(tx_no_memory)		/* no memory for a frame */ \
	X(tx_no_route)		/* nobody known who could carry it */ \
	X(relayed)		/* frames passed on for others */ \
	X(hop_limit)		/* frames not passed on: hop limit */ \
	X(resyncs)		/* full exchanges because records could not be sent one by one */ \
	X(link_refused)		/* a link's peer is not a node of the cluster */ \
	X(notices)		/* own status changes announced */ \
	X(told)			/* others said this epoch is LOST or DOWN */ \
	X(self_newer)		/* records about this node from an epoch above ours */ \
	X(cert_died)		/* certificates that became a DOWN record */ \
	X(cert_stale)		/* certificates of another epoch, or told before */ \
	X(lost_pending)		/* target links lost, grace period begun */ \
	X(lost_cancelled)	/* came back within the grace period */ \
	X(lost_announced)	/* announced LOST */ \
	X(claims_sent)		\
	X(claims_received)	\
	X(claims_refused)	\
	X(grants)		/* given by this router */ \
	X(grants_received)	\
	X(events_lost)		/* no memory for an event; subscribers were told ENOBUFS */

enum knell_counter {
#define KNELL_COUNTER_ENUM(name) KNELL_COUNT_##name,
	KNELL_COUNTERS(KNELL_COUNTER_ENUM)
#undef KNELL_COUNTER_ENUM
	KNELL_COUNTER_MAX
};

extern atomic64_t knell_counters[KNELL_COUNTER_MAX];
extern const char *const knell_counter_names[KNELL_COUNTER_MAX];

#define knell_count(name) atomic64_inc(&knell_counters[KNELL_COUNT_##name])

#endif /* KNELL_MEMBERSHIP_COUNTER_H */
