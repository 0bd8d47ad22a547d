// SPDX-License-Identifier: GPL-2.0
// knellctl stats: the kernel's counters.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "netlink/records.hpp"

namespace knell::cli {

[[nodiscard]] std::string stats_text(const std::vector<netlink::Counter> &counters);
[[nodiscard]] json stats_json(const std::vector<netlink::Counter> &counters);

} // namespace knell::cli
