// SPDX-License-Identifier: GPL-2.0
/* A CLUSTER_SET turned into a complete and checked configuration, or refused. */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/socket.h>

#include "netlink/netlink.h"
#include "timeouts.h"

static const struct knell_cluster defaults = {
	.helper_timeout = KNELL_HELPER_TIMEOUT_MS,
	.lost_grace = KNELL_LOST_GRACE_MS,
	.link_grace = KNELL_LINK_GRACE_MS,
	.start_grace = KNELL_START_GRACE_MS,
	.takeover_deadline = KNELL_TAKEOVER_DEADLINE_MS,
	.release_deadline = KNELL_RELEASE_DEADLINE_MS,
	.cpu_timeout = KNELL_CPU_TIMEOUT_MS,
	.on_down = KNELL_ON_DOWN_REBOOT,
	.supervision = KNELL_SUPERVISION_NOP,
	.gasp = KNELL_GASP_ISCSI | KNELL_GASP_CERT,
	.oops_down = true,
};

static void set_u32(u32 *value, const struct nlattr *attr)
{
	if (attr)
		*value = nla_get_u32(attr);
}

static int parse_cluster(struct knell_config *config, struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KNELL_A_CLUSTER_MAX + 1];
	struct knell_cluster *cluster = &config->cluster;
	int ret;

	ret = knell_nl_parse_nest(tb, KNELL_A_CLUSTER_MAX, attr, knell_cluster_policy, 0, extack);
	if (ret)
		return ret;
	if (!knell_need(extack, attr, tb, KNELL_A_CLUSTER_ID, "the cluster's id") ||
	    !knell_need(extack, attr, tb, KNELL_A_CLUSTER_NAME, "the cluster's name") ||
	    !knell_need(extack, attr, tb, KNELL_A_CLUSTER_SELF, "the own node's number") ||
	    !knell_need(extack, attr, tb, KNELL_A_CLUSTER_EPOCH, "the epoch"))
		return -EINVAL;
	*cluster = defaults;
	cluster->id = nla_get_u32(tb[KNELL_A_CLUSTER_ID]);
	nla_strscpy(cluster->name, tb[KNELL_A_CLUSTER_NAME], sizeof(cluster->name));
	cluster->self = nla_get_u16(tb[KNELL_A_CLUSTER_SELF]);
	cluster->epoch = nla_get_u32(tb[KNELL_A_CLUSTER_EPOCH]);
	if (!(cluster->epoch & 0xffff)) {
		knell_error_attr(extack, tb[KNELL_A_CLUSTER_EPOCH],
				 "the low 16 bits of the epoch are 0: they end the reservation key; choose the next epoch");
		return -EINVAL;
	}
	ret = knell_nl_parse_key(config->key, attr, tb, extack);
	if (ret)
		return ret;
	set_u32(&cluster->generation, tb[KNELL_A_CLUSTER_GENERATION]);
	set_u32(&cluster->mib_hash, tb[KNELL_A_CLUSTER_MIB_HASH]);
	set_u32(&cluster->helper_timeout, tb[KNELL_A_CLUSTER_HELPER_TIMEOUT]);
	if (cluster->helper_timeout && cluster->helper_timeout < KNELL_HELPER_TIMEOUT_MIN_MS) {
		knell_error_attr(extack, tb[KNELL_A_CLUSTER_HELPER_TIMEOUT],
				 "helper timeout below 200 ms; 0 = not watched");
		return -ERANGE;
	}
	set_u32(&cluster->lost_grace, tb[KNELL_A_CLUSTER_LOST_GRACE]);
	set_u32(&cluster->link_grace, tb[KNELL_A_CLUSTER_LINK_GRACE]);
	set_u32(&cluster->start_grace, tb[KNELL_A_CLUSTER_START_GRACE]);
	set_u32(&cluster->takeover_deadline, tb[KNELL_A_CLUSTER_TAKEOVER_DEADLINE]);
	set_u32(&cluster->release_deadline, tb[KNELL_A_CLUSTER_RELEASE_DEADLINE]);
	set_u32(&cluster->cpu_timeout, tb[KNELL_A_CLUSTER_CPU_TIMEOUT]);
	if (tb[KNELL_A_CLUSTER_ON_DOWN])
		cluster->on_down = nla_get_u8(tb[KNELL_A_CLUSTER_ON_DOWN]);
	if (tb[KNELL_A_CLUSTER_GASP])
		cluster->gasp = nla_get_u8(tb[KNELL_A_CLUSTER_GASP]);
	if (tb[KNELL_A_CLUSTER_SUPERVISION])
		cluster->supervision = nla_get_u8(tb[KNELL_A_CLUSTER_SUPERVISION]);
	if (tb[KNELL_A_CLUSTER_OOPS_DOWN])
		cluster->oops_down = nla_get_u8(tb[KNELL_A_CLUSTER_OOPS_DOWN]);
	if (tb[KNELL_A_CLUSTER_MAINTENANCE])
		cluster->maintenance = nla_get_u8(tb[KNELL_A_CLUSTER_MAINTENANCE]);
	return 0;
}

