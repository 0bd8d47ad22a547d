// SPDX-License-Identifier: GPL-2.0
// The AgentX side: answers for KNELL-MIB out of the last image, sends notifications. Knows
// nothing of the cluster but what the reader tells it.
//
// Context and locking: one thread, and one speaker per process, because net-snmp's agent is global.
#pragma once

#include "util/result.hpp"

#include <string>

namespace knell::snmp {

/// Speak until the reader behind `fd` ends. `master` is the AgentX socket of snmpd: a path, or an
/// address as snmpd.conf(5) has it; one that is not there, or vanishes, is looked for every 15 s.
/// Error: cannot begin, or the reader sends nonsense.
Status speak(int fd, const std::string &master);

} // namespace knell::snmp
