/* SPDX-License-Identifier: GPL-2.0 */
/* The helper of a server: the plan forwards and backwards, letting go, its own restart. */

/* Fence::dead(): parked, or never heard of, or of a life that is over */
#ifdef MUTANT_STALE_DEATH
#define DEAD(s, n) (key[n] == PARKED || TERMINAL(N(s, n).st) || N(s, n).st == UNKNOWN || key[n] < N(s, n).ep)
#else
#define DEAD(s, n) (key[n] == PARKED || N(s, n).st == UNKNOWN || key[n] < N(s, n).ep || \
	(key[n] == N(s, n).ep && TERMINAL(N(s, n).st)))
#endif
#define OTHERS(s, n) (n != s && key[n])
#define DEAD_KEY(s, n) (OTHERS(s, n) && DEAD(s, n))
#define LIVE_KEY(s, n) (OTHERS(s, n) && !DEAD(s, n))
#define ANY_DEAD(s) (DEAD_KEY(s, 1) || DEAD_KEY(s, 2) || DEAD_KEY(s, NS))
#define ANY_LIVE(s) (LIVE_KEY(s, 1) || LIVE_KEY(s, 2) || LIVE_KEY(s, NS))
#define HOLDER_LIVES(s) (holder && holder != s && key[holder] && !DEAD(s, holder))

/*
 * Rule 4: nothing is taken by force where nothing failed, and never from a living node that the
 * router knows as the owner; unless the taker has not heard of it, or the router has forgotten.
 */
#define RIGHTFUL(k, n) (router_crashes == ROUTER_CRASHES && key[n] == epoch[n] && self[n] == IN && \
	app[k].own == n && app[k].oe == key[n] && HELD(app[k].st) && !OWNER_GONE(k))

inline check_preempt(s, n)
{
#ifdef PEACE
	if
	:: key[n] != PARKED -> printf("BROKEN: taken by force, but nothing failed\n"); assert(false)
	:: else
	fi;
#endif
	if
	:: RIGHTFUL(NN, n) && N(s, n).st != UNKNOWN -> printf("BROKEN: %c was the owner\n", 64 + n); assert(false)
	:: else
	fi
}

inline check_drop()
{
#ifdef PEACE
	printf("BROKEN: dropped, but nothing failed\n"); assert(false)
#else
	skip
#endif
}

/* knell_recovery_report(): only who holds it in the present epoch may say so. */
#define MAY_REPORT(s) (self[s] == IN && MINE(s) && HELD(app[s].st))

inline report_orphan(s, orderly, wish)
{
	if
	:: MAY_REPORT(s) ->
		if
		:: orderly -> write_app(s, A_ORPHAN, 1, wish)
		:: else ->
			app[s].tried = app[s].tried | (1 << s);
			if
			:: app[s].tried == ALL_TRIED -> write_app(s, A_FAILED, 0, 0)
			:: else -> write_app(s, A_ORPHAN, 0, 0)
			fi
		fi;
		printf("%c reports that it serves no more (version %d)\n", 64 + s, app[s].v)
	:: else
	fi
}

inline report_stopping(s)
{
	if
	:: MAY_REPORT(s) -> write_app(s, A_STOPPING, app[s].good, app[s].pref)
	:: else
	fi
}

inline take_back(s, why)
{
	how[s] = why;
	ph[s] = P_UNMOUNT
}

/* Fence::undo() */
inline unfence(s)
{
	if
	:: key[s] == epoch[s] ->
#if defined(MUTANT_UNRESERVED)
		pr_unregister(s);
#elif defined(MUTANT_KEY_KEPT)
		skip;
#else
		if
		:: holder == s -> pr_register(s, PARKED)
		:: else -> pr_unregister(s)
		fi;
#endif
		printf("%c lets go of the volume\n", 64 + s)
	:: else
	fi
}

inline finish(s)
{
	if
	:: bad[s] && ABANDONS(how[s]) -> ph[s] = P_UNMOUNT
#ifndef MUTANT_DIRTY_CLEAN_UP
	:: bad[s] && how[s] == H_CLEAN -> ph[s] = P_UNMOUNT
#endif
	:: bad[s] && how[s] < H_ABANDON ->
		printf("%c gives up and says DOWN\n", 64 + s);
		if
		:: self[s] == IN -> self[s] = LETTING; N(s, s).st = DOWN
		:: else
		fi;
		take_back(s, H_ABANDON)
	:: else ->
		ph[s] = P_IDLE;
		if
		:: how[s] == H_STEP -> report_orphan(s, 0, 0)
		:: how[s] == H_PLANNED -> report_orphan(s, 1, prefer[s])
		:: how[s] == H_LEAVE ->
			report_orphan(s, 1, 0);
			if
			:: self[s] == IN -> self[s] = LEAVING; N(s, s).st = LEFT
			:: else
			fi
		:: how[s] == H_FENCED ->
			report_orphan(s, 0, 0);
			join(s)
		:: how[s] == H_CLEAN && self[s] == IN && MINE(s) ->
			if
			:: app[s].st == A_STOPPING -> report_orphan(s, 1, 0)
			:: app[s].st == A_STARTING -> granted[s] = 1
			:: else
			fi
		:: else
		fi;
		prefer[s] = 0;
		how[s] = 0
	fi;
	bad[s] = 0
}

#define CALLED_OFF(s) (self[s] == LETTING || (self[s] == IN && !MINE(s)))

