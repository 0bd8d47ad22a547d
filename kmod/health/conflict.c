// SPDX-License-Identifier: GPL-2.0
/*
 * Answers of disks that mean: another node may have fenced this one. Codes as
 * in SPC-4. Pure.
 */
#include "health/conflict.h"

#define PERSISTENT_RESERVE_IN	0x5e
#define PERSISTENT_RESERVE_OUT	0x5f
#define CHECK_CONDITION		0x02
#define RESERVATION_CONFLICT	0x18
#define KEY_UNIT_ATTENTION	0x06
#define ASC_PARAMETERS_CHANGED	0x2a
#define ASCQ_RESERVATIONS	0x03
#define ASCQ_REGISTRATIONS	0x05

static bool preempted(u8 key, u8 asc, u8 ascq)
{
	return (key & 0xf) == KEY_UNIT_ATTENTION && asc == ASC_PARAMETERS_CHANGED &&
	       (ascq == ASCQ_RESERVATIONS || ascq == ASCQ_REGISTRATIONS);
}

bool knell_conflict_suspected(u8 opcode, u8 status, const u8 *sense, size_t len)
{
	if (opcode == PERSISTENT_RESERVE_IN || opcode == PERSISTENT_RESERVE_OUT)
		return false;
	if (status == RESERVATION_CONFLICT)
		return true;
	if (status != CHECK_CONDITION || len < 4)
		return false;
	switch (sense[0] & 0x7f) {
	case 0x70:
		return len >= 14 && preempted(sense[2], sense[12], sense[13]);
	case 0x72:
		return preempted(sense[1], sense[2], sense[3]);
	default:
		return false;
	}
}
