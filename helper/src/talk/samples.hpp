// SPDX-License-Identifier: GPL-2.0
// A node's statistics as they travel.
#pragma once

#include "statistics/sample.hpp"
#include "util/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace knell::talk {

/// A JSON array, oldest first. The oldest go if it would be longer than contents may be.
[[nodiscard]] std::string serialize(const std::vector<statistics::Sample> &samples);
[[nodiscard]] Result<std::vector<statistics::Sample>> read_samples(std::string_view text);

} // namespace knell::talk
