// SPDX-License-Identifier: GPL-2.0
// The steps of a takeover in words, as the daemon's plans tell them.
#pragma once

#include <string>
#include <vector>

#include "model/cluster.hpp"
#include "util/result.hpp"

namespace knell::cli {

/// What a node would do to serve an application, one line per step.
/// @epoch: of the node, it ends the reservation key; 0 = not known
[[nodiscard]] std::vector<std::string> take_steps(const model::Cluster &cluster,
						  const model::Node &node,
						  const model::Application &app,
						  std::uint32_t epoch);

/// What is missing on this machine to serve an application; empty if nothing is.
[[nodiscard]] std::vector<Error> test_here(const model::Cluster &cluster, const model::Node &node,
					   const model::Application &app);

} // namespace knell::cli
