// SPDX-License-Identifier: GPL-2.0
// Could this node serve what a description makes it a candidate of? Every inspection, one line each.
#pragma once

#include "actions/action.hpp"
#include "talk/examination.hpp"

namespace knell::daemon {

/// Inspect everything @site's node is a candidate of in @cluster; changes nothing. Blocks.
/// @in_force: @cluster is what the kernel has, so that it knows who serves what
std::vector<talk::TestLine> examine(const model::Cluster &cluster, const actions::Site &site, bool in_force);

} // namespace knell::daemon
