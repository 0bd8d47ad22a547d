// SPDX-License-Identifier: GPL-2.0
// Reads the file, asks and tells; the steps are in talk/start_of_day.cpp.
#include "cli/start_of_day.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/reach.hpp"
#include "cli/text.hpp"
#include "config/config.hpp"
#include "model/names.hpp"
#include "util/version.hpp"

namespace knell::cli {
namespace {

constexpr const char *command_name = "start-of-day";

int start_of_day(Context &context, const std::string &file)
{
	auto cluster = config::load(file);

	if (!cluster)
		return context.fail(command_name, cluster.error());
	auto reach = Reach::open(cluster->secret_file);

	if (!reach)
		return context.fail(command_name, reach.error());
	auto tell = [&context](const std::string &step) { context.err << step << "\n"; };
	const auto strangers =
		(*reach)->strangers([&](const auto &found) { return (*reach)->all_there(*cluster, found); });
	const auto members = (*reach)->members_of(*cluster, strangers, tell);
	talk::StartOfDay day((*reach)->asker(), version, tell, [&reach] { (*reach)->never_stop(); });
	const auto report = day.run(std::move(*cluster), members);

	if (context.json)
		context.print(day_json(command_name, report));
	else
		context.out << day_text(report);
	return report.end == talk::DayReport::End::confirmed ? exit_ok : exit_failed;
}

const char *word(talk::DayReport::End end)
{
	switch (end) {
	case talk::DayReport::End::confirmed: return "confirmed";
	case talk::DayReport::End::decided: return "decided";
	default: return "refused";
	}
}

} // namespace

std::string day_text(const talk::DayReport &report)
{
	Table table({"NODE", "ID", "INITIATOR", "ADDRESS", "EPOCH", "KERNEL", "KNELL", "RESULT"});
	std::string text;

	for (const auto &line : report.nodes) {
		const auto &facts = line.facts;
		auto known = [](const std::string &value) { return value.empty() ? std::string("-") : printable(value); };

		table.add({line.name, std::to_string(line.id), known(facts.initiator),
			   known(facts.addresses.empty() ? "" : facts.addresses.front()),
			   facts.epoch ? std::to_string(facts.epoch) : "-", known(facts.kernel), known(facts.version),
			   line.stage});
	}
	text = table.text();
	for (const auto &line : report.nodes) {
		std::string why = line.why;

		for (std::size_t begin = 0; !why.empty() && begin < why.size();) {
			const auto end = std::min(why.find('\n', begin), why.size());

			text += "! " + line.name + ": " + printable(why.substr(begin, end - begin)) + "\n";
			begin = end + 1;
		}
	}
	switch (report.end) {
	case talk::DayReport::End::confirmed:
		return text + fmt::format("\ngeneration {} is in force on every node, SHA-256 {}\n", report.generation,
					  report.sha256);
	case talk::DayReport::End::decided:
		return text + fmt::format("\ngeneration {} is decided; nodes that have not said so take it from the "
					  "others (knellctl mib verify)\n",
					  report.generation);
	default:
		return text + "\nnothing has changed: " + printable(report.why) + "\n";
	}
}

json day_json(const char *command, const talk::DayReport &report)
{
	json document = Context::envelope(command);

	document["end"] = word(report.end);
	document["why"] = report.why.empty() ? json(nullptr) : json(report.why);
	document["generation"] = report.generation ? json(report.generation) : json(nullptr);
	document["sha256"] = report.sha256.empty() ? json(nullptr) : json(report.sha256);
	document["nodes"] = json::array();
	for (const auto &line : report.nodes)
		document["nodes"].push_back({{"node", line.name},
					     {"id", line.id},
					     {"initiator", line.facts.initiator},
					     {"addresses", line.facts.addresses},
					     {"epoch", line.facts.epoch},
					     {"kernel", line.facts.kernel},
					     {"version", line.facts.version},
					     {"good", line.good},
					     {"stage", line.stage},
					     {"why", line.why.empty() ? json(nullptr) : json(line.why)}});
	return document;
}

void add_start_of_day(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand(command_name, "give all nodes a new description, or none");
	auto file = std::make_shared<std::string>();

	command->add_option("file", *file, "the cluster file")->required();
	command->callback([&context, file] {
		context.chosen = [&context, file] { return start_of_day(context, *file); };
	});
}

} // namespace knell::cli
