// SPDX-License-Identifier: GPL-2.0
/*
 * Looks after parked RECEIVEs and the sessions they stand for.
 *
 * The target core tells a backend of ABORT TASK and LUN RESET, but of nothing
 * else: when a connection closes, a TPG is disabled or a LUN is unlinked it
 * marks the commands and waits for them, for ever if need be. There is nothing
 * to hook into (a completion that others wait for, a per-CPU reference), so a
 * delayed work looks at the marks ten times a second while there is a session:
 * a few microseconds each, and no packet. It also sees that a session is gone
 * whose initiator died with no RECEIVE parked.
 *
 * Context and locking: process context; see nexus.h.
 */
#include <linux/jiffies.h>
#include <linux/string.h>
#include <target/target_core_backend.h>

#include "target/park.h"
#include "timeouts.h"

#define WATCH_INTERVAL		msecs_to_jiffies(KNELL_WATCH_MS)
/* An initiator that is well asks again at once; after so long its session is looked up. */
#define IDLE_LIMIT		msecs_to_jiffies(KNELL_IDLE_MS)

/**
 * enum fate - what the marks on a parked command say
 * @FATE_PARKED: nothing, it stays
 * @FATE_ABORTED: the command shall end
 * @FATE_SESSION_GONE: the command shall end because session or LUN go away
 */
enum fate {
	FATE_PARKED,
	FATE_ABORTED,
	FATE_SESSION_GONE,
};

static enum fate fate_of(const struct se_cmd *cmd)
{
	unsigned int state = READ_ONCE(cmd->transport_state);

	if (state & (CMD_T_STOP | CMD_T_FABRIC_STOP) ||
	    READ_ONCE(cmd->se_lun->lun_shutdown))
		return FATE_SESSION_GONE;
	return state & CMD_T_ABORTED ? FATE_ABORTED : FATE_PARKED;
}

/* A session that is gone leaves its memory to the next one: so it must be of the same port, too. */
static bool tpg_has_session(struct se_portal_group *tpg, const struct knell_nexus *nexus,
			    const struct se_session *session)
{
	struct se_session *entry;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&tpg->session_lock, flags);
	list_for_each_entry(entry, &tpg->tpg_sess_list, sess_list)
		found |= entry == session && entry->sess_bin_isid == nexus->isid &&
			 !strcmp(entry->se_node_acl->initiatorname, nexus->link.name);
	spin_unlock_irqrestore(&tpg->session_lock, flags);
	return found;
}

static bool session_exists(const struct knell_nexus *nexus, const struct se_session *session)
{
	struct knell_target *target = nexus->target;
	struct se_lun *lun;
	bool found = false;

	spin_lock(&target->dev.se_port_lock);
	list_for_each_entry(lun, &target->dev.dev_sep_list, lun_dev_link)
		found |= tpg_has_session(lun->lun_tpg, nexus, session);
	spin_unlock(&target->dev.se_port_lock);
	return found;
}

/* Returns false if there is nothing left to look after. */
static bool watch_nexus(struct knell_nexus *nexus)
{
	const struct se_session *session;
	enum fate fate = FATE_PARKED;
	struct se_cmd *cmd;
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&nexus->lock, flags);
	session = nexus->session;
	cmd = nexus->mailbox.parked;
	if (cmd)
		fate = fate_of(cmd);
	idle = !cmd && session && time_after(jiffies, nexus->idle_since + IDLE_LIMIT);
	if (idle)
		nexus->idle_since = jiffies;
	spin_unlock_irqrestore(&nexus->lock, flags);

	if (fate != FATE_PARKED)
		knell_nexus_unpark(nexus, cmd);
	if (fate == FATE_SESSION_GONE ||
	    (idle && !session_exists(nexus, session))) {
		knell_nexus_down(nexus, session);
		return false;
	}
	return session || cmd;
}

static void watch_work(struct work_struct *work)
{
	struct knell_target *target =
		container_of(to_delayed_work(work), struct knell_target, watch);
	struct knell_nexus *nexus;
	bool more = false;

	mutex_lock(&target->lock);
	list_for_each_entry(nexus, &target->nexuses, entry)
		more |= watch_nexus(nexus);
	mutex_unlock(&target->lock);
	if (more)
		knell_park_watch(target);
}

void knell_park_watch(struct knell_target *target)
{
	queue_delayed_work(system_wq, &target->watch, WATCH_INTERVAL);
}

void knell_park_abort(struct knell_target *target, struct list_head *aborted)
{
	struct knell_nexus *nexus;
	struct se_cmd *cmd;

	list_for_each_entry(cmd, aborted, state_list) {
		nexus = knell_nexus_of_parked(target, cmd);
		if (!nexus)
			continue;
		knell_nexus_unpark(nexus, cmd);
		knell_nexus_put(nexus);
	}
}

void knell_park_init(struct knell_target *target)
{
	INIT_DELAYED_WORK(&target->watch, watch_work);
}

void knell_park_exit(struct knell_target *target)
{
	cancel_delayed_work_sync(&target->watch);
}
