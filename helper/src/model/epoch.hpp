// SPDX-License-Identifier: GPL-2.0
// Epochs: minutes since 2020, but always rising; a reservation key has room for half of one.
#pragma once

#include <chrono>
#include <cstdint>

namespace knell::model {

/// What the clock says an epoch chosen now would be, at least 1.
[[nodiscard]] std::uint32_t minutes_since_2020(std::chrono::system_clock::time_point now);

/// Is an epoch of which the low 16 bits are `low` an earlier life than `epoch`, the latest one
/// known of that node? `minutes` is minutes_since_2020() now. 16 bits come round in 45 days, so
/// after three weeks an old epoch may look like one to come; but none can be of tomorrow.
[[nodiscard]] bool earlier_life(std::uint16_t low, std::uint32_t epoch, std::uint32_t minutes);

} // namespace knell::model
