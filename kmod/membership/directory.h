/* SPDX-License-Identifier: GPL-2.0 */
/* Identity of this node and the numbers of the initiators: for links, in any context but NMI. */
#ifndef KNELL_MEMBERSHIP_DIRECTORY_H
#define KNELL_MEMBERSHIP_DIRECTORY_H

#include <linux/types.h>

struct knell_config;

/**
 * struct knell_identity - who this node is
 */
struct knell_identity {
	u32 cluster;
	u32 epoch;
	u16 self;
	u8 role;
};

/* false: no cluster installed; a link is silent then, or a stranger. Any context but NMI. */
bool knell_identity_get(struct knell_identity *id);
/* Node number of an iSCSI initiator name, KNELL_NODE_NONE if unknown. Any context but NMI. */
u16 knell_node_of_initiator(const char *initiator);

/* May those who share no cluster with this node talk to its helper? Any context. */
bool knell_strangers_welcome(void);
void knell_strangers_set(bool welcome);

/* Publish or withdraw; process context, knell_lock held. 0 or -ENOMEM. */
int knell_directory_publish(const struct knell_config *config);
void knell_directory_withdraw(void);

#endif /* KNELL_MEMBERSHIP_DIRECTORY_H */
