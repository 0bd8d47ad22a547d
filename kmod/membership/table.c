// SPDX-License-Identifier: GPL-2.0
/* The tables of nodes and applications. */
#include <linux/slab.h>

#include "membership/directory.h"
#include "membership/status.h"
#include "membership/table.h"

/* Protects the table and everything the core decides with it; see table.h. */
DEFINE_MUTEX(knell_lock);

struct knell_table knell_table = {
	.nodes_pending = LIST_HEAD_INIT(knell_table.nodes_pending),
	.apps_pending = LIST_HEAD_INIT(knell_table.apps_pending),
};

struct knell_config *knell_config_alloc(void)
{
	return kvzalloc(sizeof(struct knell_config), GFP_KERNEL);
}

void knell_config_free(struct knell_config *config)
{
	unsigned int i;

	if (!config)
		return;
	for (i = 0; i < ARRAY_SIZE(config->nodes); i++)
		kfree(config->nodes[i]);
	for (i = 0; i < ARRAY_SIZE(config->apps); i++)
		kfree(config->apps[i]);
	kvfree_sensitive(config, sizeof(*config));
}

/* Nobody was told of these changes: move them to where the records now live. */
static void keep_node(struct knell_node *to, struct knell_node *from)
{
	to->rec = from->rec;
	to->rec.role = to->role;
	to->old = from->old;
	to->source = from->source;
	to->unsent = from->unsent;
	if (!list_empty(&from->pending))
		list_replace_init(&from->pending, &to->pending);
}

static void keep_app(struct knell_app *to, struct knell_app *from)
{
	to->rec = from->rec;
	to->old = from->old;
	to->source = from->source;
	to->unsent = from->unsent;
	if (!list_empty(&from->pending))
		list_replace_init(&from->pending, &to->pending);
}

static void drop_pending(struct knell_config *config)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(config->nodes); i++)
		if (config->nodes[i])
			list_del_init(&config->nodes[i]->pending);
	for (i = 0; i < ARRAY_SIZE(config->apps); i++)
		if (config->apps[i])
			list_del_init(&config->apps[i]->pending);
}

int knell_table_install(struct knell_config *config)
{
	struct knell_config *old = knell_table.config;
	unsigned int i;
	int ret;

	knell_assert_locked();
	ret = knell_directory_publish(config);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(config->nodes); i++) {
		struct knell_node *node = config->nodes[i];

		if (!node)
			continue;
		INIT_LIST_HEAD(&node->pending);
		node->rec.node = node->id;
		node->rec.role = node->role;
		if (old && old->nodes[i])
			keep_node(node, old->nodes[i]);
	}
	for (i = 0; i < ARRAY_SIZE(config->apps); i++) {
		struct knell_app *app = config->apps[i];

		if (!app)
			continue;
		INIT_LIST_HEAD(&app->pending);
		app->rec.app = app->id;
		if (old && old->apps[i])
			keep_app(app, old->apps[i]);
	}
	if (old)
		drop_pending(old);
	knell_table.config = config;
	knell_table.dump_generation++;
	knell_config_free(old);
	return 0;
}

void knell_table_clear(void)
{
	struct knell_config *old = knell_table.config;

	knell_assert_locked();
	if (!old)
		return;
	knell_directory_withdraw();
	drop_pending(old);
	knell_table.unsent = false;
	knell_table.config = NULL;
	knell_table.self_state = KNELL_SELF_NONE;
	knell_table.dump_generation++;
	knell_config_free(old);
}

struct knell_node *knell_node_get(u16 id)
{
	knell_assert_locked();
	if (!knell_table.config || id > KNELL_NODE_MAX)
		return NULL;
	return knell_table.config->nodes[id];
}

struct knell_app *knell_app_get(u16 id)
{
	knell_assert_locked();
	if (!knell_table.config || id > KNELL_APP_MAX)
		return NULL;
	return knell_table.config->apps[id];
}

int knell_app_candidate(const struct knell_app *app, u16 node)
{
	int i;

	for (i = 0; i < app->n_candidates; i++)
		if (app->candidates[i] == node)
			return i;
	return -1;
}

struct knell_node *knell_self(void)
{
	knell_assert_locked();
	if (!knell_table.config)
		return NULL;
	return knell_table.config->nodes[knell_table.config->cluster.self];
}

struct knell_node *knell_node_next(u16 id)
{
	knell_assert_locked();
	if (!knell_table.config)
		return NULL;
	while (++id <= KNELL_NODE_MAX)
		if (knell_table.config->nodes[id])
			return knell_table.config->nodes[id];
	return NULL;
}

struct knell_app *knell_app_next(u16 id)
{
	knell_assert_locked();
	if (!knell_table.config)
		return NULL;
	while (++id <= KNELL_APP_MAX)
		if (knell_table.config->apps[id])
			return knell_table.config->apps[id];
	return NULL;
}

bool knell_node_is_router(u16 id)
{
	struct knell_node *node = knell_node_get(id);

	return node && node->role != KNELL_ROLE_SERVER;
}

bool knell_self_is_router(void)
{
	struct knell_node *self = knell_self();

	return self && self->role != KNELL_ROLE_SERVER;
}

void knell_node_commit(struct knell_node *node, const struct knell_node_rec *rec,
		       const void *source)
{
	knell_assert_locked();
	if (list_empty(&node->pending)) {
		node->old = node->rec;
		node->source = source;
		list_add_tail(&node->pending, &knell_table.nodes_pending);
	} else if (node->source != source) {
		node->source = NULL;
	}
	node->unsent = true;
	knell_table.unsent = true;
	node->rec = *rec;
	node->rec.role = node->role;
	knell_table.dump_generation++;
}

void knell_app_commit(struct knell_app *app, const struct knell_app_rec *rec,
		      const void *source)
{
	knell_assert_locked();
	if (list_empty(&app->pending)) {
		app->old = app->rec;
		app->source = source;
		list_add_tail(&app->pending, &knell_table.apps_pending);
	} else if (app->source != source) {
		app->source = NULL;
	}
	app->unsent = true;
	knell_table.unsent = true;
	app->rec = *rec;
	knell_table.dump_generation++;
}

unsigned int knell_node_serves(const struct knell_node *node)
{
	struct knell_app *app;
	unsigned int serves = 0;

	knell_assert_locked();
	knell_for_each_app(app)
		if (app->rec.owner == node->id && app->rec.owner_epoch == node->rec.epoch &&
		    (app->rec.state == KNELL_APP_STARTING ||
		     app->rec.state == KNELL_APP_RUNNING ||
		     app->rec.state == KNELL_APP_STOPPING))
			serves++;
	return serves;
}
