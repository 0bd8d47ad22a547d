/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slot for one SCSI command of our own: start it, wait for it while
 * watching what must not wait for it, cancel it.
 *
 * A command that is outstanding keeps the request queue from freezing (a LUN
 * added or removed, suspend) and error handling of its host from starting. A
 * RECEIVE may be outstanding for days, so whoever waits gives way.
 *
 * Context and locking: one thread starts and waits; knell_slot_cancel() may
 * be called from any process context meanwhile.
 */
#ifndef KNELL_FABRIC_SLOT_H
#define KNELL_FABRIC_SLOT_H

#include <linux/completion.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/knell_wire.h>

struct request;
struct scsi_device;

/**
 * enum knell_slot_result - how a command ended, by what to do next
 * @KNELL_SLOT_GOOD: carried out
 * @KNELL_SLOT_CANCELLED: cancelled or aborted; nothing is known about its effect
 * @KNELL_SLOT_RETRY: not carried out, try again a little later
 * @KNELL_SLOT_START_OVER: verify the device and say HELLO again
 * @KNELL_SLOT_NOT_READY: the other side has no cluster (yet)
 * @KNELL_SLOT_DENIED: the other side does not know this initiator
 * @KNELL_SLOT_REFUSED: the other side did not like the command
 * @KNELL_SLOT_GONE: transport or device failed
 */
enum knell_slot_result {
	KNELL_SLOT_GOOD,
	KNELL_SLOT_CANCELLED,
	KNELL_SLOT_RETRY,
	KNELL_SLOT_START_OVER,
	KNELL_SLOT_NOT_READY,
	KNELL_SLOT_DENIED,
	KNELL_SLOT_REFUSED,
	KNELL_SLOT_GONE,
};

/**
 * struct knell_slot - room for one command
 * @sdev: the device
 * @buf: KNELL_HOP_MAX octets, data in or out
 * @len: octets transferred, after a good command
 * @lock: protects @rq
 * @rq: the outstanding request, or NULL
 * @done: it ended
 */
struct knell_slot {
	struct scsi_device *sdev;
	u8 *buf;
	unsigned int len;
	spinlock_t lock;
	struct request *rq;
	struct completion done;
};

/* 0 or -ENOMEM. */
int knell_slot_init(struct knell_slot *slot, struct scsi_device *sdev);
void knell_slot_exit(struct knell_slot *slot);

/**
 * knell_slot_run() - carry out a command
 * @slot: a slot with nothing outstanding; data out is in its buffer
 * @cdb: command descriptor block
 * @cdb_len: its length
 * @write: data direction
 * @len: octets to transfer, at most KNELL_HOP_MAX
 * @timeout: in jiffies; after it the command is aborted
 * @give_way: asked several times a second while the command is outstanding
 *	and before it is started; true = cancel it. NULL = never
 * @arg: for @give_way
 *
 * A data in buffer is zeroed first: some transports report an aborted command
 * as good, with nothing in the buffer.
 */
enum knell_slot_result knell_slot_run(struct knell_slot *slot, const u8 *cdb,
				      unsigned int cdb_len, bool write,
				      unsigned int len, unsigned long timeout,
				      bool (*give_way)(void *arg), void *arg);

/*
 * Try to end the outstanding command. Not reliable once (the transport may
 * restart its timer): call it again until the command has ended.
 */
void knell_slot_cancel(struct knell_slot *slot);

/* May a command be sent at all: device running, queue not frozen, no error handling? */
bool knell_slot_clear(const struct knell_slot *slot);

#endif /* KNELL_FABRIC_SLOT_H */
