/* SPDX-License-Identifier: GPL-2.0 */
/* TCP of the supported kernels. */
#ifndef KNELL_COMPAT_TCP_H
#define KNELL_COMPAT_TCP_H

#include <linux/math64.h>
#include <linux/tcp.h>
#include <linux/time64.h>
#include <linux/version.h>

/**
 * knell_tcp_tsval() - value of the timestamp option a connection would send
 * @tp: connection
 * @mono_ns: CLOCK_MONOTONIC
 *
 * Since 6.7 (614e8316aa4c "tcp: add support for usec resolution in TCP TS
 * values") a connection counts in milliseconds or in microseconds.
 *
 * Context: any, NMI included.
 */
static inline u32 knell_tcp_tsval(const struct tcp_sock *tp, u64 mono_ns)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	if (tp->tcp_usec_ts)
		return (u32)div_u64(mono_ns, NSEC_PER_USEC) + tp->tsoffset;
#endif
	return (u32)div_u64(mono_ns, NSEC_PER_MSEC) + tp->tsoffset;
}

#endif /* KNELL_COMPAT_TCP_H */
