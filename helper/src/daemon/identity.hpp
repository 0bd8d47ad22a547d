// SPDX-License-Identifier: GPL-2.0
// Which node of the cluster file this machine is, and which epoch it takes.
#pragma once

#include "model/cluster.hpp"
#include "util/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace knell::daemon {

/// The InitiatorName of an initiatorname.iscsi file; empty if there is none.
std::string initiator_of(std::string_view text);

/// The same of this machine.
std::string own_initiator();

/// Find the own node: by `name` if given, else by this machine's iSCSI initiator name, else by its host name.
Result<model::Node> find_self(const model::Cluster &cluster, const std::string &name);

/// Next epoch: above every one used before and not below the minutes since 2020, so that
/// it grows even where the state directory was lost; its low 16 bits are never 0.
std::uint32_t next_epoch(std::uint32_t last, std::chrono::system_clock::time_point now);

} // namespace knell::daemon
