// SPDX-License-Identifier: GPL-2.0
// Processes that an application's program left behind and that no child of ours leads any more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace knell::actions {

/// End every process whose initial environment has all of these entries ("NAME=value"). `program`
/// is for messages. Error if one of our control group is still there after several attempts.
/// Others are told of in the log and left: an unprivileged user can give his processes any
/// environment and go on starting them, but he cannot put them into our control group.
Status end_strays(const std::string &program, const std::vector<std::string> &entries);

/// Is a process within a control group? Both as /proc/PID/cgroup has them. Without the unified
/// hierarchy nobody can tell: true.
bool within_cgroup(std::string_view process, std::string_view group);

} // namespace knell::actions
