// SPDX-License-Identifier: GPL-2.0
// knellctl node: the group.
#include "cli/node.hpp"

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"

namespace knell::cli {

void add_node(CLI::App &app, Context &context)
{
	auto *group = app.add_subcommand("node", "add a node or remove one, test it, give it work or take it away");

	group->require_subcommand(1);
	add_node_add(*group, context);
	add_node_remove(*group, context);
	add_node_test(*group, context);
	add_node_activate(*group, context);
	add_node_standby(*group, context);
}

} // namespace knell::cli
