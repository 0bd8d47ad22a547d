/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cluster as this kernel knows it: configuration, records of nodes and
 * applications, the state of the own node.
 *
 * Context and locking: process context. knell_lock protects everything here
 * and above (switch, notice, recovery); take it with knell_core_lock() and
 * give it back with knell_core_unlock() of fabric/switch.h, which first tells
 * everybody what changed. Only identity and initiator names can be read
 * without it, from any context (membership/directory.c).
 */
#ifndef KNELL_MEMBERSHIP_TABLE_H
#define KNELL_MEMBERSHIP_TABLE_H

#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/knell.h>

#include "membership/record.h"

#define KNELL_ADDRESSES_MAX	8

extern struct mutex knell_lock;

/**
 * struct knell_address - where a death certificate reaches a node
 * @family: AF_INET or AF_INET6
 * @addr: network order
 */
struct knell_address {
	u16 family;
	u8 addr[16];
};

/**
 * struct knell_cluster - identity and options; times in ms
 */
struct knell_cluster {
	char name[KNELL_NAME_MAX];
	u32 id;
	u32 epoch;
	u16 self;
	u32 generation;
	u32 mib_hash;
	u32 helper_timeout;
	u32 lost_grace;
	u32 link_grace;
	u32 start_grace;
	u32 takeover_deadline;
	u32 release_deadline;
	u32 cpu_timeout;
	u8 on_down;
	u8 gasp;
	u8 supervision;
	bool oops_down;
	bool maintenance;
};

/**
 * struct knell_node - a configured node and what is known of it
 * @rec: epoch 0 and status UNKNOWN: nothing heard yet
 * @old: record before the change that is not told yet
 * @source: link the change came in on, NULL = made here
 * @unsent: the change was not sent to the other nodes yet
 * @pending: in the list of changes that are not told yet
 * @awaited: this router lost it not long ago and gives it time: it is not to be
 *	called lost yet, by other routers neither
 */
struct knell_node {
	u16 id;
	u8 role;
	u8 n_addresses;
	char name[KNELL_NAME_MAX];
	char initiator[KNELL_INITIATOR_MAX];
	struct knell_address addresses[KNELL_ADDRESSES_MAX];
	struct knell_node_rec rec;

	struct knell_node_rec old;
	const void *source;
	bool unsent;
	struct list_head pending;
	bool awaited;
};

/**
 * struct knell_app - a configured application and what is known of it
 * @rec: version 0 and state UNKNOWN: nothing heard yet
 * @old: record before the change that is not told yet
 * @source: link the change came in on, NULL = made here
 * @unsent: the change was not sent to the other nodes yet
 * @pending: in the list of changes that are not told yet
 */
struct knell_app {
	u16 id;
	u8 n_candidates;
	u16 candidates[KNELL_CANDIDATES_MAX];
	u32 flags;
	char name[KNELL_NAME_MAX];
	struct knell_app_rec rec;

	struct knell_app_rec old;
	const void *source;
	bool unsent;
	struct list_head pending;
};

/**
 * struct knell_config - a whole cluster, before it is installed
 * @key: the cluster's key; goes to the last gasp and nowhere else
 */
struct knell_config {
	struct knell_cluster cluster;
	u8 key[KNELL_KEY_LEN];
	struct knell_node *nodes[KNELL_NODE_MAX + 1];
	struct knell_app *apps[KNELL_APP_MAX + 1];
};

/**
 * struct knell_table - the one cluster
 * @config: NULL: none installed
 * @self_state: &enum knell_self
 * @unsent: some change was not sent to the other nodes yet
 * @dump_generation: changes with every change a dump could show
 * @nodes_pending: changed nodes, not told yet
 * @apps_pending: changed applications, not told yet
 */
struct knell_table {
	struct knell_config *config;
	u8 self_state;
	bool unsent;
	u32 dump_generation;
	struct list_head nodes_pending;
	struct list_head apps_pending;
};

extern struct knell_table knell_table;

/* Without telling anybody what changed: use knell_core_lock() and _unlock(). */
static inline void knell_assert_locked(void)
{
	lockdep_assert_held(&knell_lock);
}

struct knell_config *knell_config_alloc(void);
/* Wipes the key. NULL is fine. */
void knell_config_free(struct knell_config *config);

/**
 * knell_table_install() - make @config the cluster; knell_lock held
 * @config: complete and checked; the table owns it from now on
 *
 * What is known of nodes and applications that stay is kept. Cannot fail
 * half-way.
 *
 * Return: 0, or -ENOMEM and nothing has changed (@config stays the caller's).
 */
int knell_table_install(struct knell_config *config);

/* Forget the cluster; knell_lock held, nobody may be using identities any more when it returns. */
void knell_table_clear(void);

/* Lookups; knell_lock held; NULL if there is no such node, application or cluster. */
struct knell_node *knell_node_get(u16 id);
struct knell_app *knell_app_get(u16 id);
/* Place of a node among the candidates, home first; -1 if it is none. */
int knell_app_candidate(const struct knell_app *app, u16 node);
struct knell_node *knell_self(void);
/* The next one after @id, for iterating: start with 0. */
struct knell_node *knell_node_next(u16 id);
struct knell_app *knell_app_next(u16 id);

#define knell_for_each_node(n) \
	for ((n) = knell_node_next(0); (n); (n) = knell_node_next((n)->id))
#define knell_for_each_app(a) \
	for ((a) = knell_app_next(0); (a); (a) = knell_app_next((a)->id))

/* Configured as router or array; knell_lock held. */
bool knell_node_is_router(u16 id);
bool knell_self_is_router(void);

/**
 * knell_node_commit() - put @rec in the place of what is known; knell_lock held
 * @node: whose
 * @rec: newer, checked
 * @source: link it came in on, NULL = made here
 */
void knell_node_commit(struct knell_node *node, const struct knell_node_rec *rec,
		       const void *source);

/**
 * knell_app_commit() - put @rec in the place of what is known; knell_lock held
 * @app: whose
 * @rec: newer, checked
 * @source: link it came in on, NULL = made here
 */
void knell_app_commit(struct knell_app *app, const struct knell_app_rec *rec,
		      const void *source);

/* Applications it holds (STARTING, RUNNING, STOPPING) in its present epoch; knell_lock held. */
unsigned int knell_node_serves(const struct knell_node *node);

#endif /* KNELL_MEMBERSHIP_TABLE_H */
