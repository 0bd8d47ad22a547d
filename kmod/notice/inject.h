/* SPDX-License-Identifier: GPL-2.0 */
/* The notice of the own death inside a live iSCSI connection. */
#ifndef KNELL_NOTICE_INJECT_H
#define KNELL_NOTICE_INJECT_H

#include <linux/types.h>
#include <linux/knell_wire.h>

#include "path.h"

struct knell_nexus;
struct sk_buff;

/**
 * struct knell_inject - one prebuilt iSCSI PDU and where its numbers come from
 * @path: way to the target portal
 * @nexus: session and connection, referenced
 * @skb: the frame; taken (NULL) once it was handed to the driver
 */
struct knell_inject {
	struct knell_path path;
	struct knell_nexus *nexus;
	struct sk_buff *skb;
};

/**
 * struct knell_inject_self - what the notice says about this node
 */
struct knell_inject_self {
	u32 cluster;
	u32 epoch;
	u16 node;
	u8 role;
};

int knell_inject_prepare(struct knell_inject *inject, struct knell_nexus *nexus,
			 const struct knell_inject_self *self);
void knell_inject_release(struct knell_inject *inject);
bool knell_inject_aim(struct knell_inject *inject, enum knell_reason reason, u64 real_ns);

#endif /* KNELL_NOTICE_INJECT_H */
