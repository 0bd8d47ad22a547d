// SPDX-License-Identifier: GPL-2.0
// The same words wherever they are read: on the node itself, or by whoever asks it.
#include "talk/host.hpp"

#include "model/names.hpp"

#include <algorithm>

namespace knell::talk {

namespace {

/// Empty = all is well, or this node is a router itself. Counts routers, not links: two paths to one are one way.
std::string lacking_ways(const std::vector<netlink::NodeRecord> &nodes, const std::vector<netlink::LinkInfo> &links)
{
	std::string linked, missing;

	for (const auto &node : nodes) {
		if (node.role != KNELL_ROLE_ROUTER)
			continue;
		if (node.self)
			return {};
		if (node.status != KNELL_STATUS_STANDBY && node.status != KNELL_STATUS_ACTIVE)
			continue;
		const bool found = std::ranges::find(links, node.id, &netlink::LinkInfo::peer) != links.end();
		std::string &names = found ? linked : missing;

		// A second router is enough, however many more there are.
		if (found && !linked.empty())
			return {};
		names += (names.empty() ? "" : ", ") + node.name;
	}
	if (missing.empty())
		return {};
	return (linked.empty() ? "no session to a router" : "router " + linked + " is the only one with a session") +
	       ": log in to the mailbox of " + missing + " (iscsiadm -m node --login)";
}

} // namespace

std::vector<std::string> host_problems(const std::vector<netlink::NodeRecord> &nodes,
				       const std::vector<netlink::LinkInfo> &links,
				       const std::vector<netlink::CheckInfo> &checks)
{
	std::vector<std::string> list;

	for (const auto &link : links)
		if (netlink::out_of_order(link))
			list.push_back("link " + link.name + " is " + std::string(model::link_state_name(link.state)));
	if (auto lacking = lacking_ways(nodes, links); !lacking.empty())
		list.push_back(std::move(lacking));
	for (const auto &check : checks)
		if (check.answer == KNELL_ANSWER_NO)
			list.push_back("health check " + check.name + " says no: " + check.detail);
	return list;
}

} // namespace knell::talk
