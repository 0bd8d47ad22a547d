// SPDX-License-Identifier: GPL-2.0
// Is there a second way into the fabric where there could be one?
#pragma once

#include "netlink/records.hpp"

#include <string>
#include <vector>

namespace knell::netlink {

/// Says which healthy routers this node has no session to, if it has sessions to fewer than two of them; empty = all is
/// well, or it is a router itself. What is not logged in has no entry among the links, so nothing else tells of it; a
/// session that is broken has one.
[[nodiscard]] std::string lacking_ways(const std::vector<NodeRecord> &nodes, const std::vector<LinkInfo> &links);

} // namespace knell::netlink
