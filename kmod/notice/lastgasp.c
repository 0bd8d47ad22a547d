// SPDX-License-Identifier: GPL-2.0
/*
 * The last gasp: keeps a plan of prebuilt frames up to date while the kernel is
 * well, and fires it, once, when the kernel dies.
 *
 * Who fires: the first CPU that gets here. A second one that panics meanwhile
 * waits for it, because what follows in panic() stops all other CPUs, the
 * firing one included. The same CPU may come again: because a frame's driver
 * faulted, then it goes on with the next frame; or because panic() comes after
 * __crash_kexec() or the kprobe, then nothing is left to do.
 *
 * Context and locking: knell_gasp.lock (a mutex, taken before RTNL) protects
 * what the plan is made from: identity, certificates, targets, sessions. The
 * plan pointer changes under RTNL, is read under RCU and freed a grace period
 * later; a dying CPU never leaves its read side, so it never sees freed memory.
 * Everything from knell_lastgasp_fire() on runs in any context, NMI included:
 * no allocation, no sleeping, no lock that is not merely tried.
 */
#include <crypto/hash.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/fib_notifier.h>
#include <net/net_namespace.h>
#include <net/netevent.h>
#include <scsi/scsi_device.h>

#include "cert_rx.h"
#include "gasp_plan.h"
#include "lastgasp.h"
#include "nexus.h"
#include "timeouts.h"
#include "trigger.h"

static struct {
	struct mutex lock;
	bool armed;
	int deaf;
	u8 ways;
	struct knell_inject_self self;
	struct knell_wire_cert certs[KNELL_CERT_REASONS];
	struct knell_gasp_target *targets;
	unsigned int n_targets;
	struct list_head nexuses;
	struct delayed_work refresh;
} knell_gasp = {
	.lock = __MUTEX_INITIALIZER(knell_gasp.lock),
	.nexuses = LIST_HEAD_INIT(knell_gasp.nexuses),
};

static struct knell_gasp_plan __rcu *knell_gasp_plan;

/**
 * struct knell_gasp_death - the firing itself
 * @owner: 0 or number of the firing CPU + 1
 * @done: everything was tried
 * @step: next step of the plan; the owner's
 * @budget: what the present round may still wait for devices; the owner's
 * @sent: what left; the owner's
 */
static struct knell_gasp_death {
	atomic_t owner;
	bool done;
	unsigned int step;
	struct knell_gasp_budget budget;
	struct knell_gasp_sent sent;
} knell_gasp_death;

/* Context: dying, the owner's CPU. A fault in a step comes back here and goes on after it. */
static void knell_gasp_shoot(struct knell_gasp_plan *plan, enum knell_reason reason)
{
	struct knell_gasp_death *death = &knell_gasp_death;
	unsigned int steps = knell_gasp_plan_steps(plan);

	while (death->step < steps)
		knell_gasp_plan_fire(plan, death->step++, reason, &death->budget, &death->sent);
	if (READ_ONCE(death->done))
		return;
	/* A reset right after this must not catch the frames in the ring of the NIC. */
	if (death->sent.sessions || death->sent.certs)
		mdelay(KNELL_GASP_LINGER_MS);
	WRITE_ONCE(death->done, true);
}

/* Context: dying, another CPU fires. Bounded: that CPU may be the next to die. */
static void knell_gasp_wait(void)
{
	unsigned int ms;

	for (ms = 0; ms < KNELL_GASP_WAIT_MS && !READ_ONCE(knell_gasp_death.done); ms++)
		mdelay(1);
}

/**
 * knell_lastgasp_fire() - say that this node is DOWN without the help of threads
 * @reason: cause of death
 *
 * For a kernel that dies, or that is to be restarted because no thread runs
 * any more: the iSCSI connections that carried the notice are out of step
 * afterwards. Says it once per arming.
 *
 * Context: any, NMI included; see the top of the file.
 */
void knell_lastgasp_fire(enum knell_reason reason)
{
	struct knell_gasp_plan *plan;
	unsigned long flags;
	int self, owner;

	local_irq_save(flags);
	plan = rcu_dereference_raw(knell_gasp_plan);
	if (plan && reason < KNELL_CERT_REASONS) {
		self = raw_smp_processor_id() + 1;
		owner = atomic_cmpxchg(&knell_gasp_death.owner, 0, self);
		if (!owner || owner == self)
			knell_gasp_shoot(plan, reason);
		else
			knell_gasp_wait();
	}
	local_irq_restore(flags);
}

