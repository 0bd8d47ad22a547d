// SPDX-License-Identifier: GPL-2.0
// Reads the daemon's database beside the daemon; changes nothing.
#include "cli/history.hpp"

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/status.hpp"
#include "cli/text.hpp"

namespace knell::cli {
namespace {

struct HistoryOptions {
	std::size_t count = 50;
	std::string state_dir = "/var/lib/knell";
};

std::string or_absent(const std::string &text)
{
	return text.empty() ? std::string(absent) : printable(text);
}

json or_null(const std::string &text)
{
	return text.empty() ? json(nullptr) : json(text);
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
		document["entries"].push_back({{"time", stamp_json(entry.time_ns)},
					       {"what", entry.what},
					       {"before", or_null(entry.old_value)},
					       {"after", or_null(entry.new_value)},
					       {"reason", or_null(entry.reason)}});
	return document;
}

void add_history(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("history", "what happened, as this node remembers it");
	auto options = std::make_shared<HistoryOptions>();

	command->add_option("-n,--count", options->count, "entries, the newest")->capture_default_str();
	command->add_option("--state-dir", options->state_dir, "directory of the daemon's state")
		->capture_default_str();
	command->callback([&context, options] {
		context.chosen = [&context, options] { return history(context, *options); };
	});
}

} // namespace knell::cli
