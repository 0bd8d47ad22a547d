// SPDX-License-Identifier: GPL-2.0
// What this node's kernel knows, as it travels in a report.
#pragma once

#include "util/result.hpp"

#include <string>

namespace knell::daemon {

/// JSON: counters, links, checks, records of nodes and applications.
Result<std::string> kernel_report();

} // namespace knell::daemon
