// SPDX-License-Identifier: GPL-2.0
// Validates, tells what each node would do, and on a node of the cluster what is missing there.
#include "cli/check.hpp"

#include <fstream>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "alert/deliver.hpp"
#include "cli/chap.hpp"
#include "cli/commands.hpp"
#include "cli/snapshot.hpp"
#include "cli/steps.hpp"
#include "cli/text.hpp"
#include "config/trust.hpp"
#include "model/diff.hpp"
#include "model/document.hpp"
#include "model/names.hpp"
#include "model/order.hpp"

namespace knell::cli {
namespace {

/// The node of the cluster on which this runs: by iSCSI initiator name, else by
/// host name; null if it is none.
const model::Node *this_node(const model::Cluster &cluster)
{
	std::ifstream in("/etc/iscsi/initiatorname.iscsi");
	char host[256] = "";

	for (std::string line; std::getline(in, line);)
		if (line.starts_with("InitiatorName="))
			for (const model::Node &node : cluster.nodes)
				if (!node.initiator.empty() && line.substr(14) == node.initiator)
					return &node;
	if (gethostname(host, sizeof(host) - 1) != 0)
		return nullptr;
	return model::find_node(cluster, std::string_view(host));
}

/// What this machine lacks.
std::vector<std::string> test_this(const std::string &file, const model::Cluster &cluster, const model::Node &node)
{
	std::vector<std::string> list;

	if (auto good = config::trusted(file); !good)
		list.push_back(good.error().within("knelld refuses it").text());
	for (const Error &error : open_chap_files("/etc"))
		list.push_back(error.text());
	if (auto secret = config::load_secret(cluster.secret_file); !secret)
		list.push_back(secret.error().text());
	for (const model::AlertTarget &target : cluster.watching.alerts)
		if (auto good = alert::inspect(target); !good)
			list.push_back(good.error().text());
	for (const model::Application &app : cluster.applications)
		for (model::NodeId id : model::candidates(cluster, app))
			if (id == node.id)
				for (const Error &error : test_here(cluster, node, app))
					list.push_back(app.name + ": " + error.text());
	return list;
}

/// What installing the file would change, if a cluster is installed here.
std::vector<std::string> changes(const model::Cluster &cluster)
{
	auto client = netlink::Client::connect();

	if (!client)
		return {};
	auto stored = stored_cluster(*client);

	if (!stored)
		return {};
	return model::describe(model::diff(*stored, cluster), *stored, cluster);
}

int check(Context &context, const std::string &file)
{
	const config::Inspection inspection = config::inspect(file);
	std::vector<std::string> here;

	if (!inspection.ok()) {
		if (context.json)
			context.print(check_report_json(inspection, {}, {}));
		else
			for (const auto &problem : inspection.problems)
				context.err << config::format(file, problem) << "\n";
		return exit_failed;
	}
	const model::Cluster &cluster = inspection.cluster;
	const std::vector<Duty> list = duties(cluster);
	const model::Node *self = this_node(cluster);

	if (self)
		here = test_this(file, cluster, *self);
	if (context.json) {
		json report = check_report_json(inspection, list, here);

		report["self"] = self ? json(self->name) : json(nullptr);
		report["changes"] = changes(cluster);
		context.print(report);
		return here.empty() ? exit_ok : exit_failed;
	}
	context.out << duties_text(cluster, list);
	if (const auto lines = changes(cluster); !lines.empty()) {
		context.out << "\ninstalling it would\n";
		for (const std::string &line : lines)
			context.out << "  " << line << "\n";
	}
	if (!self) {
		context.out << "\n" << file << ": good; this machine is no node of it, devices and "
			    << "programs were not looked at\n";
		return exit_ok;
	}
	for (const std::string &line : here)
		context.err << "here, on node " << self->name << ": " << line << "\n";
	context.out << "\n" << file << ": good"
		    << (here.empty() ? ", and node " + self->name + " has all it needs\n" :
				       ", but node " + self->name + " lacks something\n");
	return here.empty() ? exit_ok : exit_failed;
}

} // namespace

std::vector<Duty> duties(const model::Cluster &cluster)
{
	std::vector<Duty> list;

	for (const model::Application &app : cluster.applications) {
		std::size_t rank = 0;

		for (model::NodeId id : model::candidates(cluster, app))
			if (const model::Node *node = model::find_node(cluster, id))
				list.push_back({node->name, app.name, rank++,
						take_steps(cluster, *node, app, 0)});
	}
	return list;
}

std::string duties_text(const model::Cluster &cluster, const std::vector<Duty> &list)
{
	const auto digest = model::sha256(model::serialize(cluster));
	std::string text = fmt::format("cluster {} (0x{:08x}), generation {}, hash {}\n", cluster.name,
				       cluster.id, cluster.generation,
				       digest ? hex32(model::short_hash(*digest)) : "-");

	for (const model::Node &node : cluster.nodes) {
		text += fmt::format("\nnode {} ({})\n", node.name, model::name(node.role));
		if (model::fabric_role(cluster, node) != model::Role::server)
			text += "  relays notices, grants takeovers\n";
		for (const Duty &duty : list) {
			if (duty.node != node.name)
				continue;
			text += duty.rank == 0 ? "  serves " + duty.app + "\n" :
						 "  takes over " + duty.app + ", place " +
							 std::to_string(duty.rank) + " in the standby order\n";
			if (duty.rank == 0)
				for (const std::string &step : duty.steps)
					text += "    " + step + "\n";
		}
	}
	return text;
}

json check_report_json(const config::Inspection &inspection, const std::vector<Duty> &list,
		       const std::vector<std::string> &here)
{
	json document = Context::envelope("check");

	document["file"] = inspection.file;
	document["ok"] = inspection.ok() && here.empty();
	document["problems"] = json::array();
	for (const auto &p : inspection.problems)
		document["problems"].push_back({{"line", p.line ? json(p.line) : json(nullptr)},
						{"column", p.column ? json(p.column) : json(nullptr)},
						{"what", p.what},
						{"hint", p.hint}});
	document["missing_here"] = here;
	document["duties"] = json::array();
	for (const Duty &duty : list)
		document["duties"].push_back({{"node", duty.node},
					      {"application", duty.app},
					      {"rank", duty.rank},
					      {"steps", duty.steps}});
	return document;
}

void add_check(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("check", "is a cluster file right, and what would be done");
	auto file = std::make_shared<std::string>();

	command->add_option("file", *file, "the cluster file")->required();
	command->callback([&context, file] {
		context.chosen = [&context, file] { return check(context, *file); };
	});
}

} // namespace knell::cli
