/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Generic netlink interface of knell; specified in
 * Documentation/netlink/specs/knell.yaml. All integers in host byte order.
 */
#ifndef _UAPI_LINUX_KNELL_H
#define _UAPI_LINUX_KNELL_H

#define KNELL_FAMILY_NAME		"knell"
#define KNELL_FAMILY_VERSION		1
#define KNELL_MCGRP_EVENTS		"events"

#define KNELL_NAME_MAX			64	/* with the terminating NUL */
#define KNELL_INITIATOR_MAX		224	/* iSCSI name, RFC 7143, with NUL */
#define KNELL_CANDIDATES_MAX		16
#define KNELL_DETAIL_MAX		256	/* text for people, with NUL */
#define KNELL_KEY_LEN			32
#define KNELL_KEY_PREFIX		"knell:"	/* begins the description of a logon key */
#define KNELL_KEY_NAME_MAX		128	/* description of a logon key, with NUL */
/* ms; what a node that is cut off needs to see it, and then to let go of its addresses */
#define KNELL_SILENCE_MS		8000
#define KNELL_LET_GO_MS			1000
#define KNELL_MIB_MAX			(4 * 1024 * 1024)
#define KNELL_MIB_CHUNK_MAX		32768

/**
 * enum knell_cmd - commands and events
 *
 * Events (multicast group "events") carry the command of the corresponding
 * get: KNELL_CMD_NODE_GET with KNELL_A_NODE etc.; *_OLD attributes say what
 * was before.
 *
 * @KNELL_CMD_CLUSTER_SET: do: install or replace the cluster (identity,
 *	timeouts, nodes, applications) in one atomic step. Same identity and
 *	epoch = reconfiguration; a higher epoch = (re)join, the node's status
 *	becomes JOINING (RECOVERED if the last known was DOWN or LOST).
 * @KNELL_CMD_CLUSTER_GET: do: identity, epoch, timeouts, generation; event: a
 *	CLUSTER_SET was carried out, told before the records it changes
 * @KNELL_CMD_CLUSTER_DEL: do: leave in good order (LEFT) and forget all
 * @KNELL_CMD_NODE_GET: dump: node records; event: a record changed
 * @KNELL_CMD_APP_GET: dump: application records; event: a record changed
 * @KNELL_CMD_LINK_GET: dump: links of the fabric; event: link up or down
 * @KNELL_CMD_HEALTH_GET: dump: checks; event: an answer changed
 * @KNELL_CMD_STATS_GET: do: counters
 * @KNELL_CMD_PET: do: the helper is alive (its canaries passed)
 * @KNELL_CMD_STATUS_SET: do: the helper's word on the own node: STANDBY after
 *	the tests passed, DOWN by the administrator's order, or JOINING with
 *	KNELL_A_NODE_DETAIL: the tests have not passed, and why (told by
 *	HEALTH_GET; changes nothing else). ACTIVE follows from serving an
 *	application and is not set.
 * @KNELL_CMD_APP_REPORT: do: result of a plan for a granted or served
 *	application: RUNNING, ORPHAN (released in good order or step failed),
 *	STOPPING, STOPPED
 * @KNELL_CMD_APP_RESTORE: do: hand a persisted application record to the
 *	kernel after a restart; older than what is known = ignored
 * @KNELL_CMD_ORDER: do: send an order to a node (or carry it out here);
 *	event: an order for this node's helper arrived
 * @KNELL_CMD_PROBE: do: echo through the kernels to a node; the answer comes
 *	as an event with the same cookie
 * @KNELL_CMD_MESSAGE: do: send an opaque message to a node's helper, or over one
 *	link to the helper of a stranger; event: a message arrived
 * @KNELL_CMD_MIB_SET: do: store a chunk of the MIB document; the document
 *	changes when the last chunk has come and the hash is right
 * @KNELL_CMD_MIB_GET: do: a chunk of the stored document
 * @KNELL_CMD_RELEASED: do: the helper has let go of everything after the
 *	kernel said DOWN/LOST about this node (KNELL_A_NODE event with
 *	KNELL_A_NODE_SELF)
 * @KNELL_CMD_CONFLICT: event only: a disk (KNELL_A_DEVICE) refused a command
 *	because of a reservation, or said that one was preempted: this node may
 *	have been fenced from it
 * @KNELL_CMD_STRANGERS: do: whether those who share no cluster with this node may
 *	exchange messages with its helper (KNELL_A_MESSAGE_STRANGERS). A node in no cluster
 *	introduces itself as a stranger then, a target takes in initiators that do.
 *	Off when the module is loaded
 */
