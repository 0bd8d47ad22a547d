// SPDX-License-Identifier: GPL-2.0
// Names and status are checked here; who can take what is predict_move()'s business.
#include "cli/homeward.hpp"

#include <algorithm>

#include "cli/commands.hpp"
#include "model/names.hpp"

namespace knell::cli {
namespace {

Error not_served(const netlink::AppRecord &app)
{
	return {"application " + app.name + " cannot be moved",
		"nobody serves it, it is " + std::string(model::app_state_name(app.state)),
		app.state == KNELL_APP_FAILED ? "mend the cause, then knellctl reset " + app.name :
						"look at knellctl status"};
}

/// A node that applications are to leave or to come to.
Result<netlink::NodeRecord> require_up(const Snapshot &s, const std::string &name)
{
	auto node = require_node(s, name);

	if (!node)
		return node;
	if (!healthy(*node))
		return Error{"node " + node->name + " is not up",
			     "it is " + std::string(model::status_name(node->status)),
			     "why: knellctl history, and knellctl health on it"};
	if (node->role == KNELL_ROLE_ROUTER)
		return Error{"node " + node->name + " is a router", "routers serve no applications",
			     "name one of the others"};
	return node;
}

} // namespace

Result<Transfer> wanted_failback(const Snapshot &s, const std::vector<std::string> &apps)
{
	Transfer transfer;

	if (apps.empty()) {
		transfer.moves = predict_homeward(s, 0);
		transfer.nothing = "no application is away from its home node";
		return transfer;
	}
	for (const std::string &name : apps) {
		auto app = require_app(s, name);

		if (!app)
			return app.error();
		if (!served(*app) || app->candidates.empty())
			return not_served(*app);
		const std::uint16_t home = app->candidates[0];

		if (app->owner == home)
			transfer.nothing += (transfer.nothing.empty() ? "" : "\n") + ("application " + app->name) +
					    " is at home on node " + node_name(s, home);
		else if (std::ranges::none_of(transfer.moves,
					      [&](const Move &move) { return move.app.id == app->id; }))
			transfer.moves.push_back(predict_move(s, *app, home));
	}
	return transfer;
}

Result<Transfer> wanted_activate(const Snapshot &s, const std::string &name, const std::string &only)
{
	auto node = require_up(s, name);
	Transfer transfer;

	if (!node)
		return node.error();
	if (!only.empty()) {
		auto app = require_app(s, only);

		if (!app)
			return app.error();
		if (std::ranges::find(app->candidates, node->id) == app->candidates.end())
			return Error{"node " + node->name + " is not a candidate of application " + app->name, "",
				     "the home node and the standby order are in the cluster file"};
		if (!served(*app))
			return not_served(*app);
		if (app->owner == node->id)
			transfer.nothing = "node " + node->name + " serves application " + app->name + " already";
		else
			transfer.moves.push_back(predict_move(s, *app, node->id));
		return transfer;
	}
	if (std::ranges::none_of(s.apps, [&](const netlink::AppRecord &app) {
		    return !app.candidates.empty() && app.candidates[0] == node->id;
	    }))
		return Error{"node " + node->name + " is not the home of any application", "",
			     "name one of which it is a candidate: --app APPLICATION"};
	transfer.moves = predict_homeward(s, node->id);
	transfer.nothing = "nothing that is at home on node " + node->name + " is served elsewhere";
	return transfer;
}

Result<Transfer> wanted_standby(const Snapshot &s, const std::string &name)
{
	auto node = require_up(s, name);

	if (!node)
		return node.error();
	return Transfer{predict_moves(s, node->id, 0, 0), "node " + node->name + " serves nothing, it is standby",
			node->id};
}

} // namespace knell::cli
