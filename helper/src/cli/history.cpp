// SPDX-License-Identifier: GPL-2.0
// Reads the daemon's database beside the daemon, or asks all daemons; changes nothing.
#include "cli/history.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/status.hpp"
#include "cli/text.hpp"
#include "model/names.hpp"
#include "talk/history.hpp"

namespace knell::cli {
namespace {

struct HistoryOptions {
	std::size_t count = 50;
	std::string state_dir = "/var/lib/knell";
	bool all = false;
};

std::string or_absent(const std::string &text)
{
	return text.empty() ? std::string(absent) : printable(text);
}

json or_null(const std::string &text)
{
	return text.empty() ? json(nullptr) : json(text);
}

/// Every node's own memory, put together.
int history_of_all(Context &context, const HistoryOptions &options)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("history", client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail("history", s.error());
	auto console = Console::open();

	if (!console)
		return context.fail("history", console.error());
	std::vector<std::uint16_t> asked;
	std::vector<Memory> memories;
	std::vector<std::string> silent;

	for (const auto &node : s->nodes) {
		if (askable(node))
			asked.push_back(node.id);
		else
			silent.push_back("node " + node.name + " is " + std::string(model::status_name(node.status)));
	}
	const auto told = (*console)->asker.pull(asked, talk::What::history,
						 static_cast<std::uint32_t>(options.count));

	for (std::size_t i = 0; i < asked.size(); i++) {
		auto entries = told[i] ? talk::read_history(*told[i]) :
					 Result<std::vector<mib::HistoryEntry>>(told[i].error());

		if (entries)
			memories.push_back({node_name(*s, asked[i]), std::move(*entries)});
		else
			silent.push_back(entries.error().text());
	}
	if (context.json)
		context.print(history_all_json(memories, silent));
	else
		context.out << history_all_text(memories, silent);
	return silent.empty() ? exit_ok : exit_failed;
}

int history(Context &context, const HistoryOptions &options)
{
	auto store = mib::Store::open_read_only(options.state_dir);

	if (!store)
		return context.fail("history", store.error());
	auto entries = store->history(options.count);

	if (!entries)
		return context.fail("history", entries.error());
	if (context.json)
		context.print(history_json(*entries));
	else
		context.out << history_text(*entries);
	return exit_ok;
}

} // namespace

namespace {

struct Line {
	std::string_view node;
	const mib::HistoryEntry *entry;
};

/// By time; what one node says of one time stays in its order.
std::vector<Line> merged(const std::vector<Memory> &memories)
{
	std::vector<Line> lines;

	for (const Memory &memory : memories)
		for (const auto &entry : memory.entries)
			lines.push_back({memory.node, &entry});
	std::ranges::stable_sort(lines, {}, [](const Line &line) { return line.entry->time_ns; });
	return lines;
}

json entry_json(const mib::HistoryEntry &entry)
{
	return {{"time", stamp_json(entry.time_ns)},
		{"what", entry.what},
		{"before", or_null(entry.old_value)},
		{"after", or_null(entry.new_value)},
		{"reason", or_null(entry.reason)}};
}

} // namespace

std::string history_all_text(const std::vector<Memory> &memories, const std::vector<std::string> &silent)
{
	Table table({"TIME", "TOLD BY", "WHAT", "BEFORE", "AFTER", "REASON"});
	std::string text;

	for (const Line &line : merged(memories))
		table.add({time_local(line.entry->time_ns), std::string(line.node), or_absent(line.entry->what),
			   or_absent(line.entry->old_value), or_absent(line.entry->new_value),
			   or_absent(line.entry->reason)});
	text = table.empty() ? "nothing has happened yet\n" : table.text();
	for (const std::string &why : silent)
		text += "! not told: " + printable(why) + "\n";
	return text;
}

json history_all_json(const std::vector<Memory> &memories, const std::vector<std::string> &silent)
{
	json document = Context::envelope("history");

	document["entries"] = json::array();
	for (const Line &line : merged(memories)) {
		document["entries"].push_back(entry_json(*line.entry));
		document["entries"].back()["node"] = line.node;
	}
	document["silent"] = silent;
	return document;
}

std::string history_text(const std::vector<mib::HistoryEntry> &entries)
{
	Table table({"TIME", "WHAT", "BEFORE", "AFTER", "REASON"});

	for (const auto &entry : entries)
		table.add({time_local(entry.time_ns), or_absent(entry.what),
			   or_absent(entry.old_value), or_absent(entry.new_value),
			   or_absent(entry.reason)});
	return table.empty() ? "nothing has happened yet\n" : table.text();
}

json history_json(const std::vector<mib::HistoryEntry> &entries)
{
	json document = Context::envelope("history");

	document["entries"] = json::array();
	for (const auto &entry : entries)
		document["entries"].push_back(entry_json(entry));
	return document;
}

void add_history(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("history", "what happened, as this node remembers it");
	auto options = std::make_shared<HistoryOptions>();

	command->add_option("-n,--count", options->count, "entries, the newest")->capture_default_str();
	command->add_option("--state-dir", options->state_dir, "directory of the daemon's state")
		->capture_default_str();
	command->add_flag("-a,--all", options->all, "as all nodes remember it");
	command->callback([&context, options] {
		context.chosen = [&context, options] {
			return options->all ? history_of_all(context, *options) : history(context, *options);
		};
	});
}

} // namespace knell::cli
