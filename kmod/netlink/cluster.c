// SPDX-License-Identifier: GPL-2.0
/*
 * CLUSTER_SET, _GET, _DEL: joining, reconfiguring, leaving.
 *
 * While a cluster is installed the module is pinned: a node that may be
 * serving must leave before its kernel part can go.
 */
#include <linux/module.h>

#include "fabric/switch.h"
#include "membership/status.h"
#include "netlink/netlink.h"
#include "notice/notice.h"
#include "recovery/recovery.h"

/* One join, reconfiguration or leave at a time; taken before knell_lock. */
static DEFINE_MUTEX(cluster_lock);

/**
 * struct installation - what install() decides, protected by cluster_lock
 * @extack: where it says why not
 * @joined: a (re)join, not a reconfiguration
 * @first: there was no cluster before
 */
static struct installation {
	struct netlink_ext_ack *extack;
	bool joined;
	bool first;
} installation;

static int check_rejoin(const struct knell_config *config, struct netlink_ext_ack *extack)
{
	const struct knell_cluster *new = &config->cluster, *old = &knell_table.config->cluster;
	struct knell_node *self = knell_self();

	if (new->id != old->id || new->self != old->self) {
		knell_error(extack, "this node is in a cluster under another id or number: leave it first");
		return -EBUSY;
	}
	if (new->epoch < old->epoch) {
		knell_error(extack, "the epoch is older than the present one");
		return -ESTALE;
	}
	if (new->epoch == old->epoch) {
		if (config->nodes[new->self]->role == self->role)
			return 0;
		knell_error(extack, "the own role changed: join with a higher epoch");
		return -EINVAL;
	}
	if (new->epoch <= self->rec.epoch) {
		knell_error(extack, "others know this node under a higher epoch: take one above it");
		return -ESTALE;
	}
	if (knell_table.self_state == KNELL_SELF_LETTING_GO) {
		knell_error(extack, "this node is DOWN or LOST: let go of everything and say RELEASED first");
		return -EBUSY;
	}
	if (knell_self_in(knell_table.self_state) && knell_node_serves(self)) {
		knell_error(extack, "this node serves applications: release them first");
		return -EBUSY;
	}
	return 0;
}

static int install(struct knell_config *config)
{
	struct netlink_ext_ack *extack = installation.extack;
	struct knell_node *self;
	bool was_down;
	int ret;

	knell_assert_locked();
	installation.first = !knell_table.config;
	installation.joined = installation.first ||
			      config->cluster.epoch > knell_table.config->cluster.epoch;
	if (!installation.first) {
		ret = check_rejoin(config, extack);
		if (ret)
			return ret;
	}
	ret = knell_table_install(config);
	if (ret)
		return ret;
	if (installation.first)
		__module_get(THIS_MODULE);
	/* Before what it changes: the records' events come when knell_lock is given back. */
	knell_nl_event_cluster(&config->cluster);
	self = knell_self();
	was_down = self->rec.status == KNELL_STATUS_DOWN || self->rec.status == KNELL_STATUS_LOST;
	if (installation.joined)
		knell_notice_event(was_down ? KNELL_EV_JOIN_AGAIN : KNELL_EV_JOIN,
				   KNELL_REASON_NONE);
	else
		knell_notice_refresh();
	knell_recovery_installed(installation.joined);
	return 0;
}

/* The cluster is installed all the same; see HEALTH_GET for how it goes on. */
static void warn_unarmed(struct netlink_ext_ack *extack)
{
	if (knell_notice_watch_error())
		knell_error(extack, "installed, but nothing watches this node: health could not be armed; it is tried again, and STANDBY is refused until then");
	else if (knell_notice_gasp_error())
		knell_error(extack, "installed, but the last gasp could not be armed as a whole: see HEALTH_GET; it is tried again");
}

