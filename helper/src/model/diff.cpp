// SPDX-License-Identifier: GPL-2.0
// Compares two clusters by the numbers of their nodes and applications.
#include "model/diff.hpp"

#include "model/order.hpp"

namespace knell::model {

bool Diff::empty() const
{
	return !identity && !options && !watching && nodes_added.empty() && nodes_removed.empty() &&
	       nodes_changed.empty() && apps_added.empty() && apps_removed.empty() &&
	       apps_changed.empty();
}

Diff diff(const Cluster &before, const Cluster &after)
{
	Diff d;

	d.identity = before.name != after.name || before.id != after.id ||
		     before.secret_file != after.secret_file;
	d.options = before.options != after.options;
	d.watching = before.watching != after.watching;
	for (const Node &node : after.nodes) {
		const Node *old = find_node(before, node.id);

		if (!old)
			d.nodes_added.push_back(node.id);
		else if (*old != node)
			d.nodes_changed.push_back(node.id);
	}
	for (const Node &node : before.nodes)
		if (!find_node(after, node.id))
			d.nodes_removed.push_back(node.id);
	for (const Application &app : after.applications) {
		const Application *old = find_app(before, app.id);

		if (!old)
			d.apps_added.push_back(app.id);
		else if (*old != app || candidates(before, *old) != candidates(after, app))
			d.apps_changed.push_back(app.id);
	}
	for (const Application &app : before.applications)
		if (!find_app(after, app.id))
			d.apps_removed.push_back(app.id);
	return d;
}

std::vector<std::string> describe(const Diff &d, const Cluster &before, const Cluster &after)
{
	std::vector<std::string> lines;
	auto nodes = [&lines](const char *verb, const std::vector<NodeId> &ids, const Cluster &in) {
		for (NodeId id : ids)
			lines.push_back(std::string(verb) + " node " + find_node(in, id)->name);
	};
	auto apps = [&lines](const char *verb, const std::vector<AppId> &ids, const Cluster &in) {
		for (AppId id : ids)
			lines.push_back(std::string(verb) + " application " +
					find_app(in, id)->name);
	};

	if (d.identity)
		lines.push_back("change the identity of the cluster");
	if (d.options)
		lines.push_back("change the options");
	if (d.watching)
		lines.push_back("change how the cluster is watched");
	nodes("add", d.nodes_added, after);
	nodes("remove", d.nodes_removed, before);
	nodes("change", d.nodes_changed, after);
	apps("add", d.apps_added, after);
	apps("remove", d.apps_removed, before);
	apps("change", d.apps_changed, after);
	return lines;
}

} // namespace knell::model
