// SPDX-License-Identifier: GPL-2.0
// May a file be believed: could anybody but root (or the caller) have written it?
#pragma once

#include <string>

#include "util/result.hpp"

namespace knell::config {

/// The cluster file names programs that root starts, so that who can write it is root. Refuses a
/// file, or the folder it is in, that belongs to somebody else than root or the caller, or that
/// its group or others may write; a folder with the sticky bit does no harm. Follows symbolic links.
Status trusted(const std::string &path);

} // namespace knell::config