/* Context: panic notifier, after everything was sent. */
static void knell_gasp_epitaph(void)
{
	if (READ_ONCE(knell_gasp_death.done))
		pr_emerg("knell: last gasp: %u of the iSCSI sessions, %u certificates\n",
			 knell_gasp_death.sent.sessions, knell_gasp_death.sent.certs);
}

static struct knell_gasp_plan *knell_gasp_build(void)
{
	struct knell_gasp_plan *plan;

	lockdep_assert_held(&knell_gasp.lock);
	ASSERT_RTNL();
	plan = knell_gasp_plan_alloc(knell_gasp.certs, knell_gasp.n_targets);
	if (!plan)
		return NULL;
	if (knell_gasp.ways & KNELL_GASP_ISCSI)
		knell_gasp_plan_add_sessions(plan, &knell_gasp.nexuses, &knell_gasp.self);
	if (knell_gasp.ways & KNELL_GASP_CERT)
		knell_gasp_plan_add_targets(plan, knell_gasp.targets, knell_gasp.n_targets);
	return plan;
}

/* Replaces the plan; without memory there is none until the next refresh. */
static int knell_gasp_replan(void)
{
	struct knell_gasp_plan *plan = NULL, *old;

	lockdep_assert_held(&knell_gasp.lock);
	rtnl_lock();
	if (knell_gasp.armed)
		plan = knell_gasp_build();
	old = rcu_replace_pointer(knell_gasp_plan, plan, lockdep_rtnl_is_held());
	rtnl_unlock();
	if (old) {
		synchronize_rcu();
		rtnl_lock();
		knell_gasp_plan_free(old);
		rtnl_unlock();
	}
	if (plan || !knell_gasp.armed)
		return 0;
	schedule_delayed_work(&knell_gasp.refresh, msecs_to_jiffies(KNELL_GASP_RETRY_MS));
	return -ENOMEM;
}

static void knell_gasp_refresh(struct work_struct *work)
{
	mutex_lock(&knell_gasp.lock);
	knell_gasp_replan();
	mutex_unlock(&knell_gasp.lock);
}

/* Context: any but NMI. Many events in a row cause one refresh. */
static void knell_gasp_stale(void)
{
	if (rcu_access_pointer(knell_gasp_plan))
		schedule_delayed_work(&knell_gasp.refresh,
				      msecs_to_jiffies(KNELL_GASP_SETTLE_MS));
}

/* Context: process, RTNL held. */
static int knell_gasp_netdev_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct net_device *dev = netdev_notifier_info_to_dev(data);

	switch (event) {
	case NETDEV_UNREGISTER:
	case NETDEV_RELEASE:
	case NETDEV_JOIN:
		/* Like netconsole: a device that goes or gets a master is not used any more. */
		knell_gasp_plan_drop(rtnl_dereference(knell_gasp_plan), dev);
		fallthrough;
	case NETDEV_UP:
	case NETDEV_CHANGEADDR:
		knell_gasp_stale();
		break;
	}
	return NOTIFY_DONE;
}

/* Context: atomic, softirq included. */
static int knell_gasp_netevent(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct knell_gasp_plan *plan;

	if (event == NETEVENT_REDIRECT)
		knell_gasp_stale();
	if (event != NETEVENT_NEIGH_UPDATE)
		return NOTIFY_DONE;
	rcu_read_lock();
	plan = rcu_dereference(knell_gasp_plan);
	if (plan && knell_gasp_plan_changed(plan, data))
		knell_gasp_stale();
	rcu_read_unlock();
	return NOTIFY_DONE;
}

/* Context: atomic. Routes and rules of IPv4 and IPv6. */
static int knell_gasp_fib_event(struct notifier_block *nb, unsigned long event, void *data)
{
	knell_gasp_stale();
	return NOTIFY_DONE;
}

static struct notifier_block knell_gasp_netdev_nb = { .notifier_call = knell_gasp_netdev_event };
static struct notifier_block knell_gasp_netevent_nb = { .notifier_call = knell_gasp_netevent };
static struct notifier_block knell_gasp_fib_nb = { .notifier_call = knell_gasp_fib_event };

static void knell_gasp_forget_session(struct scsi_device *sdev)
{
	struct knell_nexus *nexus, *next;

	lockdep_assert_held(&knell_gasp.lock);
	list_for_each_entry_safe(nexus, next, &knell_gasp.nexuses, node) {
		if (nexus->sdev != sdev)
			continue;
		list_del_init(&nexus->node);
		knell_nexus_put(nexus);
	}
}

