/* SPDX-License-Identifier: GPL-2.0 */
/* Records of nodes and of the application, which is newer, and the rule of who takes it. */

/* Status of a node; within an epoch it only rises. STANDBY stands for ACTIVE as well. */
#define UNKNOWN 0
#define JOINING 1
#define STANDBY 2
#define LEFT 3
#define LOST 4
#define DOWN 5
#define TERMINAL(t) ((t) >= LEFT)
#define UP(t) ((t) == JOINING || (t) == STANDBY)

typedef Node {
	unsigned ep : 3;	/* epoch */
	unsigned st : 3		/* status */
}

/* State of the application. */
#define A_UNKNOWN 0
#define A_ORPHAN 1
#define A_STARTING 2
#define A_RUNNING 3
#define A_STOPPING 4
#define A_FAILED 5
#define HELD(state) ((state) >= A_STARTING && (state) <= A_STOPPING)

typedef App {
	unsigned v : 5;		/* version */
	unsigned st : 3;	/* state */
	unsigned own : 2;	/* owner, 0 = none yet */
	unsigned oe : 3;	/* epoch of the owner */
	unsigned by : 3;	/* author */
	unsigned tried : 4;	/* bit n: candidate n was tried */
	unsigned pref : 2;	/* preferred */
	bit good		/* released in good order */
}

Node nr[(NN + 1) * (NS + 1)];
#define N(k, n) nr[(k) * (NS + 1) + (n)]
App app[NN + 1];
App none;

#define NODE_NEWER(ae, at, be, bt) ((ae) > (be) || ((ae) == (be) && (at) > (bt)))
/* Routers have the higher numbers, so their records win at equal versions. */
#define APP_NEWER(x, y) (x.v > y.v || (x.v == y.v && x.by > y.by))

inline copy_app(dst, src)
{
	dst.v = src.v; dst.st = src.st; dst.own = src.own; dst.oe = src.oe;
	dst.by = src.by; dst.tried = src.tried; dst.pref = src.pref; dst.good = src.good
}

/* Is the application nobody's, in the view of k? */
#define OWNER(k) N(k, app[k].own)
#define OWNER_GONE(k) (OWNER(k).ep > app[k].oe || (OWNER(k).ep == app[k].oe && TERMINAL(OWNER(k).st)))
#if defined(MUTANT_GRANT_ALIVE)
#define ORPHANED(k) (app[k].own != k)
#elif defined(MUTANT_OWNER_WITHOUT_EPOCH)
#define ORPHANED(k) (app[k].st <= A_ORPHAN || (HELD(app[k].st) && TERMINAL(OWNER(k).st)))
#else
#define ORPHANED(k) (app[k].st <= A_ORPHAN || (HELD(app[k].st) && OWNER_GONE(k)))
#endif

#define TRIED(k, i) ((app[k].tried >> (i)) & 1)
#define RELEASED(k, i) (app[k].st == A_ORPHAN && app[k].own == (i) && app[k].oe == N(k, i).ep && app[k].good)
#define HEALTHY(k, i) (N(k, i).st == STANDBY && !TRIED(k, i) && (!RELEASED(k, i) || app[k].pref == (i)))
#define ALL_TRIED (((1 << (NS + 1)) - 1) & 14)
/* At a first start, one that was not heard of yet is waited for. */
#define AWAITED(k, i) (!TRIED(k, i) && !app[k].own && grace[k] && (N(k, i).st == UNKNOWN || N(k, i).st == JOINING))
#define PASSED_OVER(k, i) (!HEALTHY(k, i) && !AWAITED(k, i))

#define FIRST1(k, i) ((i) == 1 && HEALTHY(k, 1))
#define FIRST2(k, i) ((i) == 2 && PASSED_OVER(k, 1) && HEALTHY(k, 2))
#if NS > 2
#define FIRST3(k, i) ((i) == 3 && PASSED_OVER(k, 1) && PASSED_OVER(k, 2) && HEALTHY(k, 3))
#define WAIT3(k) (PASSED_OVER(k, 1) && PASSED_OVER(k, 2) && AWAITED(k, 3) && !HEALTHY(k, 3))
#else
#define FIRST3(k, i) false
#define WAIT3(k) false
#endif
#define PREFERS(k) (app[k].pref && HEALTHY(k, app[k].pref))
/* knell_candidate_pick(): is it i? */
#define PICKED(k, i) (PREFERS(k) -> (app[k].pref == (i)) : (FIRST1(k, i) || FIRST2(k, i) || FIRST3(k, i)))
#define PICK_WAITS(k) (!PREFERS(k) && \
	((AWAITED(k, 1) && !HEALTHY(k, 1)) || \
	 (PASSED_OVER(k, 1) && AWAITED(k, 2) && !HEALTHY(k, 2)) || WAIT3(k)))
