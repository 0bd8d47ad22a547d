// SPDX-License-Identifier: GPL-2.0
// knellctl failover: a node lets go of its applications, another one takes them.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/transfer.hpp"

namespace knell::cli {
namespace {

struct FailoverOptions {
	std::string node;
	std::string to;
	std::string app;
	bool simulate = false;
};

Result<Transfer> wanted(const Snapshot &s, const FailoverOptions &options)
{
	auto node = require_node(s, options.node);

	if (!node)
		return node.error();
	std::uint16_t to = 0, only = 0;

	if (!options.to.empty()) {
		auto taker = require_node(s, options.to);

		if (!taker)
			return taker.error();
		if (taker->id == node->id)
			return Error{"node " + taker->name + " would take over from itself", "",
				     "name another node with --to"};
		to = taker->id;
	}
	if (!options.app.empty()) {
		auto app = require_app(s, options.app);

		if (!app)
			return app.error();
		if (app->owner != node->id)
			return Error{"application " + app->name + " is not served by node " + node->name,
				     "its node is " + node_name(s, app->owner),
				     "look at knellctl status"};
		only = app->id;
	}
	if (!healthy(*node))
		return Error{"node " + node->name + " is not up", "",
			     "the others take over from it without an order"};
	return Transfer{predict_moves(s, node->id, only, to), "node " + node->name + " serves nothing", 0};
}

} // namespace

void add_failover(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("failover", "move a node's applications to its standby");
	auto options = std::make_shared<FailoverOptions>();

	command->add_option("node", options->node, "name or number of the node that lets go")->required();
	command->add_option("--to", options->to, "node that takes them, instead of the standby order");
	command->add_option("--app", options->app, "only this application");
	add_simulate(*command, options->simulate);
	command->callback([&context, options] {
		context.chosen = [&context, options] {
			return transfer(context, "failover", options->simulate,
					[&](const Snapshot &s) { return wanted(s, *options); });
		};
	});
}

} // namespace knell::cli
