// SPDX-License-Identifier: GPL-2.0
// knellctl failover: a planned switch, ordered, followed and judged.
#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/follow.hpp"
#include "cli/moves.hpp"
#include "cli/steps.hpp"
#include "cli/switchover.hpp"
#include "cli/text.hpp"
#include "model/order.hpp"

namespace knell::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct FailoverOptions {
	std::string node;
	std::string to;
	std::string app;
	bool simulate = false;
};

struct Task {
	Snapshot s;
	netlink::NodeRecord node;
	std::uint16_t to = 0;
	std::vector<Move> moves;
};

Result<Task> prepare(netlink::Client &client, const FailoverOptions &options)
{
	auto s = take_snapshot(client);

	if (!s)
		return s.error();
	auto node = require_node(*s, options.node);

	if (!node)
		return node.error();
	Task task{std::move(*s), std::move(*node), 0, {}};
	std::uint16_t only = 0;

	if (!options.to.empty()) {
		auto to = require_node(task.s, options.to);

		if (!to)
			return to.error();
		if (to->id == task.node.id)
			return Error{"node " + to->name + " would take over from itself", "",
				     "name another node with --to"};
		task.to = to->id;
	}
	if (!options.app.empty()) {
		auto app = require_app(task.s, options.app);

		if (!app)
			return app.error();
		if (app->owner != task.node.id)
			return Error{"application " + app->name + " is not served by node " +
					     task.node.name,
				     "its node is " + node_name(task.s, app->owner),
				     "look at knellctl status"};
		only = app->id;
	}
	task.moves = predict_moves(task.s, task.node.id, only, task.to);
	return task;
}

/// Everything that makes the order pointless, before it is sent.
Status check(const Task &task)
{
	if (!healthy(task.node))
		return Error{"node " + task.node.name + " is not up", "",
			     "the others take over from it without an order"};
	if (task.s.cluster.maintenance)
		return Error{"maintenance is on, nobody would take over", "",
			     "knellctl maintenance off"};
	for (const Move &move : task.moves) {
		if (move.app.state != KNELL_APP_RUNNING)
			return Error{"application " + move.app.name + " is not running yet or any more",
				     "", "wait until it is: knellctl status --watch"};
		if (move.to == KNELL_NODE_NONE || (task.to && move.to != task.to)) {
			std::string why;

			for (const std::string &skipped : move.skipped)
				why += (why.empty() ? "" : ", ") + skipped;
			return Error{(task.to ? "node " + node_name(task.s, task.to) + " cannot" :
						"no other node can") +
					     " take application " + move.app.name,
				     why.empty() ? "it is not in the standby order" : why,
				     "look at knellctl status; the standby order is in the cluster file"};
		}
	}
	return {};
}

int simulate(Context &context, netlink::Client &client, const Task &task)
{
	auto cluster = stored_cluster(client);
	json document = Context::envelope("failover");

	if (!cluster)
		return context.fail("failover", cluster.error());
	document["simulate"] = true;
	document["moves"] = moves_json(task.s, task.moves);
	if (task.moves.empty() && !context.json)
		context.out << "node " << task.node.name << " serves nothing\n";
	for (std::size_t i = 0; i < task.moves.size(); i++) {
		const Move &move = task.moves[i];
		const auto *app = model::find_app(*cluster, move.app.id);
		const auto *to = model::find_node(*cluster, move.to);
		std::vector<std::string> steps;

		if (const auto *record = find_node(task.s, move.to); app && to && record)
			steps = take_steps(*cluster, *to, *app, record->epoch);
		document["moves"][i]["steps"] = steps;
		if (context.json)
			continue;
		context.out << moves_text(task.s, {move});
		for (const std::string &step : steps)
			context.out << "  " << node_name(task.s, move.to) << ": " << step << "\n";
	}
	const Status possible = check(task);

	if (context.json) {
		document["possible"] = possible.ok();
		context.print(document);
	} else if (!possible) {
		context.out << "not possible now: " << possible.error().text() << "\n";
	}
	return possible ? exit_ok : exit_failed;
}

