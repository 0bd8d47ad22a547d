// SPDX-License-Identifier: GPL-2.0
/*
 * Hands requests to the family as genetlink does, and stands for the floors its
 * commands call into: records change by the real rules, nothing is sent.
 */
#include <openssl/sha.h>

#include <net/genetlink.h>

#include "fabric/switch.h"
#include "health/health.h"
#include "membership/directory.h"
#include "membership/status.h"
#include "netlink/netlink.h"
#include "notice/lastgasp.h"
#include "notice/notice.h"
#include "recovery/recovery.h"
#include "request.h"

#define DUMP_ROOM	4096	/* octets of one message of a dump */

static const struct genl_family *family;
struct list_head knell_listeners = LIST_HEAD_INIT(knell_listeners);

/* Genetlink */

int genl_register_family(struct genl_family *registered)
{
	family = registered;
	return 0;
}

static const struct genl_ops *find(u8 cmd, bool dump)
{
	for (unsigned int i = 0; i < family->n_ops; i++)
		if (family->ops[i].cmd == cmd && (dump ? !!family->ops[i].dumpit : !!family->ops[i].doit))
			return &family->ops[i];
	return NULL;
}

static void take(struct answer *answer, const struct sk_buff *skb)
{
	answer->reply = realloc(answer->reply, answer->reply_len + skb->len);
	memcpy(answer->reply + answer->reply_len, skb->data, skb->len);
	answer->reply_len += skb->len;
}

/* Message after message, until one stays empty. */
static void dump(const struct genl_ops *op, const struct nlmsghdr *header, struct answer *answer)
{
	struct sk_buff asked = { .portid = header->nlmsg_pid };
	struct netlink_callback cb = { .skb = &asked, .nlh = header };
	bool more;

	do {
		struct sk_buff *skb = genlmsg_new(DUMP_ROOM, GFP_KERNEL);

		answer->error = op->dumpit(skb, &cb) < 0 ? -EIO : 0;
		more = skb->len && !answer->error;
		if (more)
			take(answer, skb);
		nlmsg_free(skb);
	} while (more);
}

void family_start(void)
{
	assert(!knell_netlink_init());
}

void family_request(const void *message, size_t len, struct answer *answer)
{
	const struct nlmsghdr *header = message;
	const struct genlmsghdr *genl = NLMSG_DATA(header);
	struct nlattr *tb[KNELL_A_MAX + 1];
	struct netlink_ext_ack extack = { 0 };
	struct genl_info info = { .nlhdr = header, .attrs = tb, .extack = &extack };
	const struct genl_ops *op;

	*answer = (struct answer){ .error = -EOPNOTSUPP, .explained = 1 };
	if (len < NLMSG_HDRLEN + GENL_HDRLEN)
		return;
	op = find(genl->cmd, header->nlmsg_flags & NLM_F_DUMP);
	if (!op)
		return;
	assert(op->maxattr == KNELL_A_MAX);
	answer->error = nla_parse(tb, KNELL_A_MAX, nlmsg_attrdata(header, GENL_HDRLEN),
				  nlmsg_attrlen(header, GENL_HDRLEN), op->policy, &extack);
	if (answer->error)
		return;
	if (op->dumpit) {
		dump(op, header, answer);
		return;
	}
	answer->error = op->doit(NULL, &info);
	answer->explained = !!extack._msg;
	if (info.reply)
		take(answer, info.reply);
	nlmsg_free(info.reply);
	assert(!knell_lock.held);
}

void family_reset(void)
{
	knell_core_lock();
	knell_table_clear();
	knell_core_unlock();
	knell_nl_mib_forget();
}

void family_check(void)
{
	const struct knell_config *config = knell_table.config;

	if (!config)
		return;
	assert(config->cluster.self >= 1 && config->cluster.self <= KNELL_NODE_MAX);
	assert(config->nodes[config->cluster.self] && config->cluster.epoch & 0xffff);
	assert(memchr(config->cluster.name, '\0', sizeof(config->cluster.name)));
	assert(!config->nodes[0] && !config->apps[0]);
	for (unsigned int i = 1; i <= KNELL_NODE_MAX; i++) {
		const struct knell_node *node = config->nodes[i];

		if (!node)
			continue;
		assert(node->id == i && node->name[0] && node->n_addresses <= KNELL_ADDRESSES_MAX);
		assert(node->role >= KNELL_ROLE_SERVER && node->role <= KNELL_ROLE_ARRAY);
		assert(memchr(node->name, '\0', sizeof(node->name)));
		assert(memchr(node->initiator, '\0', sizeof(node->initiator)));
	}
	for (unsigned int i = 1; i <= KNELL_APP_MAX; i++) {
		const struct knell_app *app = config->apps[i];

		if (!app)
			continue;
		assert(app->id == i && app->name[0] && memchr(app->name, '\0', sizeof(app->name)));
		assert(app->n_candidates >= 1 && app->n_candidates <= KNELL_CANDIDATES_MAX);
		for (int j = 0; j < app->n_candidates; j++)
			assert(app->candidates[j] <= KNELL_NODE_MAX && config->nodes[app->candidates[j]]);
		assert(!knell_wire_check_app(&app->rec) || !app->rec.version);
	}
}