/**
 * knell_lastgasp_session_up() - the mailbox session of a LUN is in order
 * @sdev: mailbox LUN, referenced by the caller for the call
 *
 * To be called after every login (HELLO answered): connection and socket are
 * others then. LUNs not reached through iscsi_tcp are ignored.
 *
 * Context: process, may sleep, takes RTNL.
 */
void knell_lastgasp_session_up(struct scsi_device *sdev)
{
	struct knell_nexus *nexus = knell_nexus_open(sdev);

	if (IS_ERR(nexus) && PTR_ERR(nexus) != -EPROTONOSUPPORT)
		sdev_printk(KERN_NOTICE, sdev,
			    "knell: no last gasp through this session (%ld)\n", PTR_ERR(nexus));
	mutex_lock(&knell_gasp.lock);
	knell_gasp_forget_session(sdev);
	if (!IS_ERR(nexus))
		list_add_tail(&nexus->node, &knell_gasp.nexuses);
	knell_gasp_replan();
	mutex_unlock(&knell_gasp.lock);
}

/**
 * knell_lastgasp_session_down() - the mailbox session of a LUN is out of order or going away
 * @sdev: mailbox LUN
 *
 * Nothing of the session is referenced any more when this returns.
 *
 * Context: process, may sleep, takes RTNL.
 */
void knell_lastgasp_session_down(struct scsi_device *sdev)
{
	mutex_lock(&knell_gasp.lock);
	knell_gasp_forget_session(sdev);
	knell_gasp_replan();
	mutex_unlock(&knell_gasp.lock);
}

static void knell_gasp_disarm(void)
{
	lockdep_assert_held(&knell_gasp.lock);
	knell_gasp.armed = false;
	knell_gasp.deaf = 0;
	knell_gasp_replan();
	knell_cert_rx_arm(NULL, 0, 0);
	memzero_explicit(knell_gasp.certs, sizeof(knell_gasp.certs));
	kfree(knell_gasp.targets);
	knell_gasp.targets = NULL;
	knell_gasp.n_targets = 0;
}

/*
 * Certificates, targets and the listener's key; nothing changes on error. A
 * node that cannot listen still speaks: that is knell_gasp.deaf.
 */
static int knell_gasp_adopt(const struct knell_gasp_config *config)
{
	struct knell_gasp_target *targets;
	struct crypto_shash *key;
	struct knell_wire_cert *certs;
	int err = -ENOMEM;

	lockdep_assert_held(&knell_gasp.lock);
	key = knell_cert_key(config->key);
	if (IS_ERR(key))
		return PTR_ERR(key);
	certs = kcalloc(KNELL_CERT_REASONS, sizeof(*certs), GFP_KERNEL);
	if (!certs)
		goto err_key;
	targets = kmemdup(config->targets, config->n_targets * sizeof(*targets), GFP_KERNEL);
	if (!targets && config->n_targets)
		goto err_certs;
	err = knell_cert_sign(key, config, certs);
	if (err)
		goto err_targets;
	knell_gasp.deaf = knell_cert_rx_arm(key, config->cluster, config->self);
	if (knell_gasp.deaf)
		crypto_free_shash(key);

	memcpy(knell_gasp.certs, certs, sizeof(knell_gasp.certs));
	kfree_sensitive(certs);
	kfree(knell_gasp.targets);
	knell_gasp.targets = targets;
	knell_gasp.n_targets = config->n_targets;
	return 0;

err_targets:
	kfree(targets);
err_certs:
	kfree_sensitive(certs);
err_key:
	crypto_free_shash(key);
	return err;
}

/**
 * knell_lastgasp_arm() - say @config when this kernel dies, and listen for others
 * @config: copied; NULL = disarm (clean leave: nothing is said, nobody is heard)
 *
 * Context: process, may sleep, takes RTNL.
 * Return: 0; what knell_lastgasp_state() tells as deaf: it was armed, but does
 * not hear others (-EADDRINUSE: another program listens on KNELL_CERT_PORT);
 * -ENOMEM or what the crypto layer says: the state is unchanged.
 */
