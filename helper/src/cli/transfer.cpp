// SPDX-License-Identifier: GPL-2.0
// Orders go to the nodes that let go; what becomes of them is read from the kernel's events.
#include "cli/transfer.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/follow.hpp"
#include "cli/steps.hpp"
#include "cli/switchover.hpp"
#include "cli/text.hpp"
#include "model/names.hpp"
#include "model/order.hpp"

namespace knell::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// For a node's status to follow its applications.
constexpr std::chrono::seconds status_patience{5};

/// One run of a command.
struct Task {
	const char *command;
	Snapshot s;
	Transfer transfer;
};

/// Is the node that is to be STANDBY what it is to be?
bool stands_by(const Transfer &transfer, const netlink::NodeRecord &node)
{
	return node.id == transfer.standby && node.status == KNELL_STATUS_STANDBY;
}

int simulate(Context &context, netlink::Client &client, const Task &task)
{
	auto cluster = stored_cluster(client);
	json document = Context::envelope(task.command);
	const auto &moves = task.transfer.moves;

	if (!cluster)
		return context.fail(task.command, cluster.error());
	document["simulate"] = true;
	document["moves"] = moves_json(task.s, moves);
	if (moves.empty() && !context.json)
		context.out << task.transfer.nothing << "\n";
	for (std::size_t i = 0; i < moves.size(); i++) {
		const Move &move = moves[i];
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
	const Status can = possible(task.s, moves);

	if (context.json) {
		document["possible"] = can.ok();
		context.print(document);
	} else if (!can) {
		context.out << "not possible now: " << can.error().text() << "\n";
	}
	return can ? exit_ok : exit_failed;
}

/// How a run ended; `trouble` is empty if all is as ordered.
int finish(Context &context, const Task &task, const Switchover &progress, Clock::duration elapsed,
	   const std::string &trouble)
{
	const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed);
	const auto &moves = task.transfer.moves;

	if (context.json) {
		static constexpr const char *words[] = {"pending", "elsewhere", "not_there", "failed"};
		json document = Context::envelope(task.command);

		document["simulate"] = false;
		document["moves"] = moves_json(task.s, moves);
		for (std::size_t i = 0; i < moves.size(); i++)
			document["moves"][i]["outcome"] =
				words[static_cast<int>(progress.outcome(moves[i].app.id))];
		document["ok"] = trouble.empty();
		document["elapsed_ms"] = ms.count();
		context.print(document);
	} else if (trouble.empty()) {
		context.out << (moves.empty() ? task.transfer.nothing : "done in " + duration(elapsed)) << "\n";
	}
	if (trouble.empty())
		return exit_ok;
	std::string names;

	for (const std::string &name : progress.pending())
		names += (names.empty() ? "" : ", ") + name;
	context.err << "knellctl: not everything is as ordered: " << trouble
		    << (names.empty() ? "" : "; still under way: " + names) << "\n"
		    << "  look at knellctl status and at the journal of knelld on the nodes\n";
	return exit_failed;
}

int carry_out(Context &context, netlink::Client &client, Follow &follow, const Task &task)
{
	const auto &moves = task.transfer.moves;
	Switchover progress(moves);
	const auto begin = Clock::now();
	const auto &c = task.s.cluster;
	Clock::duration limit = moves.empty() ? Clock::duration(status_patience) :
						std::chrono::milliseconds(c.release_deadline) + status_patience;
	const auto *own = find_node(task.s, task.transfer.standby);
	bool stood = !task.transfer.standby || (own && moves.empty() && stands_by(task.transfer, *own));
	auto tell = [&](const netlink::AppRecord &record) {
		const std::string line = progress.feed(task.s, record);

		if (!line.empty() && !context.json)
			context.out << line << std::endl;
	};
	auto see = [&](const netlink::NodeRecord &record) {
		if (record.id == task.transfer.standby)
			stood = stands_by(task.transfer, record);
	};

	for (const Move &move : moves) {
		limit = std::max<Clock::duration>(
			limit, std::chrono::milliseconds(c.release_deadline +
							 c.takeover_deadline * move.app.candidates.size()) +
				       status_patience);
		auto sent = client.order({move.from, KNELL_ORDER_RELEASE, move.app.id, move.to, 0});

		if (!sent)
			return context.fail(task.command, sent.error());
	}
	while (!progress.over() || (progress.ok() && !stood)) {
		auto batch = follow.wait(begin + limit);

		if (!batch)
			return context.fail(task.command, batch.error());
		for (const auto &event : batch->events) {
			if (event.app)
				tell(*event.app);
			if (event.node)
				see(*event.node);
		}
		if (batch->lost) {
			auto apps = client.applications();
			auto nodes = client.nodes();

			if (!apps || !nodes)
				return context.fail(task.command, apps ? nodes.error() : apps.error());
			for (const auto &app : *apps)
				tell(app);
			for (const auto &node : *nodes)
				see(node);
		}
		if (batch->interrupted)
			return finish(context, task, progress, Clock::now() - begin,
				      "interrupted; the order stands");
		if (batch->late)
			return finish(context, task, progress, Clock::now() - begin,
				      progress.over() ? "node " + node_name(task.s, task.transfer.standby) +
								" is not standby" :
							"the deadline has passed");
	}
	return finish(context, task, progress, Clock::now() - begin,
		      progress.ok() ? "" : "it failed, went back or is elsewhere than asked");
}

} // namespace

int transfer(Context &context, const char *command, bool only_simulate,
	     const std::function<Result<Transfer>(const Snapshot &s)> &wanted)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail(command, client.error());
	auto follow = Follow::open(); // before the snapshot, so that nothing is missed

	if (!follow)
		return context.fail(command, follow.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail(command, s.error());
	auto asked = wanted(*s);

	if (!asked)
		return context.fail(command, asked.error());
	const Task task{command, std::move(*s), std::move(*asked)};

	if (only_simulate)
		return simulate(context, *client, task);
	if (auto can = possible(task.s, task.transfer.moves); !can && !task.transfer.moves.empty())
		return context.fail(command, can.error());
	return carry_out(context, *client, *follow, task);
}

void add_simulate(CLI::App &command, bool &simulate)
{
	command.add_flag("--simulate", simulate, "only print what would be done");
}

} // namespace knell::cli
