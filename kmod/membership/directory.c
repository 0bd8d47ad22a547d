// SPDX-License-Identifier: GPL-2.0
/*
 * Identity of this node and the numbers of the initiators: what links need in
 * any context.
 *
 * Context and locking: readers in any context but NMI, under RCU; written in
 * process context with knell_lock held.
 */
#include <linux/export.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "membership/directory.h"
#include "membership/table.h"

struct entry {
	u16 node;
	char initiator[KNELL_INITIATOR_MAX];
};

/**
 * struct directory - never changed once published
 * @rcu: frees it after the last reader
 * @identity: of this node
 * @count: entries
 * @entries: sorted by initiator name
 */
struct directory {
	struct rcu_head rcu;
	struct knell_identity identity;
	unsigned int count;
	struct entry entries[];
};

static struct directory __rcu *published;
static bool strangers;

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->initiator, ((const struct entry *)b)->initiator);
}

static void publish(struct directory *new)
{
	struct directory *old;

	old = rcu_replace_pointer(published, new, lockdep_is_held(&knell_lock));
	if (old)
		kvfree_rcu(old, rcu);
}

int knell_directory_publish(const struct knell_config *config)
{
	const struct knell_cluster *cluster = &config->cluster;
	struct directory *dir;
	unsigned int i, count = 0;

	knell_assert_locked();
	for (i = 0; i < ARRAY_SIZE(config->nodes); i++)
		if (config->nodes[i] && config->nodes[i]->initiator[0])
			count++;
	dir = kvzalloc(struct_size(dir, entries, count), GFP_KERNEL);
	if (!dir)
		return -ENOMEM;
	dir->identity = (struct knell_identity) {
		.cluster = cluster->id,
		.epoch = cluster->epoch,
		.self = cluster->self,
		.role = config->nodes[cluster->self]->role,
	};
	for (i = 0; i < ARRAY_SIZE(config->nodes); i++) {
		struct entry *entry = &dir->entries[dir->count];

		if (!config->nodes[i] || !config->nodes[i]->initiator[0])
			continue;
		entry->node = i;
		strscpy(entry->initiator, config->nodes[i]->initiator, sizeof(entry->initiator));
		dir->count++;
	}
	sort(dir->entries, dir->count, sizeof(dir->entries[0]), compare, NULL);
	publish(dir);
	return 0;
}

void knell_directory_withdraw(void)
{
	knell_assert_locked();
	publish(NULL);
}

bool knell_identity_get(struct knell_identity *id)
{
	struct directory *dir;

	rcu_read_lock();
	dir = rcu_dereference(published);
	if (dir)
		*id = dir->identity;
	rcu_read_unlock();
	return dir;
}
EXPORT_SYMBOL_GPL(knell_identity_get);

bool knell_strangers_welcome(void)
{
	return READ_ONCE(strangers);
}
EXPORT_SYMBOL_GPL(knell_strangers_welcome);

void knell_strangers_set(bool welcome)
{
	WRITE_ONCE(strangers, welcome);
}

u16 knell_node_of_initiator(const char *initiator)
{
	unsigned int low = 0, high;
	u16 node = KNELL_NODE_NONE;
	struct directory *dir;

	rcu_read_lock();
	dir = rcu_dereference(published);
	high = dir ? dir->count : 0;
	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		int diff = strcmp(initiator, dir->entries[mid].initiator);

		if (!diff) {
			node = dir->entries[mid].node;
			break;
		}
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	rcu_read_unlock();
	return node;
}
EXPORT_SYMBOL_GPL(knell_node_of_initiator);
