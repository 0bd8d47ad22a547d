// SPDX-License-Identifier: GPL-2.0
// Numbers, orders and homes.
#include "model/members.hpp"

#include "model/order.hpp"

#include <algorithm>
#include <cerrno>

namespace knell::model {

Result<Node> find_self(const Cluster &cluster, const std::string &name, const std::string &initiator,
		       const std::string &host)
{
	auto find = [&](auto matches) -> const Node * {
		const auto found = std::ranges::find_if(cluster.nodes, matches);
		return found == cluster.nodes.end() ? nullptr : &*found;
	};
	const Node *self = nullptr;

	if (!name.empty()) {
		self = find([&](const Node &node) { return node.name == name; });
		if (!self)
			return Error{"cannot find this node", "the cluster file has no node " + name, "check --node"};
		return *self;
	}
	if (!initiator.empty())
		self = find([&](const Node &node) { return node.initiator == initiator; });
	if (!self)
		self = find([&](const Node &node) { return node.name == host; });
	if (!self)
		return Error{"cannot find this node",
			     "the cluster file has neither its initiator name (" +
				     (initiator.empty() ? "none" : initiator) + ") nor its host name (" + host + ")",
			     "add it, or name it with --node"};
	return *self;
}

Result<Cluster> with_node(Cluster cluster, Node node, const std::vector<NodeId> &standby_of)
{
	auto taken = [&node](const std::string &what, const Node &other) {
		return Error{"cannot add node " + node.name, what + " is that of node " + other.name, "", EEXIST};
	};

	if (!node.id)
		for (node.id = 1; node.id <= KNELL_NODE_MAX && find_node(cluster, node.id);)
			node.id++;
	if (node.id > KNELL_NODE_MAX)
		return Error{"cannot add node " + node.name, "numbers go up to " + std::to_string(KNELL_NODE_MAX), "", ERANGE};
	for (const Node &other : cluster.nodes) {
		if (other.name == node.name)
			return taken("its name", other);
		if (other.id == node.id)
			return taken("number " + std::to_string(node.id), other);
		if (!node.initiator.empty() && other.initiator == node.initiator)
			return taken("its initiator name " + node.initiator, other);
		for (const auto &address : node.addresses)
			if (std::ranges::find(other.addresses, address) != other.addresses.end())
				return taken("address " + address, other);
	}
	for (const NodeId id : standby_of) {
		const auto served = std::ranges::find(cluster.nodes, id, &Node::id);
		if (served == cluster.nodes.end())
			return Error{"cannot add node " + node.name, "there is no node " + std::to_string(id), "", ENOENT};
		// The home node is a candidate as well.
		if (served->standby.size() + 1 >= KNELL_CANDIDATES_MAX)
			return Error{"cannot add node " + node.name, "the standby order of node " + served->name + " is full",
				     "name the nodes it is to stand by for with --standby-of", ENOSPC};
		served->standby.push_back(node.id);
	}
	cluster.nodes.push_back(std::move(node));
	return cluster;
}

Result<Cluster> without_node(Cluster cluster, NodeId id)
{
	const Node *node = find_node(cluster, id);

	if (!node)
		return Error{"there is no node " + std::to_string(id), "", "", ENOENT};
	const std::string name = node->name;
	const bool hub = node->role != Role::server;
	for (Application &app : cluster.applications) {
		auto order = candidates(cluster, app);
		if (std::erase(order, id) == 0)
			continue;
		if (order.empty())
			return Error{"cannot remove node " + name, "application " + app.name + " would have no node",
				     "give it another node, or take it out, with knellctl start-of-day", EBUSY};
		if (app.home == id) {
			app.home = order.front();
			app.standby = std::vector<NodeId>(order.begin() + 1, order.end());
		} else if (app.standby) {
			std::erase(*app.standby, id);
		}
	}
	std::erase_if(cluster.nodes, [id](const Node &other) { return other.id == id; });
	for (Node &other : cluster.nodes)
		std::erase(other.standby, id);
	if (hub && std::ranges::all_of(cluster.nodes, [](const Node &other) { return other.role == Role::server; }))
		return Error{"cannot remove node " + name, "it is the only router", "add another one first", EBUSY};
	return cluster;
}

} // namespace knell::model
