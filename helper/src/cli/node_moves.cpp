// SPDX-License-Identifier: GPL-2.0
// knellctl node activate and standby: what one node serves, or is to serve, is moved.
#include <CLI/CLI.hpp>

#include "cli/homeward.hpp"
#include "cli/node.hpp"

namespace knell::cli {
namespace {

struct MoveOptions {
	std::string node;
	std::string app;
	bool simulate = false;
};

} // namespace

void add_node_activate(CLI::App &group, Context &context)
{
	auto *command = group.add_subcommand("activate", "move what is at home on a node to it");
	auto options = std::make_shared<MoveOptions>();

	command->add_option("node", options->node, "name or number")->required();
	command->add_option("--app", options->app, "this application, of which the node is a candidate");
	add_simulate(*command, options->simulate);
	command->callback([&context, options] {
		context.chosen = [&context, options] {
			return transfer(context, "node activate", options->simulate, [&](const Snapshot &s) {
				return wanted_activate(s, options->node, options->app);
			});
		};
	});
}

void add_node_standby(CLI::App &group, Context &context)
{
	auto *command = group.add_subcommand("standby", "move everything a node serves to others");
	auto options = std::make_shared<MoveOptions>();

	command->add_option("node", options->node, "name or number")->required();
	add_simulate(*command, options->simulate);
	command->callback([&context, options] {
		context.chosen = [&context, options] {
			return transfer(context, "node standby", options->simulate, [&](const Snapshot &s) {
				return wanted_standby(s, options->node);
			});
		};
	});
}

} // namespace knell::cli
