// SPDX-License-Identifier: GPL-2.0
// Look-ups and the order of takeover.
#include "model/order.hpp"

#include <algorithm>

namespace knell::model {
namespace {

template <typename T, typename F> const T *find(const std::vector<T> &items, F matches)
{
	auto it = std::ranges::find_if(items, matches);

	return it == items.end() ? nullptr : &*it;
}

} // namespace

const Node *find_node(const Cluster &cluster, NodeId id)
{
	return find(cluster.nodes, [id](const Node &n) { return n.id == id; });
}

const Node *find_node(const Cluster &cluster, std::string_view name)
{
	return find(cluster.nodes, [name](const Node &n) { return n.name == name; });
}

const Application *find_app(const Cluster &cluster, AppId id)
{
	return find(cluster.applications, [id](const Application &a) { return a.id == id; });
}

const Application *find_app(const Cluster &cluster, std::string_view name)
{
	return find(cluster.applications, [name](const Application &a) { return a.name == name; });
}

std::vector<NodeId> candidates(const Cluster &cluster, const Application &app)
{
	std::vector<NodeId> order{app.home};
	auto append = [&order](const std::vector<NodeId> &more) {
		for (NodeId id : more)
			if (order.size() < KNELL_CANDIDATES_MAX &&
			    std::ranges::find(order, id) == order.end())
				order.push_back(id);
	};

	if (app.standby)
		append(*app.standby);
	else if (const Node *home = find_node(cluster, app.home))
		append(home->standby);
	return order;
}

Role fabric_role(const Cluster &cluster, const Node &node)
{
	const bool serves = std::ranges::any_of(cluster.applications, [&](const Application &app) {
		const auto list = candidates(cluster, app);

		return std::ranges::find(list, node.id) != list.end();
	});

	return node.role == Role::array && serves ? Role::server : node.role;
}

std::uint32_t flags(const Application &app)
{
	std::uint32_t mask = 0;

	if (app.takeover == Takeover::any)
		mask |= KNELL_APP_F_TAKEOVER_ANY;
	if (app.fence == Fence::none)
		mask |= KNELL_APP_F_FENCE_NONE;
	if (app.volumes.empty() && app.replicas.empty())
		mask |= KNELL_APP_F_NO_VOLUME;
	return mask;
}

} // namespace knell::model
