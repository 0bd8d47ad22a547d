// SPDX-License-Identifier: GPL-2.0
// knellctl reset: let candidates that failed try an application again.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/snapshot.hpp"

namespace knell::cli {
namespace {

int reset(Context &context, const std::string &name)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("reset", client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail("reset", s.error());
	auto app = require_app(*s, name);

	if (!app)
		return context.fail("reset", app.error());
	// The kernel hands it to the router, which decides about applications.
	auto sent = client->order({s->cluster.self, KNELL_ORDER_RESET, app->id, 0, 0});

	if (!sent)
		return context.fail("reset", sent.error());
	if (context.json) {
		json document = Context::envelope("reset");

		document["application"] = app->name;
		context.print(document);
	} else {
		context.out << "every candidate of " << app->name << " may try again\n";
	}
	return exit_ok;
}

} // namespace

void add_reset(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("reset", "let failed candidates of an application try again");
	auto name = std::make_shared<std::string>();

	command->add_option("application", *name, "name or number")->required();
	command->callback([&context, name] {
		context.chosen = [&context, name] { return reset(context, *name); };
	});
}

} // namespace knell::cli
