// SPDX-License-Identifier: GPL-2.0
// knellctl history: what this node remembers, oldest first.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "mib/store.hpp"

namespace knell::cli {

[[nodiscard]] std::string history_text(const std::vector<mib::HistoryEntry> &entries);
[[nodiscard]] json history_json(const std::vector<mib::HistoryEntry> &entries);

} // namespace knell::cli
