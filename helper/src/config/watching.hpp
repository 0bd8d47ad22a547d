// SPDX-License-Identifier: GPL-2.0
// The sections of a cluster file that say how it is watched.
#pragma once

#include "config/fields.hpp"
#include "model/watching.hpp"

namespace knell::config {

/// Reads the sections of the top level that belong to it.
void read_watching(Fields &top, model::Watching &watching);

} // namespace knell::config
