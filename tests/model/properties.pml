/* SPDX-License-Identifier: GPL-2.0 */
/* How it begins, and what is looked at besides the volume (volume.pml). */

#define SERVES(s) (helper[s] && ph[s] == P_SERVE && self[s] == IN && MAY_WRITE(s) && mnt[s] && fresh[s])
#define SERVED (SERVES(1) || SERVES(2) || SERVES(NS))

/* Somebody who could take it, whatever the others believe. */
#define ABLE(s, k) (LINKED(s, k) && self[s] == IN && helper[s] && !TRIED(k, s) && !RELEASED(k, s))
#define ANY_ABLE(k) (ABLE(1, k) || ABLE(2, k) || ABLE(NS, k))

#if STEPS || SKIPS
#define MAY_FAIL(k) (app[k].st == A_FAILED)
#else
#define MAY_FAIL(k) false
#endif

/* Faults stop, now or never; when nothing is left to do, somebody serves. */
proctype Calm()
{
	d_step {
		crashes = 0; cuts = 0; router_crashes = 0; kills = 0;
		verdicts = 0; orders = 0; leaves = 0; steps = 0; sticks = 0; skips = 0; old_frames = 0; isolations = 0
	}
	timeout;
	if
	:: SERVED || MAY_FAIL(NN) || !ANY_ABLE(NN)
	:: else -> printf("BROKEN: nobody serves, and nothing is left to happen\n"); assert(false)
	fi
}

#ifdef LIVE
ltl back { []<> (SERVED || MAY_FAIL(NN) || !ANY_ABLE(NN)) }
#endif

init {
	byte k, n;

	atomic {
		for (k : 1 .. NN) {
			for (n : 1 .. NS) {
				N(k, n).ep = 1;
				N(k, n).st = STANDBY
			}
			app[k].v = 1; app[k].st = A_RUNNING; app[k].own = 1; app[k].oe = 1; app[k].by = 1
		}
		for (n : 1 .. NS) {
			self[n] = IN;
			epoch[n] = 1;
			helper[n] = 1;
			for (k : NS + 1 .. NN) {
				LINK(n, k) = 1
			}
		}
		for (k : NS + 1 .. NN) {
			rup[k] = 1
		}
		key[1] = 1; holder = 1; mnt[1] = 1; fresh[1] = 1; ph[1] = P_SERVE;
		for (n : 1 .. NS) {
			run Server(n);
			run Claimant(n);
			run Helper(n);
			run ServerFaults(n);
			for (k : NS + 1 .. NN) {
				run LinkFaults(n, k);
				run Granter(k, n);
#if OLD_FRAMES
				run Frames(n, k)
#endif
			}
		}
		for (k : NS + 1 .. NN) {
			run Router(k);
			run RouterFaults(k)
		}
#if NR > 1
		run BackboneFaults();
#endif
#ifdef CALM
		run Calm();
#endif
		k = 0; n = 0
	}
}
