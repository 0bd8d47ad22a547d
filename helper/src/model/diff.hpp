// SPDX-License-Identifier: GPL-2.0
// What changes between two descriptions of the same cluster.
#pragma once

#include <string>
#include <vector>

#include "model/cluster.hpp"

namespace knell::model {

struct Diff {
	bool identity = false; ///< name, id or secret file: not the same cluster
	bool options = false;
	bool watching = false; ///< alerts and what else only watches
	std::vector<NodeId> nodes_added;
	std::vector<NodeId> nodes_removed;
	std::vector<NodeId> nodes_changed;
	std::vector<AppId> apps_added;
	std::vector<AppId> apps_removed;
	std::vector<AppId> apps_changed; ///< anything, the candidates included

	[[nodiscard]] bool empty() const;
};

[[nodiscard]] Diff diff(const Cluster &before, const Cluster &after);

/// One line per change, for people.
[[nodiscard]] std::vector<std::string> describe(const Diff &diff, const Cluster &before,
						const Cluster &after);

} // namespace knell::model