void sha256(const u8 *data, unsigned int len, u8 *out)
{
	SHA256(data, len, out);
}

/* The floors below and beside kmod/netlink */

void knell_core_lock(void)
{
	mutex_lock(&knell_lock);
}

void knell_core_unlock(void)
{
	mutex_unlock(&knell_lock);
}

void knell_switch_forget(void) {}
void knell_links_rejoin(bool all) { (void)all; }
struct list_head knell_links = LIST_HEAD_INIT(knell_links);

/* To one half of the nodes no link leads. */
int knell_switch_send(u8 kind, u16 dest, const void *payload, u16 length)
{
	(void)kind, (void)payload, (void)length;
	return dest & 1 ? -EHOSTUNREACH : 0;
}

int knell_switch_send_stranger(u32 id, const void *payload, u16 length)
{
	(void)payload, (void)length;
	return id & 1 ? -EHOSTUNREACH : 0;
}

void knell_strangers_set(bool welcome) { (void)welcome; }

int knell_directory_publish(const struct knell_config *config) { (void)config; return 0; }
void knell_directory_withdraw(void) {}

int knell_notice_event(u8 event, u8 reason)
{
	struct knell_node *self = knell_self();
	struct knell_self_next next = knell_self_next(knell_table.self_state, event);
	struct knell_node_rec rec;

	if (!self || !next.valid)
		return -EBUSY;
	knell_table.self_state = next.state;
	rec = self->rec;
	rec.epoch = knell_table.config->cluster.epoch;
	rec.status = next.effects & KNELL_DO_ANNOUNCE ? next.status : rec.status;
	rec.reason = reason;
	rec.seq++;
	knell_node_commit(self, &rec, NULL);
	return 0;
}

int knell_notice_arm(struct knell_config *config, int (*install)(struct knell_config *config))
{
	int error;

	knell_core_lock();
	error = install(config);
	knell_core_unlock();
	return error;
}

void knell_notice_refresh(void) {}
void knell_notice_disarm(void) {}
bool knell_notice_drain(void) { return true; }
int knell_notice_watch_error(void) { return 0; }
int knell_notice_gasp_error(void) { return 0; }

void knell_notice_not_ready(const char *why)
{
	assert(strlen(why) < KNELL_DETAIL_MAX);
}

int knell_notice_info(unsigned int index, struct knell_check_info *info)
{
	*info = (struct knell_check_info){ .name = "watch" };
	return index ? -ENOENT : 0;
}

void knell_health_pet(void) {}
int knell_health_info(unsigned int index, struct knell_check_info *info) { (void)index, (void)info; return -ENOENT; }
int knell_lastgasp_counter(unsigned int index, const char **name, u64 *value)
{
	(void)index, (void)name, (void)value;
	return -ENOENT;
}

void knell_recovery_installed(bool joined) { (void)joined; }
bool knell_recovery_granted(const struct knell_app_rec *rec) { return rec->state == KNELL_APP_STARTING; }

int knell_recovery_report(struct knell_app *app, const struct knell_report *report)
{
	struct knell_app_rec rec = app->rec;

	if (report->version && report->version != rec.version)
		return -ESTALE;
	if (rec.owner != knell_table.config->cluster.self)
		return -EPERM;
	rec.version++;
	rec.state = report->state;
	rec.reason = report->reason;
	rec.prefer = report->prefer;
	if (knell_wire_check_app(&rec))
		return -EINVAL;
	knell_app_commit(app, &rec, NULL);
	return 0;
}

void knell_recovery_restore(struct knell_app *app, const struct knell_app_rec *rec)
{
	if (knell_app_rec_cmp(rec, knell_node_is_router(rec->author), &app->rec, knell_node_is_router(app->rec.author)) > 0)
		knell_app_commit(app, rec, NULL);
}

int knell_recovery_order(u16 node, const struct knell_order_info *order)
{
	assert(order->app <= KNELL_APP_MAX);
	return knell_switch_send(KNELL_FRAME_ORDER, node, order, sizeof(*order));
}

void knell_nl_event_cluster(const struct knell_cluster *cluster) {}
void knell_nl_event_self(const void *data, u16 length) {}
void knell_nl_event_init(void) {}
void knell_nl_event_exit(void) {}
