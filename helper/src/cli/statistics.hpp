// SPDX-License-Identifier: GPL-2.0
// knellctl statistics: what this node measured of itself.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "statistics/sample.hpp"

namespace knell::cli {

[[nodiscard]] std::string statistics_text(const std::vector<statistics::Sample> &samples);
[[nodiscard]] json statistics_json(const std::vector<statistics::Sample> &samples);

} // namespace knell::cli
