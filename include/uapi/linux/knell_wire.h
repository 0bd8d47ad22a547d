/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The knell wire format: what travels between kernels inside KNELL SEND and
 * KNELL RECEIVE (vendor specific SCSI commands to a processor device, SPC-4
 * peripheral device type 03h) and inside a UDP death certificate.
 *
 * Every field is big-endian and of fixed width; every structure has its size
 * pinned. A receiver ignores and counts frame kinds and extensions it does not
 * know; it refuses everything else it does not fully understand.
 */
#ifndef _UAPI_LINUX_KNELL_WIRE_H
#define _UAPI_LINUX_KNELL_WIRE_H

#include <linux/types.h>

#ifdef __cplusplus
#define KNELL_WIRE_ASSERT_SIZE(type, size) \
	static_assert(sizeof(type) == (size), "wire format of " #type)
#else
#define KNELL_WIRE_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), "wire format of " #type)
#endif

#define KNELL_WIRE_VERSION		1

/* INQUIRY data by which a mailbox LUN is known before anything is sent to it. */
#define KNELL_INQUIRY_VENDOR		"KNELL   "
#define KNELL_INQUIRY_PRODUCT		"MAILBOX"

/**
 * DOC: SCSI commands
 *
 * Both are 10 bytes long (group 6). A disk answers either opcode with INVALID
 * COMMAND OPERATION CODE, so a remapped LUN is never written to.
 *
 * RECEIVE: byte 0 = D8h, 1 = signature 4Bh, 2..5 = cumulative acknowledgement,
 *	    6 = flags (0), 7..8 = allocation length, 9 = control (0)
 * SEND:    byte 0 = DAh, 1 = signature 4Bh, 2..5 = hop sequence,
 *	    6 = flags (KNELL_CDB_F_*), 7..8 = parameter list length, 9 = control (0)
 *
 * The acknowledgement in a RECEIVE counts only after a HELLO was accepted on
 * the same session (I_T nexus); before that it is ignored.
 */
#define KNELL_OP_RECEIVE		0xd8
#define KNELL_OP_SEND			0xda
#define KNELL_CDB_LEN			10
#define KNELL_CDB_SIGNATURE		0x4b
/* The SEND stands outside the hop sequence (HELLO, last gasp); byte 2..5 are 0. */
#define KNELL_CDB_F_UNSEQUENCED		0x01

/* Largest frame with its hop header; also the allocation length of a RECEIVE. */
#define KNELL_HOP_MAX			4096
#define KNELL_HOP_MAGIC			0x4b4e4c48	/* "KNLH" */

/**
 * struct knell_hop_hdr - precedes the frame in every SEND and RECEIVE buffer
 * @magic: KNELL_HOP_MAGIC
 * @version: KNELL_WIRE_VERSION
 * @flags: 0
 * @length: octets after this header
 * @seq: hop sequence, from 1 and without gaps per direction and incarnation;
 *	 0 = unsequenced (HELLO, last gasp)
 * @incarnation: random number of the sending link; a change restarts @seq
 * @crc: CRC-32C (Castagnoli, seed ~0, final inversion) of the @length octets
 */
struct knell_hop_hdr {
	__be32	magic;
	__u8	version;
	__u8	flags;
	__be16	length;
	__be32	seq;
	__be32	incarnation;
	__be32	crc;
};
KNELL_WIRE_ASSERT_SIZE(struct knell_hop_hdr, 20);

/* Node numbers. */
#define KNELL_NODE_NONE			0
#define KNELL_NODE_MAX			1023
#define KNELL_NODE_ALL			0xffff
#define KNELL_APP_MAX			1023
#define KNELL_HOP_LIMIT			4

/**
 * enum knell_frame_kind - what a frame carries
 * @KNELL_FRAME_HELLO: first frame on a session, both ways, never relayed
 * @KNELL_FRAME_NODE: one or more node records (a notice), flooded
 * @KNELL_FRAME_APP: one or more application records, flooded
 * @KNELL_FRAME_CLAIM: a standby asks its router for an application
 * @KNELL_FRAME_ORDER: the console orders a node to do something
 * @KNELL_FRAME_PROBE: echo request, answered by the kernel
 * @KNELL_FRAME_PROBE_REPLY: echo reply
 * @KNELL_FRAME_MESSAGE: opaque, helper to helper
 * @KNELL_FRAME_PACKET: reserved for network packets
 * @KNELL_FRAME_MIB: reserved for fragments of the MIB document
 */
enum knell_frame_kind {
	KNELL_FRAME_HELLO	= 1,
	KNELL_FRAME_NODE	= 2,
	KNELL_FRAME_APP		= 3,
	KNELL_FRAME_CLAIM	= 4,
	KNELL_FRAME_ORDER	= 5,
	KNELL_FRAME_PROBE	= 6,
	KNELL_FRAME_PROBE_REPLY	= 7,
	KNELL_FRAME_MESSAGE	= 8,
	KNELL_FRAME_PACKET	= 9,
	KNELL_FRAME_MIB		= 10,
};

/**
 * struct knell_frame_hdr - start of every frame
 * @version: KNELL_WIRE_VERSION
 * @kind: &enum knell_frame_kind
 * @hops: hops still allowed; a relay decrements, 0 is not relayed
 * @flags: 0
 * @cluster: cluster id
 *	    0 = between neighbours of which one is in no cluster: HELLO and
 *	    MESSAGE only, @hops, @origin, @epoch and @seq are 0 and @dest is
 *	    KNELL_NODE_ALL
 * @origin: node that made the frame; the target checks it against the I_T nexus.
 *	    A router relays records in frames of its own, all else as it came
 * @dest: node it is for, or KNELL_NODE_ALL
 * @epoch: epoch of the origin
 * @seq: per origin and epoch, unique over all kinds; 0 = not deduplicated
 *	 (the payload is idempotent, as records always are)
 * @length: octets of payload after this header
 * @reserved: 0
 */
struct knell_frame_hdr {
	__u8	version;
	__u8	kind;
	__u8	hops;
	__u8	flags;
	__be32	cluster;
	__be16	origin;
	__be16	dest;
	__be32	epoch;
	__be32	seq;
	__be16	length;
	__be16	reserved;
};
KNELL_WIRE_ASSERT_SIZE(struct knell_frame_hdr, 24);

#define KNELL_FRAME_PAYLOAD_MAX \
	(KNELL_HOP_MAX - 20 /* hop header */ - 24 /* frame header */)

/**
 * enum knell_status - status of a node
 * @KNELL_STATUS_UNKNOWN: nothing heard since this kernel started
 * @KNELL_STATUS_JOINING: has introduced itself, is being tested
 * @KNELL_STATUS_STANDBY: healthy, serves nothing
 * @KNELL_STATUS_ACTIVE: healthy, serves at least one application (or storage)
 * @KNELL_STATUS_RECOVERED: back after DOWN or LOST, not tested yet
 * @KNELL_STATUS_LEFT: left in good order
 * @KNELL_STATUS_LOST: its router lost the I_T nexus; dead only once fenced
 * @KNELL_STATUS_DOWN: announced its own death
 *
 * LEFT, LOST and DOWN are terminal for an epoch: the node must come back with
 * a higher one. Within an epoch DOWN outranks LOST outranks LEFT outranks all
 * others; among the others the higher record sequence is newer.
 */
enum knell_status {
	KNELL_STATUS_UNKNOWN	= 0,
	KNELL_STATUS_JOINING	= 1,
	KNELL_STATUS_STANDBY	= 2,
	KNELL_STATUS_ACTIVE	= 3,
	KNELL_STATUS_RECOVERED	= 4,
	KNELL_STATUS_LEFT	= 5,
	KNELL_STATUS_LOST	= 6,
	KNELL_STATUS_DOWN	= 7,
};

/**
 * enum knell_role - role of a node
 * @KNELL_ROLE_SERVER: runs applications
 * @KNELL_ROLE_ROUTER: has target links, relays and grants
 * @KNELL_ROLE_ARRAY: exports storage; relays and grants like a router
 */
enum knell_role {
	KNELL_ROLE_SERVER	= 1,
	KNELL_ROLE_ROUTER	= 2,
	KNELL_ROLE_ARRAY	= 3,
};

/**
 * enum knell_reason - why a status or an application's state changed
 */
enum knell_reason {
	KNELL_REASON_NONE	= 0,
	KNELL_REASON_PANIC	= 1,	/* panic() was entered */
	KNELL_REASON_CRASH	= 2,	/* __crash_kexec() was entered */
	KNELL_REASON_OOPS	= 3,	/* an oops, and the policy says down */
	KNELL_REASON_CPU	= 4,	/* a CPU runs no normal-priority threads */
	KNELL_REASON_HELPER	= 5,	/* user space hung: the helper stopped petting */
	KNELL_REASON_STORAGE	= 6,	/* storage does not answer */
	KNELL_REASON_LINK	= 7,	/* no router reachable for too long */
	KNELL_REASON_SHUTDOWN	= 8,	/* reboot or halt in good order */
	KNELL_REASON_ADMIN	= 9,	/* the administrator said so */
	KNELL_REASON_NEXUS	= 10,	/* the target lost the I_T nexus */
	KNELL_REASON_FENCED	= 11,	/* the node found itself fenced */
	KNELL_REASON_TAKEOVER	= 12,	/* because of a takeover */
	KNELL_REASON_PLANNED	= 13,	/* planned switch */
	KNELL_REASON_STEP	= 14,	/* a step of a plan failed */
	KNELL_REASON_DEADLINE	= 15,	/* a deadline passed */
	KNELL_REASON_MEMORY	= 16,	/* memory stall */
	KNELL_REASON_START	= 17,	/* first start of the application */
	KNELL_REASON_TEST	= 18,	/* pre-join tests passed or failed */
};

/**
 * struct knell_wire_hello - payload of KNELL_FRAME_HELLO
 * @node: sender; KNELL_NODE_NONE, as are role and epoch then, if one of the two is
 *	  in no cluster
 * @role: &enum knell_role of the sender
 * @reserved: 0
 * @epoch: epoch of the sender
 * @incarnation: of the sending link (same as in the hop header)
 * @peer_incarnation: last incarnation seen of the other side, 0 = none
 * @peer_seq: highest hop sequence received under @peer_incarnation
 */
struct knell_wire_hello {
	__be16	node;
	__u8	role;
	__u8	reserved;
	__be32	epoch;
	__be32	incarnation;
	__be32	peer_incarnation;
	__be32	peer_seq;
};
KNELL_WIRE_ASSERT_SIZE(struct knell_wire_hello, 20);

/**
 * struct knell_wire_node - node record, KNELL_FRAME_NODE carries 1..n of them
 * @node: whose record
 * @author: who wrote this version (the node itself, or a router for LOST)
 * @status: &enum knell_status
 * @reason: &enum knell_reason
 * @role: &enum knell_role
 * @flags: 0
 * @epoch: epoch of @node; first in the order of versions
 * @seq: version within the epoch; see &enum knell_status for the order
 * @generation: generation of the MIB the node holds
 * @mib_hash: first 32 bits of the SHA-256 of that MIB
 * @stamp_ns: CLOCK_REALTIME at the author, ns; for people, never compared
 */
struct knell_wire_node {
	__be16	node;
	__be16	author;
	__u8	status;
	__u8	reason;
	__u8	role;
	__u8	flags;
	__be32	epoch;
	__be32	seq;
	__be32	generation;
	__be32	mib_hash;
	__be64	stamp_ns;
};
KNELL_WIRE_ASSERT_SIZE(struct knell_wire_node, 32);

/**
 * enum knell_app_state - state of an application
 * @KNELL_APP_UNKNOWN: nothing heard
 * @KNELL_APP_STOPPED: nobody serves it and nobody shall (administrator)
 * @KNELL_APP_ORPHAN: nobody serves it; candidates may claim it
 * @KNELL_APP_STARTING: granted to @owner, whose plan runs
 * @KNELL_APP_RUNNING: @owner serves it
 * @KNELL_APP_STOPPING: @owner releases it (planned switch, shutdown)
 * @KNELL_APP_FAILED: every candidate was tried; waits for the administrator
 */
enum knell_app_state {
	KNELL_APP_UNKNOWN	= 0,
	KNELL_APP_STOPPED	= 1,
	KNELL_APP_ORPHAN	= 2,
	KNELL_APP_STARTING	= 3,
	KNELL_APP_RUNNING	= 4,
	KNELL_APP_STOPPING	= 5,
	KNELL_APP_FAILED	= 6,
};

/**
 * struct knell_wire_app - application record, KNELL_FRAME_APP carries 1..n
 * @app: application number
 * @author: who wrote this version
 * @state: &enum knell_app_state
 * @reason: &enum knell_reason
 * @owner: node that serves it, runs the plan, or served it last
 * @owner_epoch: epoch of @owner when it got the grant
 * @from: node it was taken from, KNELL_NODE_NONE at a first start
 * @prefer: candidate asked first (planned switch), or KNELL_NODE_NONE
 * @version: higher is newer
 * @tried: bit n set = candidate n of the application's order failed since the
 *	   last time it ran
 * @stamp_ns: CLOCK_REALTIME at the author, ns; for people, never compared
 */
struct knell_wire_app {
	__be16	app;
	__be16	author;
	__u8	state;
	__u8	reason;
	__be16	owner;
	__be32	owner_epoch;
	__be16	from;
	__be16	prefer;
	__be32	version;
	__be32	tried;
	__be64	stamp_ns;
};
KNELL_WIRE_ASSERT_SIZE(struct knell_wire_app, 32);

/**
 * struct knell_wire_claim - payload of KNELL_FRAME_CLAIM
 * @app: application wanted
 * @claimant: who wants it (must be the origin)
 * @claimant_epoch: its epoch
 * @version: version of the application record the claim is based on; the
 *	     router grants only if that is still its own version
 */
struct knell_wire_claim {
	__be16	app;
	__be16	claimant;
	__be32	claimant_epoch;
	__be32	version;
};
KNELL_WIRE_ASSERT_SIZE(struct knell_wire_claim, 12);

/**
 * enum knell_order - what the console may order
 * @KNELL_ORDER_RELEASE: stop serving @app (0 = all) in good order; @arg is the
 *			 node to prefer as the next owner, or KNELL_NODE_NONE
 * @KNELL_ORDER_RESET: forget which candidates of @app failed (0 = all)
 * @KNELL_ORDER_MAINTENANCE: @arg 1 = no takeovers by or because of this node
 */
enum knell_order {
	KNELL_ORDER_RELEASE	= 1,
	KNELL_ORDER_RESET	= 2,
	KNELL_ORDER_MAINTENANCE	= 3,
};

/**
 * struct knell_wire_order - payload of KNELL_FRAME_ORDER
 * @order: &enum knell_order
 * @app: application or 0
 * @arg: see &enum knell_order
 * @reserved: 0
 */
struct knell_wire_order {
	__be16	order;
	__be16	app;
	__be16	arg;
	__be16	reserved;
};
KNELL_WIRE_ASSERT_SIZE(struct knell_wire_order, 8);

/**
 * struct knell_wire_probe - payload of KNELL_FRAME_PROBE and _PROBE_REPLY
 * @cookie: returned as it came
 * @stamp_ns: CLOCK_MONOTONIC of the asking node, returned as it came
 */
struct knell_wire_probe {
	__be64	cookie;
	__be64	stamp_ns;
};
KNELL_WIRE_ASSERT_SIZE(struct knell_wire_probe, 16);

/* UDP port on which every node listens for death certificates. */
#define KNELL_CERT_PORT			5731
#define KNELL_CERT_MAGIC		0x4b4e4c43	/* "KNLC" */
#define KNELL_CERT_MAC_LEN		32

/**
 * struct knell_wire_cert - death certificate, the whole UDP payload
 * @magic: KNELL_CERT_MAGIC
 * @version: KNELL_WIRE_VERSION
 * @reason: &enum knell_reason: cause of death, mostly PANIC or CRASH
 * @node: who died
 * @cluster: cluster id
 * @epoch: epoch that ended
 * @mac: HMAC-SHA-256 (RFC 2104) with the cluster's key over all octets before
 *	 it; computed when the node joins, secret until it is used
 */
struct knell_wire_cert {
	__be32	magic;
	__u8	version;
	__u8	reason;
	__be16	node;
	__be32	cluster;
	__be32	epoch;
	__u8	mac[KNELL_CERT_MAC_LEN];
};
KNELL_WIRE_ASSERT_SIZE(struct knell_wire_cert, 48);

#endif /* _UAPI_LINUX_KNELL_WIRE_H */
