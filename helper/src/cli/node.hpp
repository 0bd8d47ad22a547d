// SPDX-License-Identifier: GPL-2.0
// The commands of the group `knellctl node`: each adds itself to it.
#pragma once

#include "cli/context.hpp"

namespace knell::cli {

void add_node_add(CLI::App &group, Context &context);
void add_node_remove(CLI::App &group, Context &context);
void add_node_test(CLI::App &group, Context &context);
void add_node_activate(CLI::App &group, Context &context);
void add_node_standby(CLI::App &group, Context &context);

} // namespace knell::cli
