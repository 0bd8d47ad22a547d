// SPDX-License-Identifier: GPL-2.0
// Keeps systemd from stopping an application's units beside knelld when the machine goes down.
//
// systemd would stop a unit and unmount a volume while knelld still serves them: that looks like a
// failure of the application. Ordering the unit to stop after knelld is no way out, because then
// the stop that knelld asks for waits until knelld has stopped. So a drop-in takes the units out of
// the shutdown; knelld, which is in it, stops them in the order of its plan.
#pragma once

#include "model/cluster.hpp"
#include "util/result.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace knell::actions {

/// Where systemd looks for drop-ins that do not outlive a boot.
constexpr const char *runtime_units = "/run/systemd/system";

/// The name systemd gives to what is mounted at an absolute path, as systemd-escape(1) --path.
std::string mount_unit(const std::string &path);

/// The units that belong to an application: of its volumes and of its executables.
std::vector<std::string> units_of(const model::Application &app);

/// Write the drop-ins below `folder`. True if systemd has to read its units again. Blocks.
Result<bool> guard_units(const std::vector<std::string> &units, const std::filesystem::path &folder);

/// Make systemd read its units again, and wait until it has. Blocks, for `limit` at most.
Status reload_systemd(std::chrono::milliseconds limit);

} // namespace knell::actions
