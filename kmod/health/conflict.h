/* SPDX-License-Identifier: GPL-2.0 */
/* Does a disk's answer mean that this node may have been fenced from it? Pure. */
#ifndef KNELL_HEALTH_CONFLICT_H
#define KNELL_HEALTH_CONFLICT_H

#include "pure.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * knell_conflict_suspected() - may somebody have taken this node's registration?
 * @opcode: of the command that was answered
 * @status: SCSI status
 * @sense: sense data, fixed or descriptor format
 * @len: octets of @sense, 0 = none
 *
 * Commands on reservations themselves do not count: whoever sends them sees
 * the answer.
 *
 * Return: true for RESERVATION CONFLICT and for UNIT ATTENTION "reservations
 * preempted" or "registrations preempted".
 */
bool knell_conflict_suspected(u8 opcode, u8 status, const u8 *sense, size_t len);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_HEALTH_CONFLICT_H */
