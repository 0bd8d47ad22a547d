// SPDX-License-Identifier: GPL-2.0
// Formats a snapshot; --watch formats it again after every change.
#include "cli/status.hpp"

#include <cerrno>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/follow.hpp"
#include "cli/text.hpp"
#include "model/names.hpp"

namespace knell::cli {
namespace {

constexpr const char *clear_screen = "\x1b[H\x1b[2J";

std::string reason_or_absent(std::uint8_t reason)
{
	return std::string(reason == KNELL_REASON_NONE ? absent : model::reason_name(reason));
}

json name_json(const std::string &name)
{
	return name == absent ? json(nullptr) : json(name);
}

int print(Context &context, const Snapshot &s, bool clear)
{
	if (context.json)
		context.print(status_json(s));
	else
		context.out << (clear ? clear_screen : "") << status_text(s) << std::flush;
	return exit_ok;
}

void print_none(Context &context, const Error &error, bool clear)
{
	if (context.json)
		context.print(Context::error_json("status", error));
	else
		context.out << (clear ? clear_screen : "") << error.text() << "\nwaiting for it; Ctrl-C ends\n"
			    << std::flush;
}

} // namespace

json stamp_json(std::uint64_t stamp_ns)
{
	return stamp_ns == 0 ? json(nullptr) : json(time_utc(stamp_ns));
}

json node_json(const netlink::NodeRecord &node)
{
	return {
		{"name", node.name},
		{"id", node.id},
		{"role", model::role_name(node.role)},
		{"status", model::status_name(node.status)},
		{"reason", model::reason_name(node.reason)},
		{"self", node.self},
		{"epoch", node.epoch},
		{"served", node.served},
		{"generation", node.generation},
		{"mib_hash", hex32(node.mib_hash)},
		{"since", stamp_json(node.stamp_ns)},
	};
}

json app_json(const Snapshot &s, const netlink::AppRecord &app)
{
	json candidates = json::array();
	json tried = json::array();

	for (std::size_t i = 0; i < app.candidates.size(); i++) {
		candidates.push_back(node_name(s, app.candidates[i]));
		if (app.tried >> i & 1)
			tried.push_back(node_name(s, app.candidates[i]));
	}
	return {
		{"name", app.name},
		{"id", app.id},
		{"state", model::app_state_name(app.state)},
		{"reason", model::reason_name(app.reason)},
		{"owner", name_json(node_name(s, app.owner))},
		{"from", name_json(node_name(s, app.from))},
		{"prefer", name_json(node_name(s, app.prefer))},
		{"candidates", candidates},
		{"tried", tried},
		{"record_version", app.version},
		{"since", stamp_json(app.stamp_ns)},
	};
}

json status_json(const Snapshot &s)
{
	json document = Context::envelope("status");
	json nodes = json::array();
	json apps = json::array();

	for (const auto &node : s.nodes)
		nodes.push_back(node_json(node));
	for (const auto &app : s.apps)
		apps.push_back(app_json(s, app));
	document["cluster"] = {
		{"name", s.cluster.name},
		{"id", "0x" + hex32(s.cluster.id)},
		{"self", name_json(node_name(s, s.cluster.self))},
		{"epoch", s.cluster.epoch},
		{"generation", s.cluster.generation},
		{"mib_hash", hex32(s.cluster.mib_hash)},
		{"maintenance", s.cluster.maintenance},
	};
	document["nodes"] = nodes;
	document["applications"] = apps;
	document["problems"] = problems(s);
	return document;
}

std::string status_text(const Snapshot &s)
{
	Table nodes({"NODE", "ROLE", "STATUS", "REASON", "SERVES", "SINCE"});
	Table apps({"APPLICATION", "STATE", "NODE", "FROM", "REASON", "SINCE"});
	std::string text = fmt::format("cluster {} (0x{:08x}), generation {}, seen from node {}\n\n",
				       s.cluster.name, s.cluster.id, s.cluster.generation,
				       node_name(s, s.cluster.self));

	for (const auto &node : s.nodes)
		nodes.add({node.name, std::string(model::role_name(node.role)),
			   std::string(model::status_name(node.status)), reason_or_absent(node.reason),
			   node.served ? std::to_string(node.served) : std::string(absent),
			   time_local(node.stamp_ns)});
	text += nodes.text();
	for (const auto &app : s.apps)
		apps.add({app.name, std::string(model::app_state_name(app.state)),
			  node_name(s, app.owner), node_name(s, app.from),
			  reason_or_absent(app.reason), time_local(app.stamp_ns)});
	if (!apps.empty())
		text += "\n" + apps.text();
	if (const auto list = problems(s); !list.empty()) {
		text += "\n";
		for (const std::string &problem : list)
			text += "! " + problem + "\n";
	}
	return text;
}

/// Until a signal comes. A node may leave its cluster, or not be in one yet: then that is the state.
int watch_status(Context &context, netlink::Client &client)
{
	auto follow = Follow::open(Follow::Until::unread);

	if (!follow)
		return context.fail("status", follow.error());
	for (;;) {
		auto s = take_snapshot(client);

		if (s)
			print(context, *s, follow->terminal());
		else if (s.error().code != ENOENT)
			return context.fail("status", s.error());
		else
			print_none(context, s.error(), follow->terminal());
		auto batch = follow->wait(Follow::for_ever);

		if (!batch)
			return context.fail("status", batch.error());
		if (batch->interrupted)
			return exit_ok;
	}
}

int status(Context &context, bool watch)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("status", client.error());
	if (watch)
		return watch_status(context, *client);
	auto s = take_snapshot(*client);

	return s ? print(context, *s, false) : context.fail("status", s.error());
}

void add_status(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("status", "nodes, applications and what needs attention");
	auto watch = std::make_shared<bool>(false);

	command->add_flag("-w,--watch", *watch, "print again after every change");
	command->callback([&context, watch] {
		context.chosen = [&context, watch] { return status(context, *watch); };
	});
}

} // namespace knell::cli
