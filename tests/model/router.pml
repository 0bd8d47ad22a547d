/* SPDX-License-Identifier: GPL-2.0 */
/* A router: relays records, judges what servers say, grants, announces who is lost. */

#if NR > 1
/* The routers can ask each other, directly or through a server. */
#define CARRIES(k, s) (LINKED(s, k) && LINKED(s, OTHER(k)))
#ifdef MUTANT_NOBODY_CARRIES
#define ASKS(k) backbone
#else
#define ASKS(k) (backbone || CARRIES(k, 1) || CARRIES(k, 2) || CARRIES(k, NS))
#endif
/* Another router reaches it: it answers the probe. */
#define PROBED(k, n) (rup[OTHER(k)] && LINKED(n, OTHER(k)) && ASKS(k))
/* knell_silence_over(): a router that reaches nobody is cut off itself */
#ifdef MUTANT_LOST_ALONE
#define WITNESS(k) true
#else
#define WITNESS(k) (!rup[OTHER(k)] || backbone || LINKED(1, k) || LINKED(2, k) || LINKED(NS, k))
#endif
#else
#define PROBED(k, n) false
#define WITNESS(k) true
#endif

/* knell_may_say_app() and overrule(): the record of the application, brought by server s. */
#define SAME_GRANT(x, y) (x.own == y.own && x.oe == y.oe)
/* Another router may have granted it: who lives and says that it holds it is believed. */
#if NR > 1 && !defined(MUTANT_DISBELIEF)
#define BELIEVED(k, rec) (N(k, rec.own).ep == rec.oe && !TERMINAL(N(k, rec.own).st))
#else
#define BELIEVED(k, rec) false
#endif
#define TAKES(k, rec) (grace[k] || (rec.by != k && IS_ROUTER(rec.by)) || !app[k].v || \
	(!IS_ROUTER(rec.by) && BELIEVED(k, rec)) || \
	(!IS_ROUTER(rec.by) && SAME_GRANT(rec, app[k]) && app[k].st != A_ORPHAN && app[k].st != A_FAILED))

inline judge_app(k, rec)
{
	if
	:: APP_NEWER(rec, app[k]) ->
		if
		:: TAKES(k, rec) -> copy_app(app[k], rec)
		:: else ->
			printf("%c overrules version %d\n", NAME(k), rec.v);
			app[k].v = NEXT_VERSION(k, rec.v);
			app[k].by = k;
			restarted[k] = 0
		fi
	:: else
	fi
}

/* A server tells of itself, and of the application while it owns it. */
#define SAYS_APP(s, k) (app[s].own == s && APP_NEWER(app[s], app[k]))
#define SERVER_NEWS(k, s) (NODE_NEWS(k, s, s) || SAYS_APP(s, k))

inline hear_record(k, n, ne, nt)
{
	if
	:: NODE_NEWER(ne, nt, N(k, n).ep, N(k, n).st) ->
		N(k, n).ep = ne;
		N(k, n).st = nt
	:: else
	fi
}

inline hear_server(k, s)
{
	hear_record(k, s, N(s, s).ep, N(s, s).st);
	if
	:: SAYS_APP(s, k) -> judge_app(k, app[s])
	:: else
	fi
}

#define CLAIM_FITS(k, s) (N(k, s).ep == claim[s].ep && !TERMINAL(N(k, s).st) && app[k].v == claim[s].v)
#define MAY_GRANT(k, s) (CLAIM_FITS(k, s) && ORPHANED(k) && HEALTHY(k, s) && !PICK_WAITS(k))

inline grant(k, s)
{
	app[k].own = s;
	app[k].oe = N(k, s).ep;
	write_app(k, A_STARTING, 0, 0);
	printf("%c grants version %d to %c\n", NAME(k), app[k].v, 64 + s)
}

inline answer_claim(k, s)
{
	if
	:: MAY_GRANT(k, s) -> grant(k, s)
	:: else -> printf("%c refuses a claim of %c\n", NAME(k), 64 + s)
	fi;
	claim[s].to = 0; claim[s].v = 0; claim[s].ep = 0
}

/* Neither one broken link, nor two, nor a router's card is a node's death. */
#if NR > 1 && !CRASHES && !ROUTER_CRASHES && CUTS <= 2
#define REACHED(k, n) (rup[OTHER(k)] && LINKED(n, OTHER(k)))
#else
#define REACHED(k, n) false
#endif

