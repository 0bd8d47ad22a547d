// SPDX-License-Identifier: GPL-2.0
// knellctl health: what this node's kernel checks about its own host.
#pragma once

#include <string>

#include "cli/context.hpp"
#include "cli/snapshot.hpp"

namespace knell::cli {

[[nodiscard]] std::string health_text(const Snapshot &s);
[[nodiscard]] json health_json(const Snapshot &s);
[[nodiscard]] json check_json(const netlink::CheckInfo &check);

} // namespace knell::cli
