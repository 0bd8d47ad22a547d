// SPDX-License-Identifier: GPL-2.0
// What a process can do without.
#pragma once

#include "util/result.hpp"

namespace knell::snmp {

/// Give up every capability, for good. The user stays: the AgentX socket is root's.
Status drop_capabilities();

} // namespace knell::snmp
