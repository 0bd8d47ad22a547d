// SPDX-License-Identifier: GPL-2.0
// Reads the daemon's samples beside the daemon; changes nothing.
#include "cli/statistics.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/status.hpp"
#include "cli/text.hpp"
#include "statistics/history.hpp"

namespace knell::cli {
namespace {

struct StatisticsOptions {
	std::size_t count = 20;
	std::string state_dir = "/var/lib/knell";
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

} // namespace

std::string statistics_text(const std::vector<statistics::Sample> &samples)
{
	Table table({"TIME", "CPU", "LOAD", "DELAY", "MEMORY FREE", "VOLUME", "READS", "READ TIME", "WRITES",
		     "WRITE TIME"});

	for (const auto &sample : samples) {
		std::vector<std::string> row = {time_local(sample.time_ns), fmt::format("{:.0f}%", sample.cpu_busy * 100),
						fmt::format("{:.2f}", sample.load),
						fmt::format("{:.1f}ms", sample.delay_ms),
						fmt::format("{:.0f}MiB of {:.0f}MiB",
							    static_cast<double>(sample.memory_available) / mib,
							    static_cast<double>(sample.memory_total) / mib)};

		// One row per volume; a node without any still has its own figures.
		if (sample.volumes.empty()) {
			table.add(std::move(row));
			continue;
		}
		for (const auto &v : sample.volumes) {
			row.insert(row.end(), {printable(v.device), std::to_string(v.reads), time_of(v.read_ms),
					       std::to_string(v.writes), time_of(v.write_ms)});
			table.add(std::move(row));
			row.assign(5, "");
		}
	}
	return table.empty() ? "no sample has been taken yet\n" : table.text();
}

json statistics_json(const std::vector<statistics::Sample> &samples)
{
	json document = Context::envelope("statistics");

	document["samples"] = json::array();
	for (const auto &sample : samples) {
		json volumes = json::array();

		for (const auto &v : sample.volumes)
			volumes.push_back({{"device", v.device},
					   {"reads", v.reads},
					   {"read_ms", or_null(v.read_ms)},
					   {"writes", v.writes},
					   {"write_ms", or_null(v.write_ms)}});
		document["samples"].push_back({{"time", stamp_json(sample.time_ns)},
					       {"cpu_busy", sample.cpu_busy},
					       {"load", sample.load},
					       {"delay_ms", sample.delay_ms},
					       {"memory_total", sample.memory_total},
					       {"memory_available", sample.memory_available},
					       {"volumes", std::move(volumes)}});
	}
	return document;
}

void add_statistics(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("statistics", "processor, memory and volumes of this node over time");
	auto options = std::make_shared<StatisticsOptions>();

	command->add_option("-n,--count", options->count, "samples, the newest")->capture_default_str();
	command->add_option("--state-dir", options->state_dir, "directory of the daemon's state")
		->capture_default_str();
	command->callback([&context, options] {
		context.chosen = [&context, options] { return show(context, *options); };
	});
}

} // namespace knell::cli
