/* SPDX-License-Identifier: GPL-2.0 */
/* What servers, their helpers, routers and links remember. */

#define OFF 0			/* no power, or stopped */
#define IN 1			/* takes part */
#define LETTING 2		/* DOWN or LOST: lets go of everything */
#define LEAVING 3		/* has released everything in good order */
#define GONE 4			/* never comes back */

byte self[NS + 1];
byte epoch[NS + 1];		/* on the disk */
bit grace[NN + 1];		/* start grace: nodes not heard of may still come */
bit granted[NS + 1];		/* an event with a grant waits for the helper */
byte order[NS + 1];		/* an order to release waits for the helper: 1 + preferred node */
byte gasp[NS + 1];		/* the last epoch whose death certificate is about, 0 = none */

typedef Claim {
	unsigned to : 3;	/* to which router, 0 = no claim is on its way */
	unsigned v : 5;
	unsigned ep : 3
}
Claim claim[NS + 1];

bit link[(NS + 1) * (NR + 1)];
byte rup[NN + 1];		/* routers: 0 = off */
bit restarted[NN + 1];		/* has written nothing since: it may have forgotten versions it wrote */
#define GAP 6			/* KNELL_VERSION_GAP: more than it can have forgotten */
#define LINK(s, r) link[(s) * (NR + 1) + (r) - NS]
#define RUNS(s) (self[s] != OFF && self[s] != GONE)
#define LINKED(s, r) (LINK(s, r) && RUNS(s) && rup[r])
/* A claim goes to the router with the lowest number. */
#if NR > 1
#define NEAREST(s) (LINKED(s, NS + 1) -> NS + 1 : (LINKED(s, NS + 2) -> NS + 2 : 0))
#else
#define NEAREST(s) (LINKED(s, NS + 1) -> NS + 1 : 0)
#endif
#if NR > 1
bit backbone = 1;		/* the link between the routers */
#endif

/* Where the helper is with the application. */
#define P_IDLE 0
#define P_LOOK 1		/* registered: preempt the dead, see who holds */
#define P_MOUNT 2
#define P_REPORT 3		/* everything runs: tell the kernel */
#define P_SERVE 4
#define P_UNMOUNT 5		/* taking back, in reverse */
#define P_UNFENCE 6
#define TAKING(p) ((p) >= P_LOOK && (p) <= P_REPORT)

/* Why it takes back. */
#define H_STEP 1		/* a step failed, or a program ended */
#define H_PLANNED 2		/* ordered */
#define H_LEAVE 3		/* the node is shut down */
#define H_ABANDON 4		/* another one has it, or this node is DOWN or LOST */
#define H_FENCED 5		/* the storage says so */
#define H_CLEAN 6		/* a helper that was restarted removes what it found */
#define ABANDONS(h) ((h) == H_ABANDON || (h) == H_FENCED)

byte ph[NS + 1];
byte how[NS + 1];
bit bad[NS + 1];		/* something could not be taken back */
bit helper[NS + 1];		/* it lives */
byte prefer[NS + 1];


/* Faults that may still come. */
byte crashes = CRASHES, cuts = CUTS, router_crashes = ROUTER_CRASHES, kills = KILLS;
byte verdicts = VERDICTS, orders = ORDERS, leaves = LEAVES, old_frames = OLD_FRAMES;
byte steps = STEPS, sticks = STICKS, skips = SKIPS, isolations = ISOLATIONS;
