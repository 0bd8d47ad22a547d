// SPDX-License-Identifier: GPL-2.0
/* Storage and names of the counters. */
#include "membership/counter.h"

atomic64_t knell_counters[KNELL_COUNTER_MAX];

const char *const knell_counter_names[KNELL_COUNTER_MAX] = {
#define KNELL_COUNTER_NAME(name) #name,
	KNELL_COUNTERS(KNELL_COUNTER_NAME)
#undef KNELL_COUNTER_NAME
};