int knell_lastgasp_arm(const struct knell_gasp_config *config)
{
	int err = 0;

	mutex_lock(&knell_gasp.lock);
	if (!config) {
		knell_gasp_disarm();
		goto out;
	}
	err = knell_gasp_adopt(config);
	if (err)
		goto out;
	knell_gasp.self.cluster = config->cluster;
	knell_gasp.self.epoch = config->epoch;
	knell_gasp.self.node = config->self;
	knell_gasp.self.role = config->role;
	knell_gasp.ways = config->ways;
	knell_gasp.armed = true;
	if (READ_ONCE(knell_gasp_death.done)) {
		knell_gasp_death = (struct knell_gasp_death){};
		smp_wmb(); /* the next plan sees a fresh start */
	}
	err = knell_gasp_replan() ?: knell_gasp.deaf;
out:
	mutex_unlock(&knell_gasp.lock);
	return err;
}

/**
 * knell_lastgasp_state() - how ready it is
 * @state: filled
 *
 * Context: process, may sleep.
 */
void knell_lastgasp_state(struct knell_gasp_state *state)
{
	const struct knell_gasp_plan *plan;

	memset(state, 0, sizeof(*state));
	mutex_lock(&knell_gasp.lock);
	state->wanted = knell_gasp.armed && knell_gasp.ways;
	state->deaf = knell_gasp.deaf;
	state->targets = knell_gasp.ways & KNELL_GASP_CERT ? knell_gasp.n_targets : 0;
	rcu_read_lock();
	plan = rcu_dereference(knell_gasp_plan);
	if (plan) {
		state->ready = knell_gasp_plan_ready(plan);
		strscpy(state->why, plan->why, sizeof(state->why));
	}
	rcu_read_unlock();
	mutex_unlock(&knell_gasp.lock);
}

/**
 * knell_lastgasp_counter() - counters for people
 * @index: from 0
 * @name: set
 * @value: set
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOENT.
 */
int knell_lastgasp_counter(unsigned int index, const char **name, u64 *value)
{
	struct knell_cert_rx_stats rx;
	struct knell_gasp_state state;

	knell_lastgasp_state(&state);
	knell_cert_rx_stats(&rx);

	const struct {
		const char *name;
		u64 value;
	} counters[KNELL_GASP_COUNTERS] = {
		{ "gasp_sessions_ready", state.ready.sessions },
		{ "gasp_certs_ready", state.ready.certs },
		{ "gasp_kprobes", knell_trigger_probes() },
		{ "cert_accepted", rx.accepted },
		{ "cert_bad_mac", rx.bad_mac },
		{ "cert_wrong_cluster", rx.wrong_cluster },
		{ "cert_malformed", rx.malformed },
		{ "cert_limited", rx.limited },
	};

	if (index >= ARRAY_SIZE(counters))
		return -ENOENT;
	*name = counters[index].name;
	*value = counters[index].value;
	return 0;
}

/**
 * knell_lastgasp_init() - get ready; nothing is said before knell_lastgasp_arm()
 * @ops: what the caller wants to hear; must stay
 *
 * Context: process, may sleep.
 * Return: 0, -ENOMEM, or what a notifier chain says.
 */
int knell_lastgasp_init(const struct knell_gasp_ops *ops)
{
	int err;

	INIT_DELAYED_WORK(&knell_gasp.refresh, knell_gasp_refresh);
	err = knell_cert_rx_init(ops->died);
	if (err)
		return err;
	err = register_netdevice_notifier(&knell_gasp_netdev_nb);
	if (err)
		goto err_rx;
	err = register_netevent_notifier(&knell_gasp_netevent_nb);
	if (err)
		goto err_netdev;
	err = register_fib_notifier(&init_net, &knell_gasp_fib_nb, NULL, NULL);
	if (err)
		goto err_netevent;
	err = knell_trigger_init(knell_lastgasp_fire, knell_gasp_epitaph);
	if (err)
		goto err_fib;
	return 0;

err_fib:
	unregister_fib_notifier(&init_net, &knell_gasp_fib_nb);
err_netevent:
	unregister_netevent_notifier(&knell_gasp_netevent_nb);
err_netdev:
	unregister_netdevice_notifier(&knell_gasp_netdev_nb);
err_rx:
	knell_cert_rx_exit();
	return err;
}

/**
 * knell_lastgasp_exit() - disarm and stop everything
 *
 * Context: process, may sleep. No session is up any more.
 */
void knell_lastgasp_exit(void)
{
	knell_trigger_exit();
	unregister_fib_notifier(&init_net, &knell_gasp_fib_nb);
	unregister_netevent_notifier(&knell_gasp_netevent_nb);
	unregister_netdevice_notifier(&knell_gasp_netdev_nb);
	knell_lastgasp_arm(NULL);
	cancel_delayed_work_sync(&knell_gasp.refresh);
	knell_cert_rx_exit();
}
