// SPDX-License-Identifier: GPL-2.0
// Which actions serve an application, in the order in which they are done.
#pragma once

#include "actions/action.hpp"

namespace knell::actions {

/// All fences, then all replicas, mounts, executables, addresses and exports. `site` must outlive them.
Actions make_actions(const Site &site, const model::Application &app);

} // namespace knell::actions
