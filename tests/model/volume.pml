/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The volume: persistent reservation of type Write Exclusive - Registrants Only (SPC-4 5.13),
 * and what is mounted where. Every command is one step, as a device server handles it.
 */

#define PARKED 7		/* key of a node that let go, no epoch has it: the reservation must not end */

byte key[NS + 1];		/* registered by this node's I_T nexus: epoch or PARKED, 0 = not registered */
byte holder;			/* whose nexus holds the reservation, 0 = there is none */
bit mnt[NS + 1];		/* mounted: whatever is buffered or running there may write at any time */
bit fresh[NS + 1];		/* its mount knows all that was written */

#define MAY_WRITE(n) (!holder || key[n])
#define WRITER(n) (mnt[n] && MAY_WRITE(n))
#if NS > 2
#define WRITERS (WRITER(1) + WRITER(2) + WRITER(3))
#else
#define WRITERS (WRITER(1) + WRITER(2))
#endif
#define BLIND(n) (WRITER(n) && !fresh[n])

byte x;				/* scratch, 0 between steps */

/* Rules 1 and 2, looked at whenever the volume or a mount changes. */
inline check_volume()
{
	if
	:: WRITERS > 1 -> printf("BROKEN: two nodes can write to the volume\n"); assert(false)
	:: BLIND(1) || BLIND(2) || BLIND(NS) ->
		printf("BROKEN: a node can write that has not seen what others wrote\n"); assert(false)
	:: else
	fi
}

/* REGISTER AND IGNORE EXISTING KEY. */
inline pr_register(n, k)
{
	key[n] = k;
	check_volume()
}

/* REGISTER with key 0; a reservation goes with its holder. */
inline pr_unregister(n)
{
	key[n] = 0;
	if
	:: holder == n -> holder = 0
	:: else
	fi;
	check_volume()
}

/* PREEMPT AND ABORT of the key of n by s, which is registered. */
inline pr_preempt(s, n)
{
	key[n] = 0;
	if
	:: holder == n -> holder = s
	:: else
	fi;
	check_volume()
}

inline pr_reserve(s)
{
	holder = s;
	check_volume()
}

/* fsck, the journal's replay and the mount itself write. */
inline mount(s)
{
	fresh[1] = 0; fresh[2] = 0; fresh[NS] = 0;
	mnt[s] = 1;
	fresh[s] = 1;
	check_volume()
}

inline unmount(s)
{
	mnt[s] = 0;
	fresh[s] = 0
}
