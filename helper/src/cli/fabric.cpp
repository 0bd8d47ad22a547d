// SPDX-License-Identifier: GPL-2.0
// Formats the table of links.
#include "cli/fabric.hpp"

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/text.hpp"
#include "model/names.hpp"

namespace knell::cli {
namespace {

int fabric(Context &context)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("fabric", client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail("fabric", s.error());
	if (context.json)
		context.print(fabric_json(*s));
	else
		context.out << fabric_text(*s);
	return exit_ok;
}

} // namespace

json link_json(const Snapshot &s, const netlink::LinkInfo &link)
{
	return {
		{"name", link.name},
		{"id", link.id},
		{"kind", model::link_kind_name(link.kind)},
		{"state", model::link_state_name(link.state)},
		{"peer", link.peer ? json(node_name(s, link.peer)) : json(nullptr)},
		{"tx_frames", link.tx_frames},
		{"rx_frames", link.rx_frames},
		{"tx_queued", link.tx_queued},
		{"tx_dropped", link.tx_dropped},
		{"rx_dropped", link.rx_dropped},
		{"rx_duplicate", link.rx_duplicate},
		{"logins", link.restarts},
		{"parked", link.parked},
	};
}

json fabric_json(const Snapshot &s)
{
	json document = Context::envelope("fabric");

	document["links"] = json::array();
	for (const auto &link : s.links)
		document["links"].push_back(link_json(s, link));
	return document;
}

std::string fabric_text(const Snapshot &s)
{
	Table table({"LINK", "KIND", "PEER", "STATE", "SENT", "RECEIVED", "QUEUED", "DROPPED",
		     "DUPLICATE", "LOGINS", "PARKED"});

	for (const auto &link : s.links)
		table.add({printable(link.name), std::string(model::link_kind_name(link.kind)),
			   node_name(s, link.peer), std::string(model::link_state_name(link.state)),
			   std::to_string(link.tx_frames), std::to_string(link.rx_frames),
			   std::to_string(link.tx_queued),
			   std::to_string(link.tx_dropped + link.rx_dropped),
			   std::to_string(link.rx_duplicate), std::to_string(link.restarts),
			   std::to_string(link.parked)});
	if (table.empty())
		return "no link: no mailbox LUN is logged in to, and none is exported here\n";
	return table.text();
}

void add_fabric(CLI::App &app, Context &context)
{
	app.add_subcommand("fabric", "links of this node and their counters")->callback([&context] {
		context.chosen = [&context] { return fabric(context); };
	});
}

} // namespace knell::cli
