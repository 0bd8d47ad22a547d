// SPDX-License-Identifier: GPL-2.0
// From the cluster's model to what the kernel takes.
#pragma once

#include "model/cluster.hpp"
#include "model/document.hpp"
#include "netlink/records.hpp"
#include "util/keyring.hpp"

#include <optional>

namespace knell::daemon {

/// The cluster's key: in the kernel's keyring, or the octets where the kernel has no keyrings.
struct ClusterKey {
	std::optional<LogonKey> logon;
	model::Secret octets;	///< all 0 if there is a logon key
};

/// Hand the secret to the keyring; each call makes a key of its own.
Result<ClusterKey> keep_key(const model::Cluster &cluster, const model::Secret &secret);

/// Error if an address of a node is not numeric.
Result<netlink::ClusterConfig> kernel_config(const model::Cluster &cluster, const ClusterKey &key,
					     model::NodeId self, std::uint32_t epoch,
					     const model::Sha256 &digest);

} // namespace knell::daemon
