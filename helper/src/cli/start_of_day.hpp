// SPDX-License-Identifier: GPL-2.0
// knellctl start-of-day: a new description for all nodes, or for none.
#pragma once

#include <string>

#include "cli/context.hpp"
#include "talk/start_of_day.hpp"

namespace knell::cli {

[[nodiscard]] std::string day_text(const talk::DayReport &report);
[[nodiscard]] json day_json(const char *command, const talk::DayReport &report);

} // namespace knell::cli
