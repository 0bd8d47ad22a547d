// SPDX-License-Identifier: GPL-2.0
// knellctl report: what all nodes know, in one archive for who is to help.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "util/tar.hpp"

namespace knell::cli {

/// What one node gave: contents, or why there are none.
struct Evidence {
	std::string node;
	std::string name; ///< of the file, with its ending
	Result<std::string> content;
};

/// Puts every content under the node's name; what was not given becomes a line of "missing.txt".
/// Returns these lines.
std::vector<std::string> pack(Tar &archive, const std::vector<Evidence> &evidence);

} // namespace knell::cli
