// SPDX-License-Identifier: GPL-2.0
// A node's history as it travels.
#pragma once

#include "mib/store.hpp"

namespace knell::talk {

/// A JSON array, oldest first. The oldest go if it would be longer than contents may be.
[[nodiscard]] std::string serialize(const std::vector<mib::HistoryEntry> &entries);
[[nodiscard]] Result<std::vector<mib::HistoryEntry>> read_history(std::string_view text);

} // namespace knell::talk