enum knell_cmd {
	KNELL_CMD_UNSPEC,
	KNELL_CMD_CLUSTER_SET,
	KNELL_CMD_CLUSTER_GET,
	KNELL_CMD_CLUSTER_DEL,
	KNELL_CMD_NODE_GET,
	KNELL_CMD_APP_GET,
	KNELL_CMD_LINK_GET,
	KNELL_CMD_HEALTH_GET,
	KNELL_CMD_STATS_GET,
	KNELL_CMD_PET,
	KNELL_CMD_STATUS_SET,
	KNELL_CMD_APP_REPORT,
	KNELL_CMD_APP_RESTORE,
	KNELL_CMD_ORDER,
	KNELL_CMD_PROBE,
	KNELL_CMD_MESSAGE,
	KNELL_CMD_MIB_SET,
	KNELL_CMD_MIB_GET,
	KNELL_CMD_RELEASED,
	KNELL_CMD_CONFLICT,
	KNELL_CMD_STRANGERS,

	__KNELL_CMD_MAX,
	KNELL_CMD_MAX = __KNELL_CMD_MAX - 1
};

/* What the node does to make itself harmless once it is DOWN. */
enum knell_on_down {
	KNELL_ON_DOWN_NONE	= 0,
	KNELL_ON_DOWN_ISOLATE	= 1,	/* the helper lets go; reboot if it cannot */
	KNELL_ON_DOWN_REBOOT	= 2,	/* emergency_restart() after the notice left */
	KNELL_ON_DOWN_PANIC	= 3,	/* panic(), for a crash dump */
};

/* How silent deaths are found. */
enum knell_supervision {
	KNELL_SUPERVISION_OFF	= 0,	/* not one packet: when something else breaks the session */
	KNELL_SUPERVISION_NOP	= 1,	/* the target's NOP-In, the initiator's TCP keepalive */
};

/* Ways of the last gasp, a mask. */
#define KNELL_GASP_ISCSI		0x1	/* inside the live iSCSI connection */
#define KNELL_GASP_CERT			0x2	/* UDP death certificate */

/* Answers of a health check. */
enum knell_answer {
	KNELL_ANSWER_OFF	= 0,	/* check not armed */
	KNELL_ANSWER_OK		= 1,
	KNELL_ANSWER_NO		= 2,
};

enum knell_link_kind {
	KNELL_LINK_INITIATOR	= 1,
	KNELL_LINK_TARGET	= 2,
};

enum knell_link_state {
	KNELL_LINK_DOWN		= 0,	/* no session */
	KNELL_LINK_HELLO	= 1,	/* session, HELLO not answered yet */
	KNELL_LINK_UP		= 2,
	KNELL_LINK_STRANGER	= 3,	/* no common cluster: messages of the helpers only */
};

/* Top-level attributes. */
enum knell_attr {
	KNELL_A_UNSPEC,
	KNELL_A_CLUSTER,	/* nest KNELL_A_CLUSTER_* */
	KNELL_A_NODE,		/* nest KNELL_A_NODE_*; repeated in CLUSTER_SET */
	KNELL_A_NODE_OLD,	/* nest, events: the record before */
	KNELL_A_APP,		/* nest KNELL_A_APP_*; repeated in CLUSTER_SET */
	KNELL_A_APP_OLD,	/* nest, events: the record before */
	KNELL_A_LINK,		/* nest KNELL_A_LINK_* */
	KNELL_A_CHECK,		/* nest KNELL_A_CHECK_* */
	KNELL_A_COUNTER,	/* nest KNELL_A_COUNTER_*, repeated */
	KNELL_A_ORDER,		/* nest KNELL_A_ORDER_* */
	KNELL_A_PROBE,		/* nest KNELL_A_PROBE_* */
	KNELL_A_MESSAGE,	/* nest KNELL_A_MESSAGE_* */
	KNELL_A_MIB,		/* nest KNELL_A_MIB_* */
	KNELL_A_TIME_NS,	/* u64, events: CLOCK_REALTIME when it happened */
	KNELL_A_DEVICE,		/* string, events: SCSI address, host:channel:target:lun */

	__KNELL_A_MAX,
	KNELL_A_MAX = __KNELL_A_MAX - 1
};