static int parse_addresses(struct knell_node *node, struct nlattr *nest,
			   struct netlink_ext_ack *extack)
{
	struct nlattr *attr;
	int rem;

	nla_for_each_nested(attr, nest, rem) {
		struct knell_address *address = &node->addresses[node->n_addresses];

		if (nla_type(attr) != KNELL_A_NODE_ADDRESS)
			continue;
		if (node->n_addresses == KNELL_ADDRESSES_MAX) {
			knell_error_attr(extack, attr, "more than 8 addresses for one node");
			return -E2BIG;
		}
		if (nla_len(attr) != 4 && nla_len(attr) != 16) {
			knell_error_attr(extack, attr, "an address has 4 or 16 octets");
			return -EINVAL;
		}
		address->family = nla_len(attr) == 4 ? AF_INET : AF_INET6;
		memcpy(address->addr, nla_data(attr), nla_len(attr));
		node->n_addresses++;
	}
	return 0;
}

static int check_node_unique(const struct knell_config *config, const struct knell_node *node,
			     struct nlattr *attr, struct netlink_ext_ack *extack)
{
	unsigned int i;

	for (i = 1; i <= KNELL_NODE_MAX; i++) {
		const struct knell_node *other = config->nodes[i];

		if (!other)
			continue;
		if (other->id == node->id) {
			knell_error_attr(extack, attr, "two nodes with the same number");
			return -EEXIST;
		}
		if (!strcmp(other->name, node->name)) {
			knell_error_attr(extack, attr, "two nodes with the same name");
			return -EEXIST;
		}
		if (node->initiator[0] && !strcmp(other->initiator, node->initiator)) {
			knell_error_attr(extack, attr, "two nodes with the same initiator name");
			return -EEXIST;
		}
	}
	return 0;
}

static int parse_node(struct knell_config *config, struct nlattr *attr,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KNELL_A_NODE_MAX + 1];
	struct knell_node *node;
	int ret;

	ret = knell_nl_parse_nest(tb, KNELL_A_NODE_MAX, attr, knell_node_policy,
				  BIT(KNELL_A_NODE_ADDRESS), extack);
	if (ret)
		return ret;
	if (!knell_need(extack, attr, tb, KNELL_A_NODE_ID, "a node's number") ||
	    !knell_need(extack, attr, tb, KNELL_A_NODE_NAME, "a node's name") ||
	    !knell_need(extack, attr, tb, KNELL_A_NODE_ROLE, "a node's role"))
		return -EINVAL;
	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node) {
		knell_error(extack, "no memory for a node");
		return -ENOMEM;
	}
	node->id = nla_get_u16(tb[KNELL_A_NODE_ID]);
	node->role = nla_get_u8(tb[KNELL_A_NODE_ROLE]);
	nla_strscpy(node->name, tb[KNELL_A_NODE_NAME], sizeof(node->name));
	if (tb[KNELL_A_NODE_INITIATOR])
		nla_strscpy(node->initiator, tb[KNELL_A_NODE_INITIATOR], sizeof(node->initiator));
	if (!node->name[0]) {
		knell_error_attr(extack, tb[KNELL_A_NODE_NAME], "a node's name is empty");
		ret = -EINVAL;
	}
	if (!ret)
		ret = parse_addresses(node, attr, extack);
	if (!ret)
		ret = check_node_unique(config, node, attr, extack);
	if (ret) {
		kfree(node);
		return ret;
	}
	config->nodes[node->id] = node;
	return 0;
}

static int parse_candidates(struct knell_app *app, struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	unsigned int i, j;

	app->n_candidates = nla_len(attr) / sizeof(u16);
	if (!app->n_candidates || nla_len(attr) % sizeof(u16)) {
		knell_error_attr(extack, attr, "the candidates are 1 to 16 node numbers");
		return -EINVAL;
	}
	memcpy(app->candidates, nla_data(attr), nla_len(attr));
	for (i = 0; i < app->n_candidates; i++)
		for (j = 0; j < i; j++)
			if (app->candidates[i] == app->candidates[j]) {
				knell_error_attr(extack, attr, "a node is candidate twice");
				return -EEXIST;
			}
	return 0;
}

