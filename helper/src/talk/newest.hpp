// SPDX-License-Identifier: GPL-2.0
// A list as long as contents may be.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace knell::talk {

/// A JSON array of the last of `count` entries, in their order: as many as fit into content_max octets.
/// `entry` gives the JSON text of one; it is asked for the last one first.
[[nodiscard]] std::string newest_that_fit(std::size_t count, const std::function<std::string(std::size_t)> &entry);

} // namespace knell::talk
