// SPDX-License-Identifier: GPL-2.0
// Reads the daemon's samples beside the daemon, or asks the daemons of other nodes; changes nothing.
#include "cli/statistics.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/status.hpp"
#include "cli/text.hpp"
#include "model/names.hpp"
#include "statistics/history.hpp"
#include "talk/samples.hpp"

namespace knell::cli {
namespace {

struct StatisticsOptions {
	std::size_t count = 20;
	std::string state_dir = "/var/lib/knell";
	std::vector<std::string> nodes;
	bool all = false;
};

constexpr double mib = 1024.0 * 1024.0;

std::string time_of(const std::optional<double> &ms)
{
	return ms ? fmt::format("{:.1f}ms", *ms) : std::string(absent);
}

json or_null(const std::optional<double> &value)
{
	return value ? json(*value) : json(nullptr);
}

int show(Context &context, const StatisticsOptions &options)
{
	auto history = statistics::History::open_read_only(options.state_dir);

	if (!history)
		return context.fail("statistics", history.error());
	auto samples = history->newest(options.count);

	if (!samples)
		return context.fail("statistics", samples.error());
	if (context.json)
		context.print(statistics_json(*samples));
	else
		context.out << statistics_text(*samples);
	return exit_ok;
}

/// The nodes of these names, or all if there is none.
Result<std::vector<netlink::NodeRecord>> nodes_meant(const Snapshot &s, const std::vector<std::string> &names)
{
	std::vector<netlink::NodeRecord> nodes;

	if (names.empty())
		return s.nodes;
	for (const std::string &name : names) {
		auto node = require_node(s, name);
		if (!node)
			return node.error();
		if (std::ranges::find(nodes, node->id, &netlink::NodeRecord::id) == nodes.end())
			nodes.push_back(std::move(*node));
	}
	return nodes;
}

/// Every node keeps its own.
int show_nodes(Context &context, const StatisticsOptions &options)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("statistics", client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail("statistics", s.error());
	auto nodes = nodes_meant(*s, options.nodes);

	if (!nodes)
		return context.fail("statistics", nodes.error());
	auto console = Console::open();

	if (!console)
		return context.fail("statistics", console.error());
	std::vector<std::uint16_t> asked;
	std::vector<Measured> measured;
	std::vector<std::string> silent;

	for (const auto &node : *nodes) {
		if (askable(node))
			asked.push_back(node.id);
		else
			silent.push_back("node " + node.name + " is " + std::string(model::status_name(node.status)));
	}
	const auto told = (*console)->asker.pull(asked, talk::What::statistics,
						 static_cast<std::uint32_t>(options.count));

	for (std::size_t i = 0; i < asked.size(); i++) {
		auto samples = told[i] ? talk::read_samples(*told[i]) :
					 Result<std::vector<statistics::Sample>>(told[i].error());

		if (samples)
			measured.push_back({node_name(*s, asked[i]), std::move(*samples)});
		else
			silent.push_back(samples.error().text());
	}
	if (context.json)
		context.print(statistics_of_nodes_json(measured, silent));
	else
		context.out << statistics_of_nodes_text(measured, silent);
	return silent.empty() ? exit_ok : exit_failed;
}

json samples_json(const std::vector<statistics::Sample> &samples)
{
	json list = json::array();

	for (const auto &sample : samples) {
		json volumes = json::array(), responses = json::array();

		for (const auto &v : sample.volumes)
			volumes.push_back({{"device", v.device},
					   {"reads", v.reads},
					   {"read_ms", or_null(v.read_ms)},
					   {"writes", v.writes},
					   {"write_ms", or_null(v.write_ms)}});
		for (const auto &r : sample.responses)
			responses.push_back({{"application", r.application}, {"ms", or_null(r.ms)}});
		list.push_back({{"time", stamp_json(sample.time_ns)},
				{"cpu_busy", sample.cpu_busy},
				{"load", sample.load},
				{"delay_ms", sample.delay_ms},
				{"memory_total", sample.memory_total},
				{"memory_available", sample.memory_available},
				{"volumes", std::move(volumes)},
				{"responses", std::move(responses)}});
	}
	return list;
}

} // namespace

std::string statistics_text(const std::vector<statistics::Sample> &samples)
{
	constexpr std::size_t node_cells = 5, volume_cells = 5;
	Table table({"TIME", "CPU", "LOAD", "DELAY", "MEMORY FREE", "VOLUME", "READS", "READ TIME", "WRITES",
		     "WRITE TIME", "APPLICATION", "RESPONSE"});

	for (const auto &sample : samples) {
		std::vector<std::string> row = {time_local(sample.time_ns), fmt::format("{:.0f}%", sample.cpu_busy * 100),
						fmt::format("{:.2f}", sample.load),
						fmt::format("{:.1f}ms", sample.delay_ms),
						fmt::format("{:.0f}MiB of {:.0f}MiB",
							    static_cast<double>(sample.memory_available) / mib,
							    static_cast<double>(sample.memory_total) / mib)};
		const auto rows = std::max({sample.volumes.size(), sample.responses.size(), std::size_t{1}});

		// One row per volume and application; a node without any still has its own figures.
		for (std::size_t i = 0; i < rows; i++) {
			if (i < sample.volumes.size()) {
				const auto &v = sample.volumes[i];
				row.insert(row.end(), {printable(v.device), std::to_string(v.reads), time_of(v.read_ms),
						       std::to_string(v.writes), time_of(v.write_ms)});
			}
			row.resize(node_cells + volume_cells);
			if (i < sample.responses.size()) {
				const auto &r = sample.responses[i];
				row.insert(row.end(), {printable(r.application), r.ms ? time_of(r.ms) : "no answer"});
			}
			table.add(std::move(row));
			row.assign(node_cells, "");
		}
	}
	return table.empty() ? "no sample has been taken yet\n" : table.text();
}

json statistics_json(const std::vector<statistics::Sample> &samples)
{
	json document = Context::envelope("statistics");

	document["samples"] = samples_json(samples);
	return document;
}

std::string statistics_of_nodes_text(const std::vector<Measured> &measured, const std::vector<std::string> &silent)
{
	std::string text;

	for (const Measured &m : measured)
		text += (text.empty() ? "node " : "\nnode ") + m.node + ":\n" + statistics_text(m.samples);
	for (const std::string &why : silent)
		text += "! not told: " + printable(why) + "\n";
	return text;
}

json statistics_of_nodes_json(const std::vector<Measured> &measured, const std::vector<std::string> &silent)
{
	json document = Context::envelope("statistics");

	document["nodes"] = json::array();
	for (const Measured &m : measured)
		document["nodes"].push_back({{"node", m.node}, {"samples", samples_json(m.samples)}});
	document["silent"] = silent;
	return document;
}

void add_statistics(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("statistics", "processor, memory, volumes and answers of applications over time");
	auto options = std::make_shared<StatisticsOptions>();

	command->add_option("-n,--count", options->count, "samples, the newest")->capture_default_str();
	command->add_option("--state-dir", options->state_dir, "directory of the daemon's state")
		->capture_default_str();
	auto *nodes = command->add_option("node", options->nodes, "what these nodes measured, by name or number");
	command->add_flag("-a,--all", options->all, "what all nodes measured")->excludes(nodes);
	command->callback([&context, options] {
		context.chosen = [&context, options] {
			return options->all || !options->nodes.empty() ? show_nodes(context, *options) : show(context, *options);
		};
	});
}

} // namespace knell::cli