int knell_nl_cluster_set(struct sk_buff *skb, struct genl_info *info)
{
	struct knell_config *config = knell_nl_parse_config(info);
	int ret;

	if (IS_ERR(config))
		return PTR_ERR(config);
	mutex_lock(&cluster_lock);
	installation.extack = info->extack;
	ret = knell_notice_arm(config, install);
	if (ret) {
		if (ret == -ENOMEM)
			knell_error(info->extack, "no memory to install the cluster");
		knell_config_free(config);
	} else {
		knell_links_rejoin(installation.joined);
		warn_unarmed(info->extack);
	}
	mutex_unlock(&cluster_lock);
	return ret;
}

int knell_nl_cluster_del(struct sk_buff *skb, struct genl_info *info)
{
	int ret = 0;

	mutex_lock(&cluster_lock);
	knell_core_lock();
	if (!knell_table.config) {
		knell_error(info->extack, "no cluster is installed");
		ret = -ENOENT;
	} else if (knell_table.self_state == KNELL_SELF_LETTING_GO) {
		knell_error(info->extack, "this node is DOWN or LOST: let go of everything and say RELEASED first");
		ret = -EBUSY;
	} else if (knell_self_in(knell_table.self_state) && knell_node_serves(knell_self())) {
		knell_error(info->extack, "this node serves applications: release them first");
		ret = -EBUSY;
	} else {
		knell_notice_event(KNELL_EV_LEAVE, KNELL_REASON_ADMIN);
	}
	knell_core_unlock();
	if (!ret) {
		knell_notice_drain();
		knell_core_lock();
		knell_table_clear();
		knell_switch_forget();
		knell_core_unlock();
		knell_notice_disarm();
		knell_links_rejoin(true);
		/* It describes a cluster this node is not in, and the next one brings its own. */
		knell_nl_mib_forget();
		module_put(THIS_MODULE);
	}
	mutex_unlock(&cluster_lock);
	return ret;
}

int knell_nl_put_cluster(struct sk_buff *skb, const struct knell_cluster *cluster)
{
	struct nlattr *nest = nla_nest_start(skb, KNELL_A_CLUSTER);

	if (!nest ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_ID, cluster->id) ||
	    nla_put_string(skb, KNELL_A_CLUSTER_NAME, cluster->name) ||
	    nla_put_u16(skb, KNELL_A_CLUSTER_SELF, cluster->self) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_EPOCH, cluster->epoch) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_GENERATION, cluster->generation) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_MIB_HASH, cluster->mib_hash) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_HELPER_TIMEOUT, cluster->helper_timeout) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_LOST_GRACE, cluster->lost_grace) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_LINK_GRACE, cluster->link_grace) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_START_GRACE, cluster->start_grace) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_TAKEOVER_DEADLINE, cluster->takeover_deadline) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_RELEASE_DEADLINE, cluster->release_deadline) ||
	    nla_put_u32(skb, KNELL_A_CLUSTER_CPU_TIMEOUT, cluster->cpu_timeout) ||
	    nla_put_u8(skb, KNELL_A_CLUSTER_ON_DOWN, cluster->on_down) ||
	    nla_put_u8(skb, KNELL_A_CLUSTER_GASP, cluster->gasp) ||
	    nla_put_u8(skb, KNELL_A_CLUSTER_SUPERVISION, cluster->supervision) ||
	    nla_put_u8(skb, KNELL_A_CLUSTER_OOPS_DOWN, cluster->oops_down) ||
	    nla_put_u8(skb, KNELL_A_CLUSTER_MAINTENANCE, cluster->maintenance))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int knell_nl_cluster_get(struct sk_buff *skb, struct genl_info *info)
{
	struct knell_nl_msg msg;
	int ret;

	if (!knell_nl_reply_begin(&msg, info, KNELL_CMD_CLUSTER_GET, NLMSG_DEFAULT_SIZE))
		return -ENOMEM;
	knell_core_lock();
	ret = knell_table.config ?
		knell_nl_put_cluster(msg.skb, &knell_table.config->cluster) : -ENOENT;
	knell_core_unlock();
	if (ret == -ENOENT) {
		nlmsg_free(msg.skb);
		knell_error(info->extack, "no cluster is installed");
		return ret;
	}
	return knell_nl_reply_end(&msg, info, ret);
}
