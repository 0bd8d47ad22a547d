// SPDX-License-Identifier: GPL-2.0
// Reads the kernel's tables and resolves names.
#include "cli/snapshot.hpp"

#include <algorithm>

#include "cli/text.hpp"
#include "model/document.hpp"
#include "model/names.hpp"
#include "model/order.hpp"
#include "talk/host.hpp"

namespace knell::cli {
namespace {

template <typename T> const T *by_name(const std::vector<T> &items, std::string_view name)
{
	auto it = std::ranges::find_if(items, [name](const T &item) {
		return item.name == name || std::to_string(item.id) == name;
	});

	return it == items.end() ? nullptr : &*it;
}

template <typename T> const T *by_id(const std::vector<T> &items, std::uint16_t id)
{
	auto it = std::ranges::find_if(items, [id](const T &item) { return item.id == id; });

	return it == items.end() ? nullptr : &*it;
}

template <typename T>
Result<T> require(const std::vector<T> &items, std::string_view name, const char *kind)
{
	std::string known;

	if (const T *item = by_name(items, name))
		return *item;
	for (const T &item : items)
		known += (known.empty() ? "" : ", ") + item.name;
	return Error{std::string("there is no ") + kind + " '" + printable(std::string(name)) + "'", "",
		     known.empty() ? std::string("the cluster has none") : "known are: " + known};
}

template <typename T> std::string name_of(const std::vector<T> &items, std::uint16_t id)
{
	const T *item = by_id(items, id);

	if (id == 0)
		return std::string(absent);
	return item && !item->name.empty() ? item->name : "#" + std::to_string(id);
}

} // namespace

Result<Snapshot> take_snapshot(netlink::Client &client)
{
	Snapshot s;
	auto cluster = client.cluster();

	if (!cluster) {
		if (cluster.error().code == ENOENT)
			return Error{"no cluster is installed on this node", "",
				     "start the daemon: systemctl start knelld (its journal tells "
				     "why if it does not stay up)",
				     ENOENT};
		return cluster.error();
	}
	s.cluster = std::move(*cluster);
	auto nodes = client.nodes();
	if (!nodes)
		return nodes.error();
	s.nodes = std::move(*nodes);
	// The kernel knows what a node is to the fabric; to people an array behind the routers is an array.
	if (const auto described = stored_cluster(client))
		for (auto &record : s.nodes)
			if (const auto *node = model::find_node(*described, record.id))
				record.role = static_cast<std::uint8_t>(node->role);
	auto apps = client.applications();
	if (!apps)
		return apps.error();
	s.apps = std::move(*apps);
	auto links = client.links();
	if (!links)
		return links.error();
	s.links = std::move(*links);
	auto checks = client.checks();
	if (!checks)
		return checks.error();
	s.checks = std::move(*checks);
	std::ranges::sort(s.nodes, {}, &netlink::NodeRecord::id);
	std::ranges::sort(s.apps, {}, &netlink::AppRecord::id);
	std::ranges::sort(s.links, {}, &netlink::LinkInfo::id);
	return s;
}

Result<model::Cluster> stored_cluster(netlink::Client &client)
{
	auto document = client.mib();

	if (!document)
		return document.error();
	return model::deserialize(document->text);
}

const netlink::NodeRecord *find_node(const Snapshot &s, std::string_view name)
{
	return by_name(s.nodes, name);
}

const netlink::NodeRecord *find_node(const Snapshot &s, std::uint16_t id)
{
	return by_id(s.nodes, id);
}

const netlink::AppRecord *find_app(const Snapshot &s, std::string_view name)
{
	return by_name(s.apps, name);
}

const netlink::AppRecord *find_app(const Snapshot &s, std::uint16_t id)
{
	return by_id(s.apps, id);
}

Result<netlink::NodeRecord> require_node(const Snapshot &s, std::string_view name)
{
	return require(s.nodes, name, "node");
}

Result<netlink::AppRecord> require_app(const Snapshot &s, std::string_view name)
{
	return require(s.apps, name, "application");
}

std::string node_name(const Snapshot &s, std::uint16_t id)
{
	return name_of(s.nodes, id);
}

std::string app_name(const Snapshot &s, std::uint16_t id)
{
	return name_of(s.apps, id);
}

bool healthy(const netlink::NodeRecord &node)
{
	return node.status == KNELL_STATUS_STANDBY || node.status == KNELL_STATUS_ACTIVE;
}

std::vector<std::string> problems(const Snapshot &s)
{
	std::vector<std::string> list;

	if (s.cluster.maintenance)
		list.emplace_back("maintenance is on: nobody takes over (knellctl maintenance off)");
	for (const auto &node : s.nodes) {
		const std::string status(model::status_name(node.status));
		const std::string reason(model::reason_name(node.reason));

		if (node.status == KNELL_STATUS_DOWN || node.status == KNELL_STATUS_LOST)
			list.push_back("node " + node.name + " is " + status + " (" + reason + ")");
		else if (node.status == KNELL_STATUS_UNKNOWN)
			list.push_back("node " + node.name + " has not been heard of yet");
		else if (node.status != KNELL_STATUS_LEFT && node.mib_hash != s.cluster.mib_hash)
			list.push_back("node " + node.name + " holds another cluster description (" +
				       hex32(node.mib_hash) + ", here " + hex32(s.cluster.mib_hash) +
				       "; see knellctl mib verify)");
	}
	for (const auto &app : s.apps) {
		if (app.state == KNELL_APP_FAILED)
			list.push_back("application " + app.name +
				       " failed on every candidate (mend the cause, then knellctl reset " +
				       app.name + ")");
		else if (app.state == KNELL_APP_ORPHAN || app.state == KNELL_APP_UNKNOWN)
			list.push_back("application " + app.name + " is served by nobody");
		else if (app.state == KNELL_APP_STOPPED)
			list.push_back("application " + app.name + " was stopped by the administrator");
		else if (const auto *owner = find_node(s, app.owner);
			 owner && !healthy(*owner) && app.state != KNELL_APP_STARTING)
			list.push_back("application " + app.name + " was served by node " + owner->name +
				       ", which is " + std::string(model::status_name(owner->status)));
	}
	for (const std::string &problem : talk::host_problems(s.nodes, s.links, s.checks))
		list.push_back(printable(problem));
	return list;
}

} // namespace knell::cli
