// SPDX-License-Identifier: GPL-2.0
// Counts routers, not links: two paths to one router are one way.
#include "netlink/redundancy.hpp"

#include <algorithm>

namespace knell::netlink {

std::string lacking_ways(const std::vector<NodeRecord> &nodes, const std::vector<LinkInfo> &links)
{
	std::string linked, missing;

	for (const auto &node : nodes) {
		if (node.role != KNELL_ROLE_ROUTER)
			continue;
		if (node.self)
			return {};
		if (node.status != KNELL_STATUS_STANDBY && node.status != KNELL_STATUS_ACTIVE)
			continue;
		const bool found = std::ranges::find(links, node.id, &LinkInfo::peer) != links.end();
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

} // namespace knell::netlink
