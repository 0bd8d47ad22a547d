// SPDX-License-Identifier: GPL-2.0
// Does an ext4 file system ask to be checked? Read from its superblock, so that a takeover of
// a healthy one does not wait for e2fsck: replaying the journal is the kernel's job at mount.
#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <ctime>
#include <span>
#include <string>

namespace knell::actions {

/// Octets of the superblock that are looked at, from its begin.
inline constexpr std::size_t ext4_superblock_size = 1024;

/// Errors recorded, mount count or check interval exceeded; also true if it is no ext4
/// superblock at all, so that e2fsck says what is wrong.
bool ext4_wants_check(std::span<const std::uint8_t> superblock, std::time_t now);

/// The same for a block device.
Result<bool> ext4_wants_check(const std::string &device);

/// Has the kernel met or replayed errors on this mounted device ("/dev/sdb")?
bool ext4_has_errors(const std::string &device);

} // namespace knell::actions
