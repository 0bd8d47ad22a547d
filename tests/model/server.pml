/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel of a server: merges records, claims, hears what others say of it; boots. */

#define MINE(s) (app[s].own == s && app[s].oe == epoch[s])

/* A node record about n reaches the server s; a router said it, or a certificate. */
inline hear_node(s, n, ne, nt)
{
	if
	:: NODE_NEWER(ne, nt, N(s, n).ep, N(s, n).st) ->
		N(s, n).ep = ne;
		N(s, n).st = nt;
		if
		:: s == n && self[s] == IN ->
			printf("%c is told that it is lost or down\n", 64 + s);
			self[s] = LETTING
		:: else
		fi
	:: else
	fi
}

inline hear_app(s, rec)
{
	if
	:: APP_NEWER(rec, app[s]) ->
		copy_app(app[s], rec);
		if
		:: self[s] == IN && app[s].st == A_STARTING && MINE(s) ->
			printf("%c hears that it was granted the application (version %d)\n", 64 + s, app[s].v);
			granted[s] = 1
		:: else
		fi
	:: else
	fi
}

#define NODE_NEWS(to, from, n) NODE_NEWER(N(from, n).ep, N(from, n).st, N(to, n).ep, N(to, n).st)
#define NEWS(to, from) (APP_NEWER(app[from], app[to]) || NODE_NEWS(to, from, 1) || \
	NODE_NEWS(to, from, 2) || NODE_NEWS(to, from, NS))

#define NEXT_VERSION(k, v) ((v) + 1 + (restarted[k] -> GAP : 0))
/* knell_recovery_write() */
inline write_app(k, state, orderly, wish)
{
	app[k].st = state;
	app[k].good = orderly;
	app[k].pref = wish;
	app[k].by = k;
	assert(app[k].v + GAP < 31);
	app[k].v = NEXT_VERSION(k, app[k].v);
	restarted[k] = 0
}

inline forget_all(s)
{
	N(s, 1).ep = 0; N(s, 1).st = UNKNOWN;
	N(s, 2).ep = 0; N(s, 2).st = UNKNOWN;
	N(s, NS).ep = 0; N(s, NS).st = UNKNOWN
}

/* A higher epoch, on the disk first; everything of the one before is over. */
inline join(s)
{
#ifdef MUTANT_EPOCH_REUSED
	skip;
#else
	assert(epoch[s] < EPOCHS);
	epoch[s] = epoch[s] + 1;
#endif
	N(s, s).ep = epoch[s];
	N(s, s).st = STANDBY;	/* JOINING, and soon its tests pass */
	self[s] = IN;
	granted[s] = 0;
	order[s] = 0
}

inline power_off(s)
{
	self[s] = OFF;
	ph[s] = P_IDLE;
	how[s] = 0;
	bad[s] = 0;
	helper[s] = 0;
	granted[s] = 0;
	order[s] = 0;
	unmount(s);
	forget_all(s)
}

#define OTHER(k) (2 * NS + 3 - (k))	/* of two routers */
#define CLAIMED(s, k) (claim[s].to == k && claim[s].v == app[s].v && claim[s].ep == epoch[s])
#define MAY_ACT(s) (self[s] == IN && N(s, s).st == STANDBY)
#ifdef MUTANT_GRANT_ALIVE
#define MY_TURN(s) (!MINE(s))
#else
#define MY_TURN(s) (ORPHANED(s) && PICKED(s, s))
#endif
#define CERTIFIED(to, n) (gasp[n] && NODE_NEWER(gasp[n], DOWN, N(to, n).ep, N(to, n).st))

#if NR > 1
/* Whoever was granted it passes the grant on: the other router hears it before what follows. */
inline pass_on(s, k)
{
	if
	:: MINE(s) && app[s].st == A_STARTING && LINKED(s, OTHER(k)) && APP_NEWER(app[s], app[OTHER(k)]) ->
		x = OTHER(k);
		copy_app(app[x], app[s]);
		x = 0
	:: else
	fi
}
#else
#define pass_on(s, k) skip
#endif

inline hear_router(s, k)
{
	hear_node(s, 1, N(k, 1).ep, N(k, 1).st);
	hear_node(s, 2, N(k, 2).ep, N(k, 2).st);
	hear_node(s, NS, N(k, NS).ep, N(k, NS).st);
	hear_app(s, app[k]);
	pass_on(s, k)
}

proctype Server(byte s)
{
end:	do
	:: d_step { LINKED(s, NS + 1) && NEWS(s, NS + 1) -> hear_router(s, NS + 1) }
#if NR > 1
	:: d_step { LINKED(s, NS + 2) && NEWS(s, NS + 2) -> hear_router(s, NS + 2) }
#endif
	/* Death certificates come straight from the dying node, now or much later. */
	:: d_step { RUNS(s) && s != 1 && CERTIFIED(s, 1) -> hear_node(s, 1, gasp[1], DOWN) }
	:: d_step { RUNS(s) && s != 2 && CERTIFIED(s, 2) -> hear_node(s, 2, gasp[2], DOWN) }
#if NS > 2
	:: d_step { RUNS(s) && s != 3 && CERTIFIED(s, 3) -> hear_node(s, 3, gasp[3], DOWN) }
#endif
	:: d_step { grace[s] -> grace[s] = 0 }
	/* The takeover deadline, a dead helper, no router in reach, or an overdue release. */
	:: d_step { self[s] == IN && !helper[s] ->
		printf("%c finds its helper dead and says DOWN\n", 64 + s);
		N(s, s).st = DOWN;
		self[s] = LETTING }
	:: d_step { self[s] == LETTING && !helper[s] ->
		printf("%c restarts\n", 64 + s);
		power_off(s) }
	:: d_step { self[s] == LEAVING ->
		printf("%c has left and stops\n", 64 + s);
		power_off(s) }
	:: atomic { self[s] == OFF ->
		if	/* what its MIB has of the application's record */
		:: true
		:: copy_app(app[s], none)
		fi;
		d_step {
			join(s);
			helper[s] = 1;
			printf("%c starts with epoch %d\n", 64 + s, epoch[s])
		} }
	od
}

/* It claims again and again, apart from its other work. */
proctype Claimant(byte s)
{
end:	do
	:: d_step { MAY_ACT(s) && MY_TURN(s) && NEAREST(s) && !CLAIMED(s, NEAREST(s)) ->
		printf("%c claims version %d\n", 64 + s, app[s].v);
		claim[s].to = NEAREST(s);
		claim[s].v = app[s].v;
		claim[s].ep = epoch[s] }
	od
}
