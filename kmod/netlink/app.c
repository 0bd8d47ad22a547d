// SPDX-License-Identifier: GPL-2.0
/* Applications over netlink: the dump, the helper's reports, what it restores. */
#include "fabric/switch.h"
#include "membership/status.h"
#include "netlink/netlink.h"
#include "recovery/recovery.h"

int knell_nl_put_app(struct sk_buff *skb, int attr, const struct knell_app *app,
		     const struct knell_app_rec *rec)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	knell_assert_locked();
	if (!nest ||
	    nla_put_u16(skb, KNELL_A_APP_ID, app->id) ||
	    nla_put_string(skb, KNELL_A_APP_NAME, app->name) ||
	    nla_put(skb, KNELL_A_APP_CANDIDATES, app->n_candidates * sizeof(u16),
		    app->candidates) ||
	    nla_put_u32(skb, KNELL_A_APP_FLAGS, app->flags) ||
	    nla_put_u8(skb, KNELL_A_APP_STATE, rec->state) ||
	    nla_put_u8(skb, KNELL_A_APP_REASON, rec->reason) ||
	    nla_put_u16(skb, KNELL_A_APP_OWNER, rec->owner) ||
	    nla_put_u32(skb, KNELL_A_APP_OWNER_EPOCH, rec->owner_epoch) ||
	    nla_put_u16(skb, KNELL_A_APP_FROM, rec->from) ||
	    nla_put_u16(skb, KNELL_A_APP_PREFER, rec->prefer) ||
	    nla_put_u32(skb, KNELL_A_APP_VERSION, rec->version) ||
	    nla_put_u32(skb, KNELL_A_APP_TRIED, rec->tried) ||
	    nla_put_u16(skb, KNELL_A_APP_AUTHOR, rec->author) ||
	    nla_put_u64_64bit(skb, KNELL_A_APP_STAMP_NS, rec->stamp_ns, KNELL_A_APP_UNSPEC) ||
	    (knell_recovery_granted(rec) && nla_put_flag(skb, KNELL_A_APP_GRANTED))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

int knell_nl_app_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct knell_app *app;

	knell_core_lock();
	cb->seq = knell_table.dump_generation;
	for (app = knell_app_next(cb->args[0]); app; app = knell_app_next(app->id)) {
		void *hdr = knell_nl_dump_begin(skb, cb, KNELL_CMD_APP_GET);

		if (!hdr)
			break;
		if (knell_nl_put_app(skb, KNELL_A_APP, app, &app->rec)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = app->id;
	}
	knell_core_unlock();
	return skb->len;
}

/* The application the request is about; NULL and @extack set if there is none. */
static struct knell_app *find_app(struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct knell_app *app;

	knell_assert_locked();
	if (!knell_table.config) {
		knell_error(extack, "no cluster is installed");
		return NULL;
	}
	app = knell_app_get(nla_get_u16(attr));
	if (!app)
		knell_error_attr(extack, attr, "there is no such application");
	return app;
}

int knell_nl_app_report(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_APP_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_APP];
	struct knell_report report = { 0 };
	struct knell_app *app;
	int ret;

	if (!knell_need(info->extack, NULL, info->attrs, KNELL_A_APP, "the application"))
		return -EINVAL;
	ret = knell_nl_parse(tb, KNELL_A_APP_MAX, nest, knell_report_policy, info);
	if (ret)
		return ret;
	if (!knell_need(info->extack, nest, tb, KNELL_A_APP_ID, "the application's number") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_APP_STATE, "the application's state"))
		return -EINVAL;
	report.state = nla_get_u8(tb[KNELL_A_APP_STATE]);
	if (report.state == KNELL_APP_STARTING) {
		knell_error_attr(info->extack, tb[KNELL_A_APP_STATE],
				 "STARTING is the router's to say, by a grant");
		return -EINVAL;
	}
	if (tb[KNELL_A_APP_REASON])
		report.reason = nla_get_u8(tb[KNELL_A_APP_REASON]);
	if (tb[KNELL_A_APP_PREFER])
		report.prefer = nla_get_u16(tb[KNELL_A_APP_PREFER]);
	if (tb[KNELL_A_APP_VERSION])
		report.version = nla_get_u32(tb[KNELL_A_APP_VERSION]);

	knell_core_lock();
	app = find_app(tb[KNELL_A_APP_ID], info->extack);
	ret = app ? knell_recovery_report(app, &report) : -ENOENT;
	switch (ret) {
	case -EPERM:
		knell_error(info->extack, "this node does not hold the application in its present epoch");
		break;
	case -ESTALE:
		knell_error(info->extack, "the application's record changed: look at it again");
		break;
	case -EINVAL:
		knell_error(info->extack, "this state cannot follow the application's present one");
		break;
	}
	knell_core_unlock();
	return ret;
}

int knell_nl_app_restore(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_APP_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_APP];
	struct knell_app_rec rec = { 0 };
	struct knell_app *app;
	int ret;

	if (!knell_need(info->extack, NULL, info->attrs, KNELL_A_APP, "the application"))
		return -EINVAL;
	ret = knell_nl_parse(tb, KNELL_A_APP_MAX, nest, knell_restore_policy, info);
	if (ret)
		return ret;
	if (!knell_need(info->extack, nest, tb, KNELL_A_APP_ID, "the application's number") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_APP_STATE, "the application's state") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_APP_VERSION, "the record's version") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_APP_AUTHOR, "the record's author"))
		return -EINVAL;
	rec.app = nla_get_u16(tb[KNELL_A_APP_ID]);
	rec.state = nla_get_u8(tb[KNELL_A_APP_STATE]);
	rec.version = nla_get_u32(tb[KNELL_A_APP_VERSION]);
	rec.author = nla_get_u16(tb[KNELL_A_APP_AUTHOR]);
	if (tb[KNELL_A_APP_REASON])
		rec.reason = nla_get_u8(tb[KNELL_A_APP_REASON]);
	if (tb[KNELL_A_APP_OWNER])
		rec.owner = nla_get_u16(tb[KNELL_A_APP_OWNER]);
	if (tb[KNELL_A_APP_OWNER_EPOCH])
		rec.owner_epoch = nla_get_u32(tb[KNELL_A_APP_OWNER_EPOCH]);
	if (tb[KNELL_A_APP_FROM])
		rec.from = nla_get_u16(tb[KNELL_A_APP_FROM]);
	if (tb[KNELL_A_APP_PREFER])
		rec.prefer = nla_get_u16(tb[KNELL_A_APP_PREFER]);
	if (tb[KNELL_A_APP_TRIED])
		rec.tried = nla_get_u32(tb[KNELL_A_APP_TRIED]);
	if (tb[KNELL_A_APP_STAMP_NS])
		rec.stamp_ns = nla_get_u64(tb[KNELL_A_APP_STAMP_NS]);
	if (knell_wire_check_app(&rec)) {
		knell_error(info->extack, "the record contradicts itself: an owner and its epoch come together, and a served application has an owner");
		return -EINVAL;
	}
	knell_core_lock();
	app = find_app(tb[KNELL_A_APP_ID], info->extack);
	if (app)
		knell_recovery_restore(app, &rec);
	else
		ret = -ENOENT;
	knell_core_unlock();
	return ret;
}
