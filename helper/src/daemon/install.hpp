// SPDX-License-Identifier: GPL-2.0
// From the cluster's model to what the kernel takes.
#pragma once

#include "model/cluster.hpp"
#include "model/document.hpp"
#include "netlink/records.hpp"

namespace knell::daemon {

/// Error if an address of a node is not numeric.
Result<netlink::ClusterConfig> kernel_config(const model::Cluster &cluster, const model::Secret &secret,
					     model::NodeId self, std::uint32_t epoch,
					     const model::Sha256 &digest);

} // namespace knell::daemon
