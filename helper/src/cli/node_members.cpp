// SPDX-License-Identifier: GPL-2.0
// knellctl node add and remove: the description in force with one node more or less, given to all.
#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/follow.hpp"
#include "cli/node.hpp"
#include "cli/node_test.hpp"
#include "cli/reach.hpp"
#include "cli/start_of_day.hpp"
#include "cli/text.hpp"
#include "model/members.hpp"
#include "model/names.hpp"
#include "model/order.hpp"
#include "util/version.hpp"

namespace knell::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto join_limit = 60s; // start of the daemon's tests included
constexpr auto leave_limit = 15s; // what is left of talk::StartOfDay::decision_limit

struct AddOptions {
	std::string name;
	std::string role = "server";
	std::string initiator;
	std::uint16_t id = 0;
	std::vector<std::string> addresses;
	std::vector<std::string> standby_of;
	bool no_standby = false;
};

const talk::Stranger *find(const std::vector<talk::Stranger> &strangers, const AddOptions &options)
{
	const auto found = std::ranges::find_if(strangers, [&](const talk::Stranger &stranger) {
		const auto &facts = stranger.facts;
		if (!options.initiator.empty())
			return facts.initiator == options.initiator;
		return facts.name.empty() ? facts.host == options.name : facts.name == options.name;
	});

	return found == strangers.end() ? nullptr : &*found;
}

Error nobody(const AddOptions &options, const std::vector<talk::Stranger> &strangers)
{
	std::string who;

	for (const auto &stranger : strangers)
		who += (who.empty() ? "these do:\n" : "\n") + std::string("  ") + portrait(stranger.facts);
	return {"no machine without a cluster answers as " +
			(options.initiator.empty() ? "host " + options.name : options.initiator),
		who.empty() ? "nor does any other" : who,
		"is knelld running there, with this cluster's secret, a session to a router, and neither a cluster "
		"file nor a description of an earlier life (knelld --forget)? Else name it with --initiator",
		0};
}

/// The node as it is to be described.
Result<model::Node> describe(const model::Cluster &cluster, const AddOptions &options, const talk::Facts &facts)
{
	model::Node node{.name = options.name, .id = options.id, .initiator = facts.initiator, .addresses = options.addresses,
			 .standby = {}};
	const auto role = model::parse_name<model::Role>(options.role);

	if (!role)
		return Error{"there is no role " + options.role, "", "server, router or array"};
	node.role = *role;
	if (!node.addresses.empty())
		return node;
	// Floating addresses come and go; those others have are theirs.
	for (const auto &address : facts.addresses) {
		bool floating = false;
		for (const auto &app : cluster.applications)
			floating |= std::ranges::find(app.addresses, address, &model::FloatingAddress::address) !=
				    app.addresses.end();
		if (!floating)
			node.addresses.push_back(address);
	}
	return node;
}

Result<std::vector<model::NodeId>> standby_of(const model::Cluster &cluster, const AddOptions &options)
{
	std::vector<model::NodeId> ids;

	for (const auto &name : options.standby_of) {
		const auto *node = model::find_node(cluster, name);
		if (!node)
			return Error{"there is no node " + name, "", "knellctl status tells their names"};
		ids.push_back(node->id);
	}
	if (ids.empty() && !options.no_standby && options.role == "server")
		for (const auto &node : cluster.nodes)
			if (node.role == model::Role::server)
				ids.push_back(node.id);
	return ids;
}

int judge(Context &context, const char *command, const talk::DayReport &report)
{
	if (context.json)
		context.print(day_json(command, report));
	else
		context.out << day_text(report);
	return report.end == talk::DayReport::End::confirmed ? exit_ok : exit_failed;
}

/// Until it is STANDBY, or ACTIVE already.
int follow_join(Context &context, netlink::Client &client, Follow &follow, const std::string &name)
{
	const auto end = Clock::now() + join_limit;

	for (;;) {
		auto nodes = client.nodes();
		if (!nodes)
			return context.fail("node add", nodes.error());
		for (const auto &node : *nodes)
			if (node.name == name && healthy(node)) {
				if (!context.json)
					context.out << "node " << name << " is " << model::status_name(node.status) << "\n";
				return exit_ok;
			}
		auto batch = follow.wait(end);
		if (!batch)
			return context.fail("node add", batch.error());
		if (batch->interrupted || batch->late)
			return context.fail("node add", {"node " + name + " is a member, and not standby yet",
							 batch->late ? "its tests have not passed so far" : "interrupted",
							 "knellctl diagnose", 0});
	}
}

