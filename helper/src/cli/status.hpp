// SPDX-License-Identifier: GPL-2.0
// knellctl status: who is well, who serves what.
#pragma once

#include <string>

#include "cli/context.hpp"
#include "cli/snapshot.hpp"

namespace knell::cli {

[[nodiscard]] std::string status_text(const Snapshot &s);
[[nodiscard]] json status_json(const Snapshot &s);

/// Parts of it, shared with monitor and fabric.
[[nodiscard]] json node_json(const netlink::NodeRecord &node);
[[nodiscard]] json app_json(const Snapshot &s, const netlink::AppRecord &app);

/// A number in JSON as null if it is 0 and 0 means "none".
[[nodiscard]] json stamp_json(std::uint64_t stamp_ns);

/// Prints once, or with watch again after every event until interrupted.
int status(Context &context, bool watch);

} // namespace knell::cli
