/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The takeover of one application with one volume, as kernels, helpers and the storage do it.
 * Documentation/model.md maps every step to the code and says what it assumes and leaves out.
 *
 * Nodes: servers 1..NS (1 is the home, the others its standbys in this order), routers
 * NS+1..NN. Each has a view: node records nr[], one application record app[]. State travels:
 * a step merges a neighbour's present view at any later time, which is delay and loss; claims,
 * events and the frames in late[] are remembered as they were, which is duplication and order.
 */
#ifndef NS
#define NS 2			/* servers */
#endif
#ifndef NR
#define NR 1			/* routers */
#endif
#define NN (NS + NR)
#define IS_ROUTER(k) ((k) > NS)
#define NAME(k) (IS_ROUTER(k) -> 81 + k - NS : 64 + k)	/* A, B, C; R, S */

/* How often each fault may come, in one run. */
#ifndef CRASHES
#define CRASHES 0		/* a server loses power or panics, and may come back */
#endif
#ifndef CUTS
#define CUTS 0			/* a link between a server and a router fails, and may be mended */
#endif
#ifndef ISOLATIONS
#define ISOLATIONS 0		/* a router's card fails: all its links, and is mended, link by link */
#endif
#ifndef ROUTER_CRASHES
#define ROUTER_CRASHES 0
#endif
#ifndef KILLS
#define KILLS 0			/* the helper is killed; the kernel and the programs go on */
#endif
#ifndef VERDICTS
#define VERDICTS 0		/* a node finds itself unfit and says DOWN, still running */
#endif
#ifndef STEPS
#define STEPS 0			/* a step of a plan fails, or a program ends */
#endif
#ifndef STICKS
#define STICKS 0		/* a mount stays busy when it is to be taken away */
#endif
#ifndef ORDERS
#define ORDERS 0		/* an administrator orders a planned switch */
#endif
#ifndef LEAVES
#define LEAVES 0		/* a server is shut down in good order */
#endif
#ifndef SKIPS
#define SKIPS 0			/* a router gives up waiting for a claim */
#endif
#ifndef OLD_FRAMES
#define OLD_FRAMES 0		/* frames that come late, or again */
#endif
#ifndef EPOCHS
#define EPOCHS 5		/* epochs a server may use */
#endif

#include "records.pml"
#include "volume.pml"
#include "state.pml"
#include "server.pml"
#include "helper.pml"
#include "router.pml"
#include "faults.pml"
#include "properties.pml"
