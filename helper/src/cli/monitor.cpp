// SPDX-License-Identifier: GPL-2.0
// The event stream: subscribe, tell what exists, then follow; after a loss tell all again.
#include "cli/monitor.hpp"

#include <cerrno>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/fabric.hpp"
#include "cli/follow.hpp"
#include "cli/health.hpp"
#include "cli/status.hpp"
#include "cli/text.hpp"
#include "model/names.hpp"

namespace knell::cli {
namespace {

struct MonitorOptions {
	bool timestamps = false;
	bool now = false;
};

json cluster_object(const netlink::ClusterInfo &c)
{
	return {
		{"name", c.name},	      {"id", "0x" + hex32(c.id)},
		{"epoch", c.epoch},	      {"generation", c.generation},
		{"mib_hash", hex32(c.mib_hash)}, {"maintenance", c.maintenance},
	};
}

json app_object(const Snapshot &s, const netlink::AppRecord &app)
{
	json object = app_json(s, app);

	object.erase("candidates");
	object.erase("tried");
	object["granted"] = app.granted;
	return object;
}

std::string value_text(const json &value)
{
	if (value.is_null())
		return std::string(absent);
	if (value.is_boolean())
		return value.get<bool>() ? "yes" : "no";
	if (!value.is_string())
		return value.dump();
	const std::string text = printable(value.get<std::string>());

	return text.empty() ? std::string(absent) : text;
}

json message_object(const Snapshot &s, const netlink::Message &m)
{
	return {{"from", node_name(s, m.node)}, {"octets", m.data.size()}};
}

int monitor(Context &context, const MonitorOptions &options)
{
	auto client = netlink::Client::connect();
	auto print = [&](const Line &line) {
		if (context.json)
			context.print(line_json(line));
		else
			context.out << line_text(line, options.timestamps) << std::endl;
	};

	if (!client)
		return context.fail("monitor", client.error());
	auto follow = Follow::open(Follow::Until::unread);

	if (!follow)
		return context.fail("monitor", follow.error());
	for (;;) {
		auto s = take_snapshot(*client);
		// Without a cluster nothing exists; what happens first is that this node joins one.
		const bool empty = !s && s.error().code == ENOENT && !options.now;

		if (!s && !empty)
			return context.fail("monitor", s.error());
		if (empty)
			s = Snapshot{};
		for (const Line &line : empty ? std::vector<Line>{{"exists", "-", 0, {}}} : exists_lines(*s))
			print(line);
		if (options.now)
			return exit_ok;
		for (bool again = false; !again;) {
			auto batch = follow->wait(Follow::for_ever);

			if (!batch)
				return context.fail("monitor", batch.error());
			if (batch->interrupted)
				return exit_ok;
			for (const auto &event : batch->events) {
				for (const Line &line : change_lines(*s, event))
					print(line);
				again |= empty || event.cluster; // names may have changed
			}
			if (batch->lost) {
				print({"lost", "-", 0, {}});
				again = true;
			}
		}
	}
}

} // namespace

std::vector<Line> exists_lines(const Snapshot &s)
{
	std::vector<Line> lines{{"exists", "cluster", 0, cluster_object(s.cluster)}};

	for (const auto &node : s.nodes)
		lines.push_back({"exists", "node", 0, node_json(node)});
	for (const auto &app : s.apps)
		lines.push_back({"exists", "app", 0, app_object(s, app)});
	for (const auto &link : s.links)
		lines.push_back({"exists", "link", 0, link_json(s, link)});
	for (const auto &check : s.checks)
		lines.push_back({"exists", "check", 0, check_json(check)});
	lines.push_back({"exists", "-", 0, {}});
	return lines;
}

std::vector<Line> change_lines(const Snapshot &s, const netlink::Event &e)
{
	std::vector<Line> lines;

	if (e.cluster)
		lines.push_back({"change", "cluster", e.time_ns, cluster_object(*e.cluster)});
	if (e.node) {
		json object = node_json(*e.node);

		if (e.node->name.empty())
			object["name"] = node_name(s, e.node->id);
		object["was"] = e.node_old ? json(model::status_name(e.node_old->status)) : json(nullptr);
		lines.push_back({"change", "node", e.time_ns, object});
	}
	if (e.app) {
		json object = app_object(s, *e.app);

		if (e.app->name.empty())
			object["name"] = app_name(s, e.app->id);
		object["was"] = e.app_old ? json(model::app_state_name(e.app_old->state)) : json(nullptr);
		lines.push_back({"change", "app", e.time_ns, object});
	}
	if (e.link)
		lines.push_back({"change", "link", e.time_ns, link_json(s, *e.link)});
	if (e.check)
		lines.push_back({"change", "check", e.time_ns, check_json(*e.check)});
	if (e.order)
		lines.push_back({"order",
				 std::string(model::order_name(e.order->what)),
				 e.time_ns,
				 {{"node", node_name(s, e.order->node)},
				  {"app", app_name(s, e.order->app)},
				  {"arg", e.order->arg},
				  {"origin", node_name(s, e.order->origin)}}});
	if (e.probe)
		lines.push_back({"probe",
				 "reply",
				 e.time_ns,
				 {{"node", node_name(s, e.probe->node)},
				  {"rtt_us", static_cast<double>(e.probe->rtt_ns) / 1000.0}}});
	if (e.command == KNELL_CMD_CONFLICT)
		lines.push_back({"conflict", "device", e.time_ns, {{"device", e.device}}});
	if (e.message)
		lines.push_back({"message", "helper", e.time_ns, message_object(s, *e.message)});
	return lines;
}

std::string line_text(const Line &line, bool timestamps)
{
	std::string text;

	if (timestamps && line.time_ns != 0)
		text = time_utc(line.time_ns) + " ";
	else if (timestamps)
		text = std::string(absent) + " ";
	text += line.event + " " + line.kind;
	for (const auto &[key, value] : line.object.items())
		text += " " + key + ":" + value_text(value);
	return text;
}

json line_json(const Line &line)
{
	json document = Context::envelope("monitor");

	document["event"] = line.event;
	document["kind"] = line.kind == "-" ? json(nullptr) : json(line.kind);
	document["time"] = stamp_json(line.time_ns);
	document["object"] = line.object;
	return document;
}

void add_monitor(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("monitor", "what exists, then every change, line by line");
	auto options = std::make_shared<MonitorOptions>();

	command->add_flag("-t,--timestamps", options->timestamps, "begin each line with the time (UTC)");
	command->add_flag("-n,--now", options->now, "only what exists, then end");
	command->callback([&context, options] {
		context.chosen = [&context, options] { return monitor(context, *options); };
	});
}

} // namespace knell::cli