int node_add(Context &context, const AddOptions &options)
{
	const char *command = "node add";
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail(command, client.error());
	auto cluster = stored_cluster(*client);

	if (!cluster)
		return context.fail(command, cluster.error());
	auto reach = Reach::open(cluster->secret_file);

	if (!reach)
		return context.fail(command, reach.error());
	const auto strangers = (*reach)->strangers([&](const auto &found) { return find(found, options) != nullptr; });
	const auto *stranger = find(strangers, options);

	if (!stranger)
		return context.fail(command, nobody(options, strangers));
	context.err << portrait(stranger->facts) << "\n";
	auto node = describe(*cluster, options, stranger->facts);

	if (!node)
		return context.fail(command, node.error());
	auto order = standby_of(*cluster, options);

	if (!order)
		return context.fail(command, order.error());
	auto next = model::with_node(std::move(*cluster), std::move(*node), *order);

	if (!next)
		return context.fail(command, next.error());
	auto follow = Follow::open();

	if (!follow)
		return context.fail(command, follow.error());
	auto tell = [&context](const std::string &step) { context.err << step << "\n"; };
	const auto members = (*reach)->members_of(*next, {*stranger}, [](const std::string &) {});
	talk::StartOfDay day((*reach)->asker(), version, tell, [&reach] { (*reach)->never_stop(); });

	if (const int status = judge(context, command, day.run(std::move(*next), members)); status != exit_ok)
		return status;
	const int status = follow_join(context, *client, *follow, options.name);

	// The rest of the tests: those that need the description in force, as the one for an address in use.
	return status != exit_ok || context.json ? status : test_node(context, options.name);
}

/// Has a node leave, and waits until it has.
Status dismiss(Reach &reach, Follow &follow, const netlink::NodeRecord &node)
{
	const auto end = Clock::now() + leave_limit;
	const auto answers = reach.asker().ask({{node.id, talk::Method::leave, {}}});

	if (!answers[0])
		return answers[0].error();
	for (;;) {
		auto nodes = reach.kernel().nodes();
		if (!nodes)
			return nodes.error();
		for (const auto &record : *nodes)
			if (record.id == node.id && record.status >= KNELL_STATUS_LEFT)
				return {};
		auto batch = follow.wait(end);
		if (!batch)
			return batch.error();
		if (batch->interrupted || batch->late)
			return Error{"node " + node.name + " has not left", batch->late ? "it took too long" : "interrupted",
				     "start knelld on it again, or try again", 0};
	}
}

/// What stands against taking a node out, before anything is asked.
Status removable(const Snapshot &s, const netlink::NodeRecord &node)
{
	if (node.self)
		return Error{"node " + node.name + " is the one this runs on", "", "remove it from another node"};
	for (const auto &app : s.apps)
		if (app.owner == node.id && app.state != KNELL_APP_ORPHAN && app.state != KNELL_APP_STOPPED)
			return Error{"application " + app.name + " is with node " + node.name, "",
				     askable(node) ? "move it away first: knellctl node standby " + node.name :
						     "wait for its takeover: knellctl status"};
	return {};
}

int node_remove(Context &context, const std::string &name)
{
	const char *command = "node remove";
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail(command, client.error());
	auto cluster = stored_cluster(*client);

	if (!cluster)
		return context.fail(command, cluster.error());
	auto follow = Follow::open(); // before the tables are read, so that nothing is missed

	if (!follow)
		return context.fail(command, follow.error());
	auto reach = Reach::open(cluster->secret_file);

	if (!reach)
		return context.fail(command, reach.error());
	auto node = require_node(*(*reach)->snapshot(), name);

	if (!node)
		return context.fail(command, node.error());
	if (auto may = removable(*(*reach)->snapshot(), *node); !may)
		return context.fail(command, may.error());
	auto next = model::without_node(std::move(*cluster), node->id);

	if (!next)
		return context.fail(command, next.error());
	talk::StartOfDay day(
		(*reach)->asker(), version, [&context](const std::string &step) { context.err << step << "\n"; },
		[&reach] { (*reach)->never_stop(); });

	if (askable(*node))
		day.dismiss(node->id, [&] { return dismiss(**reach, *follow, *node); });
	const int status = judge(context, command, day.run(std::move(*next), (*reach)->members()));

	if (status == exit_ok && !context.json)
		context.out << "node " << node->name << " is no member any more; there: systemctl disable --now knelld\n";
	return status;
}

} // namespace

void add_node_add(CLI::App &group, Context &context)
{
	auto *command = group.add_subcommand("add", "take a machine without a cluster in, as a standby");
	auto options = std::make_shared<AddOptions>();

	command->add_option("node", options->name, "its name from now on; its host name if no --initiator is given")->required();
	command->add_option("--initiator", options->initiator, "the machine with this iSCSI initiator name");
	command->add_option("--id", options->id, "its number; else the lowest that is free")
		->check(CLI::Range(1, KNELL_NODE_MAX));
	command->add_option("--role", options->role, "server, router or array")->capture_default_str();
	command->add_option("--address", options->addresses, "where certificates reach it; else what it has");
	auto *order = command->add_option("--standby-of", options->standby_of,
					  "last in the standby order of these nodes; else of all servers");
	command->add_flag("--no-standby", options->no_standby, "in nobody's standby order")->excludes(order);
	command->callback([&context, options] {
		context.chosen = [&context, options] { return node_add(context, *options); };
	});
}

void add_node_remove(CLI::App &group, Context &context)
{
	auto *command = group.add_subcommand("remove", "take a node out of the cluster, be it up or dead");
	auto name = std::make_shared<std::string>();

	command->add_option("node", *name, "name or number")->required();
	command->callback([&context, name] {
		context.chosen = [&context, name] { return node_remove(context, *name); };
	});
}

} // namespace knell::cli
