// SPDX-License-Identifier: GPL-2.0
// knellctl failback: applications go back to their home nodes.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/homeward.hpp"
#include "cli/transfer.hpp"

namespace knell::cli {
namespace {

struct FailbackOptions {
	std::vector<std::string> apps;
	bool simulate = false;
};

} // namespace

void add_failback(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("failback", "move applications back to their home nodes");
	auto options = std::make_shared<FailbackOptions>();

	command->add_option("application", options->apps, "names or numbers; else all that are away from home");
	add_simulate(*command, options->simulate);
	command->callback([&context, options] {
		context.chosen = [&context, options] {
			return transfer(context, "failback", options->simulate,
					[&](const Snapshot &s) { return wanted_failback(s, options->apps); });
		};
	});
}

} // namespace knell::cli
