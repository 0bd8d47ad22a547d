// SPDX-License-Identifier: GPL-2.0
// knellctl fabric: the links of this node and what they carried.
#pragma once

#include <string>

#include "cli/context.hpp"
#include "cli/snapshot.hpp"

namespace knell::cli {

[[nodiscard]] std::string fabric_text(const Snapshot &s);
[[nodiscard]] json fabric_json(const Snapshot &s);
[[nodiscard]] json link_json(const Snapshot &s, const netlink::LinkInfo &link);

} // namespace knell::cli
