// SPDX-License-Identifier: GPL-2.0
// Small files that survive a power loss whole: write, fsync, rename, fsync the directory.
#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>

namespace knell::mib {

/// Replace `path` by `content`; afterwards it holds the old or the new content, never a mix.
Status write_file(const std::string &path, std::string_view content);

Result<std::string> read_file(const std::string &path);

/// The kernel's identifier of this boot.
Result<std::string> boot_id();

} // namespace knell::mib
