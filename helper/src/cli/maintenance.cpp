// SPDX-License-Identifier: GPL-2.0
// knellctl maintenance: while it is on nobody takes over.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/snapshot.hpp"

namespace knell::cli {
namespace {

int maintenance(Context &context, bool on)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("maintenance", client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail("maintenance", s.error());
	auto sent = client->order({KNELL_NODE_ALL, KNELL_ORDER_MAINTENANCE, 0,
				   static_cast<std::uint16_t>(on ? 1 : 0), 0});

	if (!sent)
		return context.fail("maintenance", sent.error());
	if (context.json) {
		json document = Context::envelope("maintenance");

		document["maintenance"] = on;
		context.print(document);
	} else {
		context.out << (on ? "maintenance is on: nobody takes over, not even from a dead node\n" :
				     "maintenance is off\n");
	}
	return exit_ok;
}

} // namespace

void add_maintenance(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("maintenance", "forbid or allow takeovers, cluster-wide");
	auto word = std::make_shared<std::string>();

	command->add_option("state", *word, "on or off")
		->required()
		->check(CLI::IsMember({"on", "off"}));
	command->callback([&context, word] {
		context.chosen = [&context, word] { return maintenance(context, *word == "on"); };
	});
}

} // namespace knell::cli
