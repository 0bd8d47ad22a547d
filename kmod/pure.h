/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only include of the pure files (no locks, no I/O): gives them the same
 * types and helpers in the kernel and in user space, where they are unit
 * tested and fuzzed.
 */
#ifndef KNELL_PURE_H
#define KNELL_PURE_H

#ifdef __KERNEL__

#include <linux/bits.h>
#include <linux/crc32c.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#else

#include <endian.h>
#include <errno.h>
#ifdef __cplusplus
#include <cstddef>
#include <cstdint>
#include <cstring>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#endif
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define cpu_to_be16(x) ((__be16)htobe16(x))
#define cpu_to_be32(x) ((__be32)htobe32(x))
#define cpu_to_be64(x) ((__be64)htobe64(x))
#define be16_to_cpu(x) be16toh((uint16_t)(x))
#define be32_to_cpu(x) be32toh((uint32_t)(x))
#define be64_to_cpu(x) be64toh((uint64_t)(x))

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif
#ifndef BIT
#define BIT(n) (1UL << (n))
#endif
#ifndef U32_MAX
#define U32_MAX 0xffffffffu
#endif
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif

#ifdef __cplusplus
#define EXPORT_SYMBOL_GPL(symbol) static_assert(true, #symbol)
#else
#define EXPORT_SYMBOL_GPL(symbol) _Static_assert(1, #symbol)
#endif

/* CRC-32C (Castagnoli) without inversions, like the kernel's. */
static inline u32 crc32c(u32 crc, const void *data, size_t len)
{
	const u8 *octet = (const u8 *)data;

	while (len--) {
		crc ^= *octet++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return crc;
}

#endif

#endif /* KNELL_PURE_H */
