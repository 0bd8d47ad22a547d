// SPDX-License-Identifier: GPL-2.0
// Who is who in a cluster, and who takes over from whom in which order.
#pragma once

#include <string_view>
#include <vector>

#include "model/cluster.hpp"

namespace knell::model {

/// Null if there is none.
[[nodiscard]] const Node *find_node(const Cluster &cluster, NodeId id);
[[nodiscard]] const Node *find_node(const Cluster &cluster, std::string_view name);
[[nodiscard]] const Application *find_app(const Cluster &cluster, AppId id);
[[nodiscard]] const Application *find_app(const Cluster &cluster, std::string_view name);

/// Home node first, then the application's own standby order or else its home
/// node's; no node twice, at most KNELL_CANDIDATES_MAX. What the kernel gets
/// as KNELL_A_APP_CANDIDATES.
[[nodiscard]] std::vector<NodeId> candidates(const Cluster &cluster, const Application &app);

/// What a node is to the kernels. An array that serves an application is behind the routers, a leaf of the
/// fabric like a server; one that serves none has mailboxes itself and grants.
[[nodiscard]] Role fabric_role(const Cluster &cluster, const Node &node);

/// KNELL_APP_F_* of an application.
[[nodiscard]] std::uint32_t flags(const Application &app);

} // namespace knell::model
