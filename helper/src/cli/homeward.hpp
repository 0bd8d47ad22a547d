// SPDX-License-Identifier: GPL-2.0
// What failback, node activate and node standby want to be moved, and why they cannot. Pure.
#pragma once

#include "cli/transfer.hpp"

namespace knell::cli {

/// These applications, or all, go to their home nodes.
[[nodiscard]] Result<Transfer> wanted_failback(const Snapshot &s, const std::vector<std::string> &apps);

/// What is at home on a node goes there; or one application of which it is a candidate (`app` not empty).
[[nodiscard]] Result<Transfer> wanted_activate(const Snapshot &s, const std::string &node,
					       const std::string &app);

/// Everything a node serves goes to others.
[[nodiscard]] Result<Transfer> wanted_standby(const Snapshot &s, const std::string &node);

} // namespace knell::cli
