/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parked RECEIVEs: a command that waits for hours must still end the moment
 * somebody wants it gone.
 */
#ifndef KNELL_TARGET_PARK_H
#define KNELL_TARGET_PARK_H

#include "target/nexus.h"

void knell_park_init(struct knell_target *target);
/* The last command is gone. */
void knell_park_exit(struct knell_target *target);

/* A nexus came up: watch until there is none. Any context. */
void knell_park_watch(struct knell_target *target);

/* ABORT TASK or LUN RESET took @aborted (linked by se_cmd.state_list). Process context. */
void knell_park_abort(struct knell_target *target, struct list_head *aborted);

#endif /* KNELL_TARGET_PARK_H */
