/* SPDX-License-Identifier: GPL-2.0 */
/* Records of nodes and applications in host order; which version is newer (ADR 0001). Pure. */
#ifndef KNELL_MEMBERSHIP_RECORD_H
#define KNELL_MEMBERSHIP_RECORD_H

#include "pure.h"
#include <linux/knell_wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * More versions of an application's record than a router can have written and not have on its disk
 * when it stopped.
 */
#define KNELL_VERSION_GAP	0x100u

/* The record sequence of a terminal status (LEFT, LOST, DOWN). */
#define KNELL_SEQ_TERMINAL	0xffffffffu

/**
 * struct knell_node_rec - struct knell_wire_node in host order
 */
struct knell_node_rec {
	u16 node;
	u16 author;
	u8 status;
	u8 reason;
	u8 role;
	u32 epoch;
	u32 seq;
	u32 generation;
	u32 mib_hash;
	u64 stamp_ns;
};

/**
 * struct knell_app_rec - struct knell_wire_app in host order
 */
struct knell_app_rec {
	u16 app;
	u16 author;
	u8 state;
	u8 reason;
	u16 owner;
	u32 owner_epoch;
	u16 from;
	u16 prefer;
	u32 version;
	u32 tried;
	u64 stamp_ns;
};

/**
 * knell_status_terminal() - is there no way back within the epoch?
 * @status: &enum knell_status
 */
bool knell_status_terminal(u8 status);

/**
 * knell_status_up() - does the node take part (terminal and unknown do not)?
 * @status: &enum knell_status
 */
bool knell_status_up(u8 status);

/**
 * knell_node_rec_cmp() - order of versions of the same node's records
 * @a: one record
 * @b: the other
 *
 * Return: above 0 if @a is newer, below 0 if @b is newer, 0 if they are the
 * same version.
 */
int knell_node_rec_cmp(const struct knell_node_rec *a, const struct knell_node_rec *b);

/**
 * knell_app_rec_cmp() - order of versions of the same application's records
 * @a: one record
 * @a_router: the author of @a is a router or array
 * @b: the other
 * @b_router: the author of @b is a router or array
 *
 * Return: as knell_node_rec_cmp().
 */
int knell_app_rec_cmp(const struct knell_app_rec *a, bool a_router,
		      const struct knell_app_rec *b, bool b_router);

/**
 * knell_app_version_above() - the next version of an application's record
 * @version: the last one this node has heard of
 * @forgetful: a router that has written none since it started: it may have
 *	written more than it remembers, and two records of one version and
 *	author would never be told apart again
 *
 * Return: the version; 0 if there is none left.
 */
u32 knell_app_version_above(u32 version, bool forgetful);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_MEMBERSHIP_RECORD_H */