int finish(Context &context, const Task &task, const Switchover &progress, Clock::duration elapsed,
	   const char *trouble)
{
	const bool ok = progress.ok();
	const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed);

	if (context.json) {
		static constexpr const char *words[] = {"pending", "elsewhere", "not_there", "failed"};
		json document = Context::envelope("failover");

		document["simulate"] = false;
		document["moves"] = moves_json(task.s, task.moves);
		for (std::size_t i = 0; i < task.moves.size(); i++)
			document["moves"][i]["outcome"] =
				words[static_cast<int>(progress.outcome(task.moves[i].app.id))];
		document["ok"] = ok;
		document["elapsed_ms"] = ms.count();
		context.print(document);
	} else if (ok) {
		context.out << "done in " << duration(elapsed) << "\n";
	}
	if (ok)
		return exit_ok;
	std::string names;

	for (const std::string &name : progress.pending())
		names += (names.empty() ? "" : ", ") + name;
	context.err << "knellctl: not every application is served as ordered: " << trouble
		    << (names.empty() ? "" : "; still under way: " + names) << "\n"
		    << "  look at knellctl status and at the journal of knelld on the nodes\n";
	return exit_failed;
}

int carry_out(Context &context, netlink::Client &client, Follow &follow, const Task &task)
{
	Switchover progress(task.moves, task.to);
	const auto begin = Clock::now();
	const auto &c = task.s.cluster;
	auto limit = std::chrono::milliseconds(c.release_deadline + 5000);
	auto tell = [&](const netlink::AppRecord &record) {
		const std::string line = progress.feed(task.s, record);

		if (!line.empty() && !context.json)
			context.out << line << std::endl;
	};

	for (const Move &move : task.moves) {
		limit = std::max(limit, std::chrono::milliseconds(
						c.release_deadline + 5000 +
						c.takeover_deadline * move.app.candidates.size()));
		auto sent = client.order({task.node.id, KNELL_ORDER_RELEASE, move.app.id, move.to, 0});

		if (!sent)
			return context.fail("failover", sent.error());
	}
	while (!progress.over()) {
		auto batch = follow.wait(begin + limit);

		if (!batch)
			return context.fail("failover", batch.error());
		for (const auto &event : batch->events)
			if (event.app)
				tell(*event.app);
		if (batch->lost) {
			auto apps = client.applications();

			if (!apps)
				return context.fail("failover", apps.error());
			for (const auto &app : *apps)
				tell(app);
		}
		if (batch->interrupted || batch->late)
			return finish(context, task, progress, Clock::now() - begin,
				      batch->late ? "the deadline has passed" :
						    "interrupted; the order stands");
	}
	return finish(context, task, progress, Clock::now() - begin,
		      "it failed, went back or is elsewhere than asked");
}

int failover(Context &context, const FailoverOptions &options)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("failover", client.error());
	auto follow = Follow::open(); // before the snapshot, so that nothing is missed

	if (!follow)
		return context.fail("failover", follow.error());
	auto task = prepare(*client, options);

	if (!task)
		return context.fail("failover", task.error());
	if (options.simulate)
		return simulate(context, *client, *task);
	if (auto possible = check(*task); !possible)
		return context.fail("failover", possible.error());
	if (task->moves.empty() && !context.json) {
		context.out << "node " << task->node.name << " serves nothing\n";
		return exit_ok;
	}
	return carry_out(context, *client, *follow, *task);
}

} // namespace

void add_failover(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("failover", "move a node's applications to its standby");
	auto options = std::make_shared<FailoverOptions>();

	command->add_option("node", options->node, "name or number of the node that lets go")->required();
	command->add_option("--to", options->to, "node that takes them, instead of the standby order");
	command->add_option("--app", options->app, "only this application");
	command->add_flag("--simulate", options->simulate, "only print what would be done");
	command->callback([&context, options] {
		context.chosen = [&context, options] { return failover(context, *options); };
	});
}

} // namespace knell::cli
