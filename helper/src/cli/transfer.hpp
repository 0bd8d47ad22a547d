// SPDX-License-Identifier: GPL-2.0
// What the commands that move applications have in common: look, predict, order, follow, judge.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/moves.hpp"

namespace CLI {
class App;
}

namespace knell::cli {

/// What a command wants to be moved.
struct Transfer {
	std::vector<Move> moves;
	std::string nothing;	   ///< what it means if there is nothing to move, for people
	std::uint16_t standby = 0; ///< this node must be STANDBY in the end, 0 = nobody need
};

/// Carries a command out that moves applications: all of them, or none if one of them could not be
/// taken. Nothing to move is a success, but the node that is to be STANDBY must be.
/// @command: as in JSON
/// @simulate: only tell what would be done
/// @wanted: finds out what is to be moved
/// Returns the exit status.
int transfer(Context &context, const char *command, bool simulate,
	     const std::function<Result<Transfer>(const Snapshot &s)> &wanted);

/// The option --simulate of such a command.
void add_simulate(CLI::App &command, bool &simulate);

} // namespace knell::cli