enum knell_attr_cluster {
	KNELL_A_CLUSTER_UNSPEC,
	KNELL_A_CLUSTER_ID,		/* u32, not 0 */
	KNELL_A_CLUSTER_NAME,		/* string */
	KNELL_A_CLUSTER_SELF,		/* u16, the own node number */
	KNELL_A_CLUSTER_EPOCH,		/* u32, not 0 */
	KNELL_A_CLUSTER_KEY,		/* KNELL_KEY_LEN octets, set only; or KEY_NAME */
	KNELL_A_CLUSTER_GENERATION,	/* u32, of the MIB */
	KNELL_A_CLUSTER_MIB_HASH,	/* u32 */
	KNELL_A_CLUSTER_HELPER_TIMEOUT,	/* u32 ms, 200..600000; 0 = not watched */
	KNELL_A_CLUSTER_LOST_GRACE,	/* u32 ms, 0..600000 */
	KNELL_A_CLUSTER_LINK_GRACE,	/* u32 ms, no router for so long = isolated; 0 = never */
	KNELL_A_CLUSTER_START_GRACE,	/* u32 ms, wait for a node not heard of yet */
	KNELL_A_CLUSTER_TAKEOVER_DEADLINE, /* u32 ms */
	KNELL_A_CLUSTER_RELEASE_DEADLINE, /* u32 ms */
	KNELL_A_CLUSTER_CPU_TIMEOUT,	/* u32 ms; 0 = not watched */
	KNELL_A_CLUSTER_ON_DOWN,	/* u8, enum knell_on_down */
	KNELL_A_CLUSTER_GASP,		/* u8, mask KNELL_GASP_* */
	KNELL_A_CLUSTER_OOPS_DOWN,	/* u8, 1 = an oops makes the node DOWN */
	KNELL_A_CLUSTER_MAINTENANCE,	/* u8, 1 = no takeovers */
	KNELL_A_CLUSTER_SUPERVISION,	/* u8, enum knell_supervision */
	KNELL_A_CLUSTER_KEY_NAME,	/* string, set only: logon key in the caller's keyrings */

	__KNELL_A_CLUSTER_MAX,
	KNELL_A_CLUSTER_MAX = __KNELL_A_CLUSTER_MAX - 1
};

enum knell_attr_node {
	KNELL_A_NODE_UNSPEC,
	KNELL_A_NODE_ID,		/* u16, 1..KNELL_NODE_MAX */
	KNELL_A_NODE_NAME,		/* string */
	KNELL_A_NODE_ROLE,		/* u8, enum knell_role */
	KNELL_A_NODE_INITIATOR,		/* string, iSCSI initiator name */
	KNELL_A_NODE_ADDRESS,		/* 4 or 16 octets, repeated: where certificates reach it */
	KNELL_A_NODE_STATUS,		/* u8, enum knell_status; the rest: get and events only */
	KNELL_A_NODE_REASON,		/* u8, enum knell_reason */
	KNELL_A_NODE_EPOCH,		/* u32 */
	KNELL_A_NODE_SEQ,		/* u32 */
	KNELL_A_NODE_AUTHOR,		/* u16 */
	KNELL_A_NODE_GENERATION,	/* u32 */
	KNELL_A_NODE_MIB_HASH,		/* u32 */
	KNELL_A_NODE_STAMP_NS,		/* u64 */
	KNELL_A_NODE_SELF,		/* flag: this is the own node */
	KNELL_A_NODE_SERVED,		/* u32, applications it serves */
	KNELL_A_NODE_DETAIL,		/* string, STATUS_SET JOINING: why it is not ready */

	__KNELL_A_NODE_MAX,
	KNELL_A_NODE_MAX = __KNELL_A_NODE_MAX - 1
};

enum knell_attr_app {
	KNELL_A_APP_UNSPEC,
	KNELL_A_APP_ID,			/* u16, 1..KNELL_APP_MAX */
	KNELL_A_APP_NAME,		/* string */
	KNELL_A_APP_CANDIDATES,		/* array of u16: home node first, then the standby order */
	KNELL_A_APP_FLAGS,		/* u32, mask KNELL_APP_F_* */
	KNELL_A_APP_STATE,		/* u8, enum knell_app_state; and all below: not for SET */
	KNELL_A_APP_REASON,		/* u8 */
	KNELL_A_APP_OWNER,		/* u16 */
	KNELL_A_APP_OWNER_EPOCH,	/* u32 */
	KNELL_A_APP_FROM,		/* u16 */
	KNELL_A_APP_PREFER,		/* u16 */
	KNELL_A_APP_VERSION,		/* u32 */
	KNELL_A_APP_TRIED,		/* u32 */
	KNELL_A_APP_AUTHOR,		/* u16 */
	KNELL_A_APP_STAMP_NS,		/* u64 */
	KNELL_A_APP_GRANTED,		/* flag, events: the own helper shall run the plan now */

	__KNELL_A_APP_MAX,
	KNELL_A_APP_MAX = __KNELL_A_APP_MAX - 1
};

/* Active nodes may take the application too when no standby is left. */
#define KNELL_APP_F_TAKEOVER_ANY	0x1
/* Nothing to fence, and a LOST owner may be taken over all the same. */
#define KNELL_APP_F_FENCE_NONE		0x2
/* Has no volume: the PR cannot arbitrate; LOST waits for the administrator. */
#define KNELL_APP_F_NO_VOLUME		0x4

