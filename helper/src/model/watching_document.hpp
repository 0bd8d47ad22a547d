// SPDX-License-Identifier: GPL-2.0
// The member "watching" of the MIB document, and back.
#pragma once

#include <nlohmann/json.hpp>

#include "model/watching.hpp"

namespace knell::model {

/// Every section that differs from its default, with all its members.
[[nodiscard]] nlohmann::json json_of(const Watching &watching);

/// The way back; throws nlohmann::json::exception.
void read(const nlohmann::json &j, Watching &watching);

} // namespace knell::model
