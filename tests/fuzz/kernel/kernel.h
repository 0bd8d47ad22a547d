/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Just enough of the kernel's interfaces, outside netlink, for kmod/netlink and
 * kmod/membership to be compiled in user space. Included before everything else.
 */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "pure.h"

typedef unsigned int gfp_t;
typedef struct { int refs; } refcount_t;
typedef struct { s64 value; } atomic64_t;

struct module;

#define GFP_KERNEL	0u
#define GFP_ATOMIC	1u
#define THIS_MODULE	((struct module *)NULL)
/* As a kernel that was built without it; the one option asked for is CONFIG_KEYS. */
#define IS_ENABLED(option) 0
#define __ro_after_init
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))

#define ERR_PTR(error)	((void *)(intptr_t)(error))
#define PTR_ERR(ptr)	((int)(intptr_t)(ptr))
#define IS_ERR(ptr)	((uintptr_t)(ptr) >= (uintptr_t)-4095)

static inline void __module_get(struct module *module) { (void)module; }
static inline void module_put(struct module *module) { (void)module; }
static inline u64 ktime_get_ns(void) { return 1; }
static inline u64 ktime_get_real_ns(void) { return 1; }
static inline s64 atomic64_read(const atomic64_t *v) { return v->value; }
static inline void atomic64_inc(atomic64_t *v) { v->value++; }

static inline void *kzalloc(size_t size, gfp_t gfp) { (void)gfp; return calloc(1, size); }
static inline void *kvzalloc(size_t size, gfp_t gfp) { (void)gfp; return calloc(1, size); }
static inline void *kvmalloc(size_t size, gfp_t gfp) { (void)gfp; return malloc(size); }
static inline void kfree(const void *data) { free((void *)(uintptr_t)data); }
static inline void kvfree(const void *data) { kfree(data); }

static inline void kvfree_sensitive(void *data, size_t size)
{
	memset(data, 0, size);
	free(data);
}

/* The first octet that differs, or NULL. */
static inline const void *memchr_inv(const void *data, int octet, size_t size)
{
	const u8 *at = data;

	for (; size; size--, at++)
		if (*at != (u8)octet)
			return at;
	return NULL;
}

/* A mutex that notices a second owner and a missing one. */
struct mutex {
	bool held;
};

#define DEFINE_MUTEX(name) struct mutex name = { false }
#define lockdep_assert_held(mutex) assert((mutex)->held)

static inline void mutex_lock(struct mutex *mutex)
{
	assert(!mutex->held);
	mutex->held = true;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	assert(mutex->held);
	mutex->held = false;
}

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define list_entry(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_entry((head)->next, __typeof__(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))

static inline void INIT_LIST_HEAD(struct list_head *list) { list->next = list->prev = list; }
static inline bool list_empty(const struct list_head *list) { return list->next == list; }

static inline void list_add_tail(struct list_head *item, struct list_head *list)
{
	item->prev = list->prev;
	item->next = list;
	list->prev->next = item;
	list->prev = item;
}

static inline void list_del_init(struct list_head *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	INIT_LIST_HEAD(item);
}

static inline void list_replace_init(struct list_head *old, struct list_head *item)
{
	item->next = old->next;
	item->prev = old->prev;
	item->next->prev = item;
	item->prev->next = item;
	INIT_LIST_HEAD(old);
}

#define SHA256_DIGEST_SIZE 32
void sha256(const u8 *data, unsigned int len, u8 *out);

#endif /* FUZZ_KERNEL_H */