inline lose(k, n)
{
	if
	:: REACHED(k, n) -> printf("BROKEN: %c is called lost, and the other router reaches it\n", 64 + n); assert(false)
	:: else
	fi;
	if
	:: N(k, n).st == UNKNOWN -> N(k, n).ep = app[k].oe
	:: else
	fi;
	N(k, n).st = LOST;
	printf("%c says that %c (epoch %d) is lost\n", NAME(k), 64 + n, N(k, n).ep)
}

#define SILENT(k, n) (!LINKED(n, k) && WITNESS(k) && !PROBED(k, n) && (UP(N(k, n).st) || \
	(N(k, n).st == UNKNOWN && !grace[k] && app[k].own == n && HELD(app[k].st))))

/*
 * knell_grant_watch(): whose turn it is does not claim for takeover_deadline. A candidate that
 * knows as much as the router and would claim does so in time; SKIPS allows exceptions.
 */
#define CLAIMS(k, n) (claim[n].to == k || (MAY_ACT(n) && MY_TURN(n) && app[n].v == app[k].v))
#define PENDING(k, n) (NEWS(n, k) || SERVER_NEWS(k, n) || CLAIMS(k, n))
#define MUTE(k, n) (rup[k] && ORPHANED(k) && PICKED(k, n) && LINKED(n, k) && !PENDING(k, n))
#define MAY_SKIP(k, n) (skips && rup[k] && ORPHANED(k) && PICKED(k, n))

inline skip_candidate(k, n)
{
	app[k].tried = app[k].tried | (1 << n);
	write_app(k, A_ORPHAN, 0, app[k].pref);
	printf("%c waited for a claim of %c long enough\n", NAME(k), 64 + n)
}

proctype Router(byte k)
{
end:	do
	:: d_step { LINKED(1, k) && SERVER_NEWS(k, 1) -> hear_server(k, 1) }
	:: d_step { LINKED(2, k) && SERVER_NEWS(k, 2) -> hear_server(k, 2) }
#if NS > 2
	:: d_step { LINKED(3, k) && SERVER_NEWS(k, 3) -> hear_server(k, 3) }
#endif
#if NR > 1
	/* The other router: its word counts for everybody. */
	:: d_step { rup[k] && rup[OTHER(k)] && backbone && NEWS(k, OTHER(k)) ->
		x = OTHER(k);
		hear_record(k, 1, N(x, 1).ep, N(x, 1).st);
		hear_record(k, 2, N(x, 2).ep, N(x, 2).st);
		hear_record(k, NS, N(x, NS).ep, N(x, NS).st);
		if
		:: APP_NEWER(app[x], app[k]) -> copy_app(app[k], app[x])
		:: else
		fi;
		x = 0 }
#endif
	:: d_step { rup[k] && CERTIFIED(k, 1) -> hear_record(k, 1, gasp[1], DOWN) }
	:: d_step { rup[k] && CERTIFIED(k, 2) -> hear_record(k, 2, gasp[2], DOWN) }
#if NS > 2
	:: d_step { rup[k] && CERTIFIED(k, 3) -> hear_record(k, 3, gasp[3], DOWN) }
#endif
	/* lost_grace is over and no other router reached it */
	:: d_step { rup[k] && SILENT(k, 1) -> lose(k, 1) }
	:: d_step { rup[k] && SILENT(k, 2) -> lose(k, 2) }
#if NS > 2
	:: d_step { rup[k] && SILENT(k, 3) -> lose(k, 3) }
#endif
	:: d_step { MUTE(k, 1) -> skip_candidate(k, 1) }
	:: d_step { MUTE(k, 2) -> skip_candidate(k, 2) }
#if NS > 2
	:: d_step { MUTE(k, 3) -> skip_candidate(k, 3) }
#endif
	:: d_step { MAY_SKIP(k, 1) -> skips--; skip_candidate(k, 1) }
	:: d_step { MAY_SKIP(k, 2) -> skips--; skip_candidate(k, 2) }
	:: d_step { rup[k] && ORPHANED(k) && app[k].tried == ALL_TRIED ->
		write_app(k, A_FAILED, 0, app[k].pref);
		printf("%c: every candidate was tried\n", NAME(k)) }
	:: d_step { grace[k] && rup[k] -> grace[k] = 0 }
	od
}

/* Apart from the router's other work: a claim that is repeated holds up nothing. */
proctype Granter(byte k; byte s)
{
end:	do
	:: d_step { rup[k] && claim[s].to == k -> answer_claim(k, s) }
	od
}
