// SPDX-License-Identifier: GPL-2.0
// Formats the health checks; fails if one of them says no.
#include "cli/health.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/text.hpp"
#include "model/names.hpp"

namespace knell::cli {
namespace {

bool well(const Snapshot &s)
{
	return std::ranges::none_of(s.checks, [](const auto &check) {
		return check.answer == KNELL_ANSWER_NO;
	});
}

int health(Context &context)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("health", client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail("health", s.error());
	if (context.json)
		context.print(health_json(*s));
	else
		context.out << health_text(*s);
	return well(*s) ? exit_ok : exit_failed;
}

} // namespace

json check_json(const netlink::CheckInfo &check)
{
	return {
		{"name", check.name},
		{"answer", model::answer_name(check.answer)},
		{"reason", model::reason_name(check.reason)},
		{"runs", check.runs},
		{"missed", check.missed},
		{"limit", check.limit ? json(check.limit) : json(nullptr)},
		{"detail", check.detail.empty() ? json(nullptr) : json(check.detail)},
	};
}

json health_json(const Snapshot &s)
{
	json document = Context::envelope("health");

	document["answer"] = well(s) ? "ok" : "no";
	document["checks"] = json::array();
	for (const auto &check : s.checks)
		document["checks"].push_back(check_json(check));
	return document;
}

std::string health_text(const Snapshot &s)
{
	Table table({"CHECK", "ANSWER", "RUNS", "MISSED", "LIMIT", "DETAIL"});

	for (const auto &check : s.checks)
		table.add({check.name, std::string(model::answer_name(check.answer)),
			   std::to_string(check.runs), std::to_string(check.missed),
			   check.limit ? std::to_string(check.limit) : std::string(absent),
			   check.detail.empty() ? std::string(absent) : printable(check.detail)});
	return table.text();
}

void add_health(CLI::App &app, Context &context)
{
	app.add_subcommand("health", "health checks of this node; fails if one says no")
		->callback([&context] { context.chosen = [&context] { return health(context); }; });
}

} // namespace knell::cli
