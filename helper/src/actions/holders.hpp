// SPDX-License-Identifier: GPL-2.0
// Who keeps a file system busy.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace knell::actions {

struct Holder {
	pid_t pid = 0;
	std::string command;	///< as /proc/PID/comm has it
};

/// Processes with a working directory, root, program, mapped or open file below `mount`.
std::vector<Holder> holders_of(const std::string &mount);

/// "recordd (812), sh (901)"
std::string text(const std::vector<Holder> &holders);

} // namespace knell::actions
