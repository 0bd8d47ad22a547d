// SPDX-License-Identifier: GPL-2.0
// What an exporter shows: everything the kernel of this node knows at one moment.
#pragma once

#include "netlink/records.hpp"
#include "statistics/sample.hpp"
#include "util/result.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace knell::metrics {

struct Facts {
	netlink::ClusterInfo cluster;
	std::vector<netlink::NodeRecord> nodes;
	std::vector<netlink::AppRecord> apps;
	std::vector<netlink::LinkInfo> links;
	std::vector<netlink::CheckInfo> checks;
	std::vector<netlink::Counter> counters;
	std::optional<statistics::Sample> sample;	///< the newest of this node
};

/// Where facts come from: the kernel, or fixed ones in tests. Any thread.
using Provider = std::function<Result<Facts>()>;

/// From the kernel, over a connection of its own; the sample stays empty. Error if no cluster is
/// installed.
Result<Facts> kernel_facts();

} // namespace knell::metrics
