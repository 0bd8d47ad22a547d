// SPDX-License-Identifier: GPL-2.0
// A mount up to the point where the device would be opened: the file system and its options, no device.
#pragma once

#include "util/result.hpp"

#include <string>
#include <vector>

namespace knell::actions {

/// Does the kernel of this node have a file system `type` that takes these mount options? May load its
/// module. Blocks; needs CAP_SYS_ADMIN. fsopen(2), fsconfig(2).
[[nodiscard]] Status dry_mount(const std::string &type, const std::vector<std::string> &options);

} // namespace knell::actions