static int check_app_unique(const struct knell_config *config, const struct knell_app *app,
			    struct nlattr *attr, struct netlink_ext_ack *extack)
{
	unsigned int i;

	for (i = 1; i <= KNELL_APP_MAX; i++) {
		const struct knell_app *other = config->apps[i];

		if (!other)
			continue;
		if (other->id == app->id) {
			knell_error_attr(extack, attr, "two applications with the same number");
			return -EEXIST;
		}
		if (!strcmp(other->name, app->name)) {
			knell_error_attr(extack, attr, "two applications with the same name");
			return -EEXIST;
		}
	}
	return 0;
}

static int parse_app(struct knell_config *config, struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KNELL_A_APP_MAX + 1];
	struct knell_app *app;
	int ret;

	ret = knell_nl_parse_nest(tb, KNELL_A_APP_MAX, attr, knell_app_policy, 0, extack);
	if (ret)
		return ret;
	if (!knell_need(extack, attr, tb, KNELL_A_APP_ID, "an application's number") ||
	    !knell_need(extack, attr, tb, KNELL_A_APP_NAME, "an application's name") ||
	    !knell_need(extack, attr, tb, KNELL_A_APP_CANDIDATES, "an application's candidates"))
		return -EINVAL;
	app = kzalloc(sizeof(*app), GFP_KERNEL);
	if (!app) {
		knell_error(extack, "no memory for an application");
		return -ENOMEM;
	}
	app->id = nla_get_u16(tb[KNELL_A_APP_ID]);
	nla_strscpy(app->name, tb[KNELL_A_APP_NAME], sizeof(app->name));
	if (tb[KNELL_A_APP_FLAGS])
		app->flags = nla_get_u32(tb[KNELL_A_APP_FLAGS]);
	if (!app->name[0]) {
		knell_error_attr(extack, tb[KNELL_A_APP_NAME], "an application's name is empty");
		ret = -EINVAL;
	}
	if (!ret)
		ret = parse_candidates(app, tb[KNELL_A_APP_CANDIDATES], extack);
	if (!ret)
		ret = check_app_unique(config, app, attr, extack);
	if (ret) {
		kfree(app);
		return ret;
	}
	config->apps[app->id] = app;
	return 0;
}

/* What needs all nodes to be known. */
static int check_references(const struct knell_config *config, struct netlink_ext_ack *extack)
{
	unsigned int i, j;

	if (!config->nodes[config->cluster.self]) {
		knell_error(extack, "the own node is not among the nodes");
		return -ENOENT;
	}
	for (i = 1; i <= KNELL_APP_MAX; i++) {
		const struct knell_app *app = config->apps[i];

		for (j = 0; app && j < app->n_candidates; j++) {
			if (app->candidates[j] > KNELL_NODE_MAX ||
			    !config->nodes[app->candidates[j]]) {
				knell_error(extack, "an application's candidate is not among the nodes");
				return -ENOENT;
			}
		}
	}
	return 0;
}

struct knell_config *knell_nl_parse_config(struct genl_info *info)
{
	struct netlink_ext_ack *extack = info->extack;
	struct knell_config *config;
	struct nlattr *attr;
	int rem, ret;

	if (!knell_need(extack, NULL, info->attrs, KNELL_A_CLUSTER, "the cluster") ||
	    !knell_need(extack, NULL, info->attrs, KNELL_A_NODE, "the list of nodes"))
		return ERR_PTR(-EINVAL);
	ret = knell_nl_once(info, BIT(KNELL_A_NODE) | BIT(KNELL_A_APP));
	if (ret)
		return ERR_PTR(ret);
	config = knell_config_alloc();
	if (!config) {
		knell_error(extack, "no memory for the cluster");
		return ERR_PTR(-ENOMEM);
	}
	ret = parse_cluster(config, info->attrs[KNELL_A_CLUSTER], extack);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (ret)
			break;
		if (nla_type(attr) == KNELL_A_NODE)
			ret = parse_node(config, attr, extack);
		else if (nla_type(attr) == KNELL_A_APP)
			ret = parse_app(config, attr, extack);
	}
	if (!ret)
		ret = check_references(config, extack);
	if (ret) {
		knell_config_free(config);
		return ERR_PTR(ret);
	}
	return config;
}
