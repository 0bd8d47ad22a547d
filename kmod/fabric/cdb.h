/* SPDX-License-Identifier: GPL-2.0 */
/* The command descriptor blocks of KNELL SEND and KNELL RECEIVE. Pure. */
#ifndef KNELL_FABRIC_CDB_H
#define KNELL_FABRIC_CDB_H

#include <linux/knell_wire.h>
#include "pure.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct knell_cdb - a KNELL SEND or KNELL RECEIVE command
 * @opcode: KNELL_OP_SEND or KNELL_OP_RECEIVE
 * @unsequenced: SEND: stands outside the hop sequence
 * @length: parameter list or allocation length
 * @seq: SEND: hop sequence; RECEIVE: cumulative acknowledgement
 */
struct knell_cdb {
	u8 opcode;
	bool unsequenced;
	u16 length;
	u32 seq;
};

/**
 * knell_cdb_parse() - check and read a command descriptor block
 * @cdb: KNELL_CDB_LEN octets
 * @out: filled on success
 *
 * Return: 0, -EOPNOTSUPP if the opcode is not ours, -EINVAL if a field is
 * not understood.
 */
int knell_cdb_parse(const u8 *cdb, struct knell_cdb *out);

/* Write a command descriptor block; @cdb has KNELL_CDB_LEN octets. */
void knell_cdb_build(u8 *cdb, const struct knell_cdb *in);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_FABRIC_CDB_H */
