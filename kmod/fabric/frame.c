// SPDX-License-Identifier: GPL-2.0
/*
 * Frames: immutable, counted, shared by all links that carry them.
 *
 * Context and locking: any context but NMI. Small frames (a notice is one)
 * fall back to a reserve when there is no memory, so that a shortage of memory
 * does not silence a node. The reserve is never waited for.
 */
#include <linux/mempool.h>
#include <linux/slab.h>

#include "fabric/frame.h"
#include "fabric/link.h"

#define RESERVE_FRAMES	64
#define RESERVE_LEN	256	/* header and seven records */

/**
 * struct stored_frame - a frame and where it goes back to
 * @reserved: from the reserve
 * @frame: what others see
 */
struct stored_frame {
	bool reserved;
	struct knell_frame frame;
};

static mempool_t *reserve;

int knell_frame_init(void)
{
	reserve = mempool_create_kmalloc_pool(RESERVE_FRAMES,
					      sizeof(struct stored_frame) + RESERVE_LEN);
	return reserve ? 0 : -ENOMEM;
}

void knell_frame_exit(void)
{
	mempool_destroy(reserve);
}

struct knell_frame *knell_frame_alloc(size_t len, gfp_t gfp)
{
	struct stored_frame *stored;

	if (len > KNELL_HOP_MAX - sizeof(struct knell_hop_hdr))
		return NULL;
	stored = kmalloc(sizeof(*stored) + len, gfp | __GFP_NOWARN);
	if (stored) {
		stored->reserved = false;
	} else if (len <= RESERVE_LEN) {
		stored = mempool_alloc(reserve, GFP_NOWAIT);
		if (!stored)
			return NULL;
		stored->reserved = true;
	} else {
		return NULL;
	}
	refcount_set(&stored->frame.ref, 1);
	stored->frame.len = len;
	return &stored->frame;
}
EXPORT_SYMBOL_GPL(knell_frame_alloc);

struct knell_frame *knell_frame_get(struct knell_frame *frame)
{
	refcount_inc(&frame->ref);
	return frame;
}
EXPORT_SYMBOL_GPL(knell_frame_get);

void knell_frame_put(struct knell_frame *frame)
{
	struct stored_frame *stored;

	if (!frame || !refcount_dec_and_test(&frame->ref))
		return;
	stored = container_of(frame, struct stored_frame, frame);
	if (stored->reserved)
		mempool_free(stored, reserve);
	else
		kfree(stored);
}
EXPORT_SYMBOL_GPL(knell_frame_put);
