// SPDX-License-Identifier: GPL-2.0
// Delivers the test by the daemon's own code, but from here: it works while knelld does not.
#include "cli/alert.hpp"

#include <algorithm>
#include <csignal>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/snapshot.hpp"
#include "cli/text.hpp"
#include "config/config.hpp"
#include "config/trust.hpp"

namespace knell::cli {
namespace {

struct AlertOptions {
	std::string target;
	std::string file;
};

/// From a file that is not installed yet, or from the kernel.
Result<model::Cluster> cluster_of(const std::string &file)
{
	if (!file.empty()) {
		if (auto good = config::trusted(file); !good)
			return good.error();
		return config::load(file);
	}
	auto client = netlink::Client::connect();

	if (!client)
		return client.error();
	return stored_cluster(*client);
}

std::string host()
{
	char name[256] = "";

	return gethostname(name, sizeof(name) - 1) == 0 ? name : "this";
}

int test(Context &context, const AlertOptions &options)
{
	auto cluster = cluster_of(options.file);

	if (!cluster)
		return context.fail("alert test", cluster.error());
	std::signal(SIGPIPE, SIG_IGN);
	auto results = test_alerts(*cluster, options.target, {cluster->name, host()}, {});

	if (!results)
		return context.fail("alert test", results.error());
	if (context.json)
		context.print(alert_json(*results));
	else
		context.out << alert_text(*results);
	const bool good = std::ranges::all_of(*results, [](const AlertResult &r) { return r.result.ok(); });

	return good ? exit_ok : exit_failed;
}

} // namespace

Result<std::vector<AlertResult>> test_alerts(const model::Cluster &cluster, const std::string &only,
					     const alert::Origin &origin,
					     const alert::Surroundings &surroundings)
{
	const alert::Alert alert = alert::test_alert(origin);
	std::vector<AlertResult> results;
	std::string known;

	for (const model::AlertTarget &target : cluster.watching.alerts) {
		known += (known.empty() ? "" : ", ") + target.name;
		if (only.empty() || only == target.name)
			results.push_back({target, alert::deliver(target, alert, origin, surroundings)});
	}
	if (!results.empty())
		return results;
	if (known.empty())
		return Error{"the cluster has no alert targets", "",
			     "add a section 'alerts' to the cluster file; see knell-cluster.yaml(5)"};
	return Error{"there is no alert target '" + printable(only) + "'", "", "known are: " + known};
}

std::string alert_text(const std::vector<AlertResult> &results)
{
	Table table({"TARGET", "TO", "TEST"});

	for (const AlertResult &r : results)
		table.add({r.target.name, std::string(model::name(r.target.kind)),
			   r.result ? std::string("sent") : printable(r.result.error().text())});
	return table.text();
}

json alert_json(const std::vector<AlertResult> &results)
{
	json document = Context::envelope("alert test");

	document["targets"] = json::array();
	for (const AlertResult &r : results)
		document["targets"].push_back(
			{{"name", r.target.name},
			 {"to", model::name(r.target.kind)},
			 {"ok", r.result.ok()},
			 {"error", r.result ? json(nullptr) : json(r.result.error().text())}});
	return document;
}

void add_alert(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("alert", "the targets of alerts");
	auto *test_command = command->add_subcommand("test", "send a test and tell whether it got there");
	auto options = std::make_shared<AlertOptions>();

	command->require_subcommand(1);
	test_command->add_option("target", options->target, "name of one target; else all");
	test_command->add_option("--file", options->file, "targets of this cluster file, not of the installed one");
	test_command->callback([&context, options] {
		context.chosen = [&context, options] { return test(context, *options); };
	});
}

} // namespace knell::cli
