// SPDX-License-Identifier: GPL-2.0
// A cluster with one node more, or one less. Pure.
#pragma once

#include "model/cluster.hpp"
#include "util/result.hpp"

namespace knell::model {

/// The node a machine is: by `name` if there is one, else by its iSCSI initiator name, else by its host name.
[[nodiscard]] Result<Node> find_self(const Cluster &cluster, const std::string &name, const std::string &initiator,
				     const std::string &host);

/// With `node`, whose number is the lowest free one if it is 0, as the last in the standby order of
/// every node in `standby_of`. An error if name, number, initiator name or an address is taken.
[[nodiscard]] Result<Cluster> with_node(Cluster cluster, Node node, const std::vector<NodeId> &standby_of);

/// Without a node; applications whose home it was move to the first of their other candidates. An
/// error if it is not there, an application would have no node left, or the servers no router.
[[nodiscard]] Result<Cluster> without_node(Cluster cluster, NodeId id);

} // namespace knell::model
