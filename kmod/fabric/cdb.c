// SPDX-License-Identifier: GPL-2.0
/* Command descriptor blocks of KNELL SEND and KNELL RECEIVE. Pure. */
#include "fabric/cdb.h"

int knell_cdb_parse(const u8 *cdb, struct knell_cdb *out)
{
	u8 flags = cdb[6];

	if (cdb[0] != KNELL_OP_SEND && cdb[0] != KNELL_OP_RECEIVE)
		return -EOPNOTSUPP;
	if (cdb[1] != KNELL_CDB_SIGNATURE || cdb[9])
		return -EINVAL;

	out->opcode = cdb[0];
	out->seq = (u32)cdb[2] << 24 | cdb[3] << 16 | cdb[4] << 8 | cdb[5];
	out->length = cdb[7] << 8 | cdb[8];
	out->unsequenced = flags & KNELL_CDB_F_UNSEQUENCED;

	if (out->opcode == KNELL_OP_RECEIVE)
		return flags || out->length != KNELL_HOP_MAX ? -EINVAL : 0;
	if (flags & ~KNELL_CDB_F_UNSEQUENCED ||
	    out->unsequenced != !out->seq ||
	    out->length < sizeof(struct knell_hop_hdr) +
			  sizeof(struct knell_frame_hdr) ||
	    out->length > KNELL_HOP_MAX)
		return -EINVAL;
	return 0;
}
EXPORT_SYMBOL_GPL(knell_cdb_parse);

void knell_cdb_build(u8 *cdb, const struct knell_cdb *in)
{
	cdb[0] = in->opcode;
	cdb[1] = KNELL_CDB_SIGNATURE;
	cdb[2] = (u8)(in->seq >> 24);
	cdb[3] = (u8)(in->seq >> 16);
	cdb[4] = (u8)(in->seq >> 8);
	cdb[5] = (u8)in->seq;
	cdb[6] = in->unsequenced ? KNELL_CDB_F_UNSEQUENCED : 0;
	cdb[7] = (u8)(in->length >> 8);
	cdb[8] = (u8)in->length;
	cdb[9] = 0;
}
