// SPDX-License-Identifier: GPL-2.0
// Formats the counters.
#include "cli/stats.hpp"

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/text.hpp"
#include "netlink/client.hpp"

namespace knell::cli {
namespace {

int stats(Context &context)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("stats", client.error());
	auto counters = client->counters();

	if (!counters)
		return context.fail("stats", counters.error());
	if (context.json)
		context.print(stats_json(*counters));
	else
		context.out << stats_text(*counters);
	return exit_ok;
}

} // namespace

json stats_json(const std::vector<netlink::Counter> &counters)
{
	json document = Context::envelope("stats");

	document["counters"] = json::object();
	for (const auto &counter : counters)
		document["counters"][counter.name] = counter.value;
	return document;
}

std::string stats_text(const std::vector<netlink::Counter> &counters)
{
	Table table({"COUNTER", "VALUE"});

	for (const auto &counter : counters)
		table.add({counter.name, std::to_string(counter.value)});
	return table.text();
}

void add_stats(CLI::App &app, Context &context)
{
	app.add_subcommand("stats", "counters of this node's kernel")->callback([&context] {
		context.chosen = [&context] { return stats(context); };
	});
}

} // namespace knell::cli
