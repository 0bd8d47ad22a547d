// SPDX-License-Identifier: GPL-2.0
// The version of the helper.
#pragma once

namespace knell {

inline constexpr const char *version = "0.1.0";

} // namespace knell
