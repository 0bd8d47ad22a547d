/* SPDX-License-Identifier: GPL-2.0 */
/* Notices that this kernel dies, as early as possible. */
#ifndef KNELL_NOTICE_TRIGGER_H
#define KNELL_NOTICE_TRIGGER_H

#include <linux/types.h>
#include <linux/knell_wire.h>

int knell_trigger_init(void (*dying)(enum knell_reason reason), void (*epitaph)(void));
void knell_trigger_exit(void);
unsigned int knell_trigger_probes(void);

#endif /* KNELL_NOTICE_TRIGGER_H */
