/* SPDX-License-Identifier: GPL-2.0 */
/* What goes wrong, what administrators do, and what is mended: any of it at any time. */


inline crash(s)
{
	crashes--;
	power_off(s)
}

#define ORDERABLE(s) (orders && self[s] == IN && !order[s])

inline give_order(s, wish)
{
	orders--;
	order[s] = wish + 1;
	printf("%c is ordered to release the application; preferred: %d\n", 64 + s, wish)
}

proctype ServerFaults(byte s)
{
end:	do
	:: d_step { crashes && RUNS(s) ->
		printf("%c loses power\n", 64 + s);
		crash(s) }
	:: d_step { crashes && RUNS(s) && UP(N(s, s).st) ->
		printf("%c panics; its last gasp is on its way\n", 64 + s);
		gasp[s] = epoch[s];
		crash(s) }
#ifdef FOREVER
	:: d_step { crashes && RUNS(s) ->
		printf("%c is destroyed\n", 64 + s);
		crash(s);
		self[s] = GONE }
#endif
	:: d_step { kills && helper[s] ->
		kills--;
		helper[s] = 0;
		ph[s] = P_IDLE;
		how[s] = 0;
		bad[s] = 0;
		order[s] = 0;
		granted[s] = 0;
		printf("the helper of %c is killed\n", 64 + s) }
	:: d_step { verdicts && self[s] == IN ->
		verdicts--;
		self[s] = LETTING;
		N(s, s).st = DOWN;
		printf("%c finds itself unfit and says DOWN\n", 64 + s) }
	/* DOWN or LOST, and its kernel makes it harmless at last */
	:: d_step { self[s] == LETTING && crashes ->
		printf("%c restarts\n", 64 + s);
		crash(s) }
	:: d_step { leaves && helper[s] && self[s] == IN && (ph[s] == P_IDLE || ph[s] == P_SERVE) ->
		leaves--;
		printf("%c is shut down in good order\n", 64 + s);
		if
		:: ph[s] == P_SERVE -> report_stopping(s); take_back(s, H_LEAVE)
		:: else -> how[s] = H_LEAVE; ph[s] = P_UNFENCE
		fi }
	:: d_step { ORDERABLE(s) -> give_order(s, 0) }
	:: d_step { ORDERABLE(s) && s != 1 -> give_order(s, 1) }
	:: d_step { ORDERABLE(s) && s != 2 -> give_order(s, 2) }
	od
}

#if NR > 1
inline isolate(r)
{
	isolations--;
	backbone = 0;
	LINK(1, r) = 0;
	LINK(2, r) = 0;
	LINK(NS, r) = 0;
	printf("router %c is cut off from everybody\n", NAME(r))
}

proctype BackboneFaults()
{
end:	do
	:: d_step { cuts && backbone ->
		cuts--;
		backbone = 0;
		printf("the link between the routers is cut\n") }
	:: d_step { !backbone ->
		backbone = 1;
		printf("the link between the routers is mended\n") }
	:: d_step { isolations -> isolate(NS + 1) }
	:: d_step { isolations -> isolate(NS + 2) }
	od
}
#endif

proctype LinkFaults(byte s; byte r)
{
end:	do
	:: d_step { cuts && LINK(s, r) ->
		cuts--;
		LINK(s, r) = 0;
		printf("the link between %c and %c is cut\n", 64 + s, NAME(r)) }
#ifndef FOREVER
	:: d_step { !LINK(s, r) ->
		LINK(s, r) = 1;
		printf("the link between %c and %c is mended\n", 64 + s, NAME(r)) }
#endif
	od
}

inline start_router(r)
{
	rup[r] = 1;
	grace[r] = 1;
#ifndef MUTANT_NO_GAP
	restarted[r] = 1;
#endif
	printf("router %c starts and remembers version %d\n", NAME(r), app[r].v)
}

proctype RouterFaults(byte r)
{
end:	do
	:: d_step { router_crashes && rup[r] ->
		router_crashes--;
		rup[r] = 0;
		grace[r] = 0;
		forget_all(r);
		printf("router %c stops\n", NAME(r));
#ifdef MUTANT_APTPL
		key[1] = 0; key[2] = 0; key[NS] = 0; holder = 0;
		check_volume()
#endif
		}
	/* Its MIB has the application's record as it was, or, written late, as it began. */
	:: d_step { !rup[r] -> start_router(r) }
	:: d_step { !rup[r] && app[r].v ->
		copy_app(app[r], none);
		start_router(r) }
	od
}

#if OLD_FRAMES
/* A frame as it was when it was sent: it comes at any time later, and again, or never. */
byte late_to, late_from;
App late_app;
Node late_node;

inline remember_frame(src, dst)
{
	old_frames--;
	late_from = src;
	late_to = dst;
	copy_app(late_app, app[src]);
	if
	:: !IS_ROUTER(src) ->
		late_node.ep = N(src, src).ep;
		late_node.st = N(src, src).st
	:: else
	fi;
	printf("a frame from %c to %c is held up (version %d)\n", NAME(src), NAME(dst), late_app.v)
}

proctype Frames(byte s; byte r)
{
end:	do
	:: d_step { old_frames && LINKED(s, r) -> remember_frame(s, r) }
	:: d_step { old_frames && LINKED(s, r) -> remember_frame(r, s) }
	:: d_step { late_from == r && late_to == s && RUNS(s) && APP_NEWER(late_app, app[s]) ->
		printf("an old frame reaches %c (version %d)\n", NAME(s), late_app.v);
		hear_app(s, late_app) }
	:: d_step { late_from == s && late_to == r && rup[r] && (NODE_NEWER(late_node.ep, late_node.st, N(r, s).ep, N(r, s).st) ||
			(late_app.own == s && APP_NEWER(late_app, app[r]))) ->
		printf("an old frame reaches %c (version %d)\n", NAME(r), late_app.v);
		hear_record(r, s, late_node.ep, late_node.st);
		if
		:: late_app.own == s -> judge_app(r, late_app)
		:: else
		fi }
	od
}
#endif
