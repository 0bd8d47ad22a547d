// SPDX-License-Identifier: GPL-2.0
// What the kernel of this node knows at one moment; works without knelld.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/cluster.hpp"
#include "netlink/client.hpp"
#include "util/result.hpp"

namespace knell::cli {

struct Snapshot {
	netlink::ClusterInfo cluster;
	std::vector<netlink::NodeRecord> nodes;
	std::vector<netlink::AppRecord> apps;
	std::vector<netlink::LinkInfo> links;
	std::vector<netlink::CheckInfo> checks;
};

/// Reads all tables. Fails if the module is not loaded, the caller may not, or no
/// cluster is installed; the hint says which.
Result<Snapshot> take_snapshot(netlink::Client &client);

/// The cluster as described, from the MIB document in the kernel.
Result<model::Cluster> stored_cluster(netlink::Client &client);

/// By name or number; null if there is none.
[[nodiscard]] const netlink::NodeRecord *find_node(const Snapshot &s, std::string_view name);
[[nodiscard]] const netlink::NodeRecord *find_node(const Snapshot &s, std::uint16_t id);
[[nodiscard]] const netlink::AppRecord *find_app(const Snapshot &s, std::string_view name);
[[nodiscard]] const netlink::AppRecord *find_app(const Snapshot &s, std::uint16_t id);

/// The same, with an error that lists the known names.
Result<netlink::NodeRecord> require_node(const Snapshot &s, std::string_view name);
Result<netlink::AppRecord> require_app(const Snapshot &s, std::string_view name);

/// Name of a node; "#7" if its number is not in the table, "-" for 0.
[[nodiscard]] std::string node_name(const Snapshot &s, std::uint16_t id);
[[nodiscard]] std::string app_name(const Snapshot &s, std::uint16_t id);

/// STANDBY or ACTIVE: may serve.
[[nodiscard]] bool healthy(const netlink::NodeRecord &node);

/// What an administrator should look at, one sentence each; empty if all is well.
[[nodiscard]] std::vector<std::string> problems(const Snapshot &s);

} // namespace knell::cli
