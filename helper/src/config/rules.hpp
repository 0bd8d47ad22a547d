// SPDX-License-Identifier: GPL-2.0
// What must hold between the values of a cluster file.
#pragma once

#include "config/problems.hpp"
#include "config/schema.hpp"

namespace knell::config {

/// Turns the names of a draft into ids and checks every rule that concerns
/// more than one value.
[[nodiscard]] model::Cluster apply_rules(Draft draft, Problems &problems);

} // namespace knell::config