proctype Helper(byte s)
{
end:	do
	/* consider() and Fence::take(): a grant came, however long ago */
	:: d_step { helper[s] && granted[s] && ph[s] == P_IDLE && self[s] == IN ->
		granted[s] = 0;
		printf("%c begins to take over and registers its key\n", 64 + s);
		pr_register(s, epoch[s]);
#ifdef MUTANT_NO_FENCE
		ph[s] = P_MOUNT }
#else
		ph[s] = P_LOOK }
#endif
	:: d_step { helper[s] && ph[s] == P_LOOK && key[s] == epoch[s] && ANY_DEAD(s) ->
		if
		:: DEAD_KEY(s, 1) -> x = 1
		:: !DEAD_KEY(s, 1) && DEAD_KEY(s, 2) -> x = 2
		:: else -> x = NS
		fi;
		printf("%c preempts the key of %c\n", 64 + s, 64 + x);
		check_preempt(s, x);
		pr_preempt(s, x);
		x = 0 }
	:: d_step { helper[s] && ph[s] == P_LOOK && (key[s] != epoch[s] || HOLDER_LIVES(s)) ->
		printf("%c has lost the race for the volume\n", 64 + s);
		check_drop();
		take_back(s, H_STEP) }
	/* A living registrant that does not hold is given time to back off. */
	:: d_step { helper[s] && ph[s] == P_LOOK && !ANY_DEAD(s) && ANY_LIVE(s) && !HOLDER_LIVES(s) ->
		printf("%c finds a living registrant that does not go away\n", 64 + s);
		take_back(s, H_STEP) }
	:: d_step { helper[s] && ph[s] == P_LOOK && key[s] == epoch[s] && !ANY_DEAD(s) && !ANY_LIVE(s) && !holder ->
		printf("%c reserves the volume\n", 64 + s);
		pr_reserve(s) }
	:: d_step { helper[s] && ph[s] == P_LOOK && key[s] == epoch[s] && !ANY_DEAD(s) && !ANY_LIVE(s) && holder == s ->
		ph[s] = P_MOUNT }
	/* Mount::run() */
	:: d_step { helper[s] && ph[s] == P_MOUNT ->
		unmount(s);
		if
		:: MAY_WRITE(s) ->
			printf("%c mounts the volume\n", 64 + s);
			mount(s);
			ph[s] = P_REPORT
		:: else ->
			printf("%c cannot mount: reservation conflict\n", 64 + s);
			take_back(s, H_STEP)
		fi }
	:: d_step { helper[s] && ph[s] == P_REPORT ->
		if
		:: MAY_REPORT(s) ->
			app[s].tried = 0;
			write_app(s, A_RUNNING, 0, 0);
			ph[s] = P_SERVE;
			printf("%c serves (version %d)\n", 64 + s, app[s].v)
		:: else -> take_back(s, H_ABANDON)
		fi }
	/* A step fails, or a program ends while it serves. */
	:: d_step { helper[s] && steps && (TAKING(ph[s]) || ph[s] == P_SERVE) ->
		steps--;
		printf("%c: a step fails\n", 64 + s);
		if
		:: ph[s] == P_SERVE -> report_stopping(s)
		:: else
		fi;
		take_back(s, H_STEP) }
	/* consider(), consider_self(): somebody else's, or this node is out. */
	:: d_step { helper[s] && (TAKING(ph[s]) || ph[s] == P_SERVE) && CALLED_OFF(s) ->
		printf("%c drops the application\n", 64 + s);
		check_drop();
		take_back(s, H_ABANDON) }
	/* after_relogin(): the key is gone */
	:: d_step { helper[s] && ph[s] == P_SERVE && (key[s] != epoch[s] || holder != s) ->
		printf("%c sees that it was fenced\n", 64 + s);
		take_back(s, H_FENCED) }
	/* obey() */
	:: d_step { helper[s] && order[s] ->
		if
		:: TAKING(ph[s]) || ph[s] == P_SERVE ->
			printf("%c releases as ordered\n", 64 + s);
			prefer[s] = order[s] - 1;
			if
			:: ph[s] == P_SERVE -> report_stopping(s)
			:: else
			fi;
			take_back(s, H_PLANNED)
		:: else
		fi;
		order[s] = 0 }
	/* Plan::undo_from() */
	:: d_step { helper[s] && ph[s] == P_UNMOUNT ->
#ifndef MUTANT_NO_UNMOUNT
		unmount(s);
#endif
		ph[s] = P_UNFENCE }
	:: d_step { helper[s] && ph[s] == P_UNMOUNT && sticks && mnt[s] ->
		sticks--;
		printf("%c: the mount stays busy\n", 64 + s);
		bad[s] = 1;
		ph[s] = P_UNFENCE }
	:: d_step { helper[s] && ph[s] == P_UNFENCE ->
		unfence(s);
		finish(s) }
	/* its session is gone: the next owner preempts the key */
	:: d_step { helper[s] && ph[s] == P_UNFENCE && ABANDONS(how[s]) && key[s] ->
		finish(s) }
	/* let_go_and_rejoin() */
	:: d_step { helper[s] && ph[s] == P_IDLE && self[s] == LETTING ->
		join(s);
		printf("%c has let go of everything and joins with epoch %d\n", 64 + s, epoch[s]) }
	/* readopt(): only the helper was restarted */
	:: d_step { !helper[s] && (self[s] == IN || self[s] == LETTING) ->
		helper[s] = 1;
		printf("%c: its helper starts again\n", 64 + s);
		if
		:: self[s] == IN && MINE(s) && app[s].st == A_RUNNING ->
			if
			:: key[s] == epoch[s] && holder == s && mnt[s] -> ph[s] = P_SERVE
			:: else -> report_stopping(s); take_back(s, H_STEP)
			fi
		:: else -> take_back(s, H_CLEAN)
		fi }
	od
}
