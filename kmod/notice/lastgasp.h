/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last gasp: the notice of the own death when nothing may sleep, allocate
 * or wait any more. Everything is prepared in process context beforehand.
 */
#ifndef KNELL_NOTICE_LASTGASP_H
#define KNELL_NOTICE_LASTGASP_H

#include <linux/types.h>
#include <linux/knell.h>
#include <linux/knell_wire.h>

struct scsi_device;

/**
 * struct knell_gasp_target - where a certificate goes
 * @node: receiver
 * @family: AF_INET or AF_INET6
 * @addr: address, network order
 */
struct knell_gasp_target {
	u16 node;
	u16 family;
	u8 addr[16];
};

/**
 * struct knell_gasp_config - everything the last gasp says and to whom
 * @ways: mask of KNELL_GASP_*
 * @key: cluster key; not kept after the certificates are made
 * @targets: routers' addresses on a server; every node's on a router or array
 */
struct knell_gasp_config {
	u32 cluster;
	u32 epoch;
	u16 self;
	u8 role;
	u8 ways;
	u8 key[KNELL_KEY_LEN];
	unsigned int n_targets;
	const struct knell_gasp_target *targets;
};

/**
 * struct knell_gasp_ops - what an upper floor hears
 * @died: a valid certificate of another node arrived (verified, right cluster;
 *	  epoch is checked by the receiver of the call); process context
 */
struct knell_gasp_ops {
	void (*died)(u16 node, u32 epoch, enum knell_reason reason);
};

int knell_lastgasp_init(const struct knell_gasp_ops *ops);
void knell_lastgasp_exit(void);
/* Process context; NULL = disarm (clean leave: nothing is said when this kernel dies later). */
int knell_lastgasp_arm(const struct knell_gasp_config *config);
/* The mailbox session of @sdev is up (HELLO answered) or going away; process context. */
void knell_lastgasp_session_up(struct scsi_device *sdev);
void knell_lastgasp_session_down(struct scsi_device *sdev);

/* Fire without a panic, because no thread runs any more; any context, NMI included. */
void knell_lastgasp_fire(enum knell_reason reason);

/**
 * struct knell_gasp_sent - what left, or was ready to leave
 * @sessions: PDUs inside live iSCSI connections
 * @certs: certificates
 */
struct knell_gasp_sent {
	unsigned int sessions;
	unsigned int certs;
};

/* Octets of a reason for people. */
#define KNELL_GASP_WHY	72

/**
 * struct knell_gasp_state - how ready the last gasp is
 * @wanted: it was armed, with at least one way
 * @deaf: why certificates of others are not heard, 0 = they are
 * @ready: what would leave now
 * @targets: receivers there are for certificates
 * @why: why a way is missing; empty = unknown, or none is
 */
struct knell_gasp_state {
	bool wanted;
	int deaf;
	struct knell_gasp_sent ready;
	unsigned int targets;
	char why[KNELL_GASP_WHY];
};

void knell_lastgasp_state(struct knell_gasp_state *state);

#define KNELL_GASP_COUNTERS 8
/* For KNELL_CMD_STATS_GET: certs received, bad MAC, wrong cluster, malformed, targets ready... */
int knell_lastgasp_counter(unsigned int index, const char **name, u64 *value);

#endif /* KNELL_NOTICE_LASTGASP_H */
