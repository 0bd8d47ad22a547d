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

/// What one node remembers.
struct Memory {
	std::string node;
	std::vector<mib::HistoryEntry> entries;
};

/// Of several nodes, by time. @silent: who could not be asked, and why.
[[nodiscard]] std::string history_all_text(const std::vector<Memory> &memories,
					   const std::vector<std::string> &silent);
[[nodiscard]] json history_all_json(const std::vector<Memory> &memories, const std::vector<std::string> &silent);

} // namespace knell::cli
