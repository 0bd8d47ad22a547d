// SPDX-License-Identifier: GPL-2.0
// Block devices: from the name in the cluster file to the device, to the SCSI disks below
// it, and to all paths to them.
#pragma once

#include "actions/reservation.hpp"
#include "util/result.hpp"

#include <string>
#include <vector>

namespace knell::actions {

/// The real device node, "/dev/sdb", of a configured name. Where udev has made no
/// /dev/disk/by-id/wwn-0x... link the World Wide Name is looked up in sysfs.
Result<std::string> resolve_device(const std::string &name);

/// Throw away the cached blocks of a device, so that what another node wrote is seen.
Status drop_cache(const std::string &device);

/// Error if anything on this node holds the device: a mount, also a lazily detached one.
Status not_in_use(const std::string &device);

/// The logical units below a device (through partitions and device mapper), with every
/// path to each. Error if one of them is no SCSI disk.
Result<std::vector<LogicalUnit>> find_units(const std::string &device);

} // namespace knell::actions