enum knell_attr_link {
	KNELL_A_LINK_UNSPEC,
	KNELL_A_LINK_ID,		/* u32 */
	KNELL_A_LINK_NAME,		/* string, "2:0:0:1" or the initiator name */
	KNELL_A_LINK_KIND,		/* u8, enum knell_link_kind */
	KNELL_A_LINK_STATE,		/* u8, enum knell_link_state */
	KNELL_A_LINK_PEER,		/* u16, node on the other side or 0 */
	KNELL_A_LINK_TX_FRAMES,		/* u64 */
	KNELL_A_LINK_RX_FRAMES,		/* u64 */
	KNELL_A_LINK_TX_QUEUED,		/* u32 */
	KNELL_A_LINK_TX_DROPPED,	/* u64 */
	KNELL_A_LINK_RX_DROPPED,	/* u64, malformed, forged, wrong cluster */
	KNELL_A_LINK_RX_DUPLICATE,	/* u64 */
	KNELL_A_LINK_RESTARTS,		/* u64, logins */
	KNELL_A_LINK_PARKED,		/* u32, RECEIVEs parked */

	__KNELL_A_LINK_MAX,
	KNELL_A_LINK_MAX = __KNELL_A_LINK_MAX - 1
};

enum knell_attr_check {
	KNELL_A_CHECK_UNSPEC,
	KNELL_A_CHECK_NAME,		/* string */
	KNELL_A_CHECK_ANSWER,		/* u8, enum knell_answer */
	KNELL_A_CHECK_REASON,		/* u8, enum knell_reason it stands for */
	KNELL_A_CHECK_RUNS,		/* u64 */
	KNELL_A_CHECK_MISSED,		/* u32, ticks missed in a row */
	KNELL_A_CHECK_LIMIT,		/* u32, ticks at which the answer is NO */
	KNELL_A_CHECK_DETAIL,		/* string */

	__KNELL_A_CHECK_MAX,
	KNELL_A_CHECK_MAX = __KNELL_A_CHECK_MAX - 1
};

enum knell_attr_counter {
	KNELL_A_COUNTER_UNSPEC,
	KNELL_A_COUNTER_NAME,		/* string */
	KNELL_A_COUNTER_VALUE,		/* u64 */

	__KNELL_A_COUNTER_MAX,
	KNELL_A_COUNTER_MAX = __KNELL_A_COUNTER_MAX - 1
};

enum knell_attr_order {
	KNELL_A_ORDER_UNSPEC,
	KNELL_A_ORDER_NODE,		/* u16, whom it is for */
	KNELL_A_ORDER_WHAT,		/* u16, enum knell_order */
	KNELL_A_ORDER_APP,		/* u16, 0 = all */
	KNELL_A_ORDER_ARG,		/* u16 */
	KNELL_A_ORDER_ORIGIN,		/* u16, events: who ordered */

	__KNELL_A_ORDER_MAX,
	KNELL_A_ORDER_MAX = __KNELL_A_ORDER_MAX - 1
};

enum knell_attr_probe {
	KNELL_A_PROBE_UNSPEC,
	KNELL_A_PROBE_NODE,		/* u16 */
	KNELL_A_PROBE_COOKIE,		/* u64 */
	KNELL_A_PROBE_RTT_NS,		/* u64, events */

	__KNELL_A_PROBE_MAX,
	KNELL_A_PROBE_MAX = __KNELL_A_PROBE_MAX - 1
};

enum knell_attr_message {
	KNELL_A_MESSAGE_UNSPEC,
	KNELL_A_MESSAGE_NODE,		/* u16: destination; events: origin */
	KNELL_A_MESSAGE_DATA,		/* up to 3072 octets */
	KNELL_A_MESSAGE_LINK,		/* u32, not NODE: link to a stranger; 0 = own helper */
	KNELL_A_MESSAGE_NAME,		/* string, events with LINK: name of that link */
	KNELL_A_MESSAGE_STRANGERS,	/* u8, STRANGERS: 1 = they are welcome */

	__KNELL_A_MESSAGE_MAX,
	KNELL_A_MESSAGE_MAX = __KNELL_A_MESSAGE_MAX - 1
};

enum knell_attr_mib {
	KNELL_A_MIB_UNSPEC,
	KNELL_A_MIB_GENERATION,		/* u32 */
	KNELL_A_MIB_TOTAL,		/* u32, octets, up to KNELL_MIB_MAX */
	KNELL_A_MIB_OFFSET,		/* u32 */
	KNELL_A_MIB_CHUNK,		/* up to KNELL_MIB_CHUNK_MAX octets */
	KNELL_A_MIB_SHA256,		/* 32 octets, of the whole document */

	__KNELL_A_MIB_MAX,
	KNELL_A_MIB_MAX = __KNELL_A_MIB_MAX - 1
};

#endif /* _UAPI_LINUX_KNELL_H */
