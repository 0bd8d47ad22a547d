// SPDX-License-Identifier: GPL-2.0
// What the kernel of one node finds wrong with its host, in words.
#pragma once

#include "netlink/records.hpp"

#include <string>
#include <vector>

namespace knell::talk {

/// One sentence each, for people and not fit for a terminal as it is: names come from the kernel. Links that do not do
/// what they are for; healthy routers there is no session to, if there are sessions to fewer than two (what is not
/// logged in has no entry among the links, what is broken has one); health checks that say no. A machine without a
/// cluster has no nodes.
[[nodiscard]] std::vector<std::string> host_problems(const std::vector<netlink::NodeRecord> &nodes,
						     const std::vector<netlink::LinkInfo> &links,
						     const std::vector<netlink::CheckInfo> &checks);

} // namespace knell::talk
