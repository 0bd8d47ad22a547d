// SPDX-License-Identifier: GPL-2.0
// Epochs from and against the clock.
#include "model/epoch.hpp"

#include <algorithm>

namespace knell::model {

namespace {

constexpr std::int64_t seconds_2020 = 1577836800;	// 2020-01-01T00:00:00Z
constexpr std::uint32_t clock_skew = 24 * 60;		// minutes two nodes' clocks may differ

} // namespace

std::uint32_t minutes_since_2020(std::chrono::system_clock::time_point now)
{
	using namespace std::chrono;
	const auto seconds = duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();

	return static_cast<std::uint32_t>(std::max<std::int64_t>(1, (seconds - seconds_2020) / 60));
}

bool earlier_life(std::uint16_t low, std::uint32_t epoch, std::uint32_t minutes)
{
	const auto ahead = static_cast<std::uint16_t>(low - static_cast<std::uint16_t>(epoch));

	if (ahead == 0)
		return false;
	if (ahead > 0x7fff)
		return true;
	const std::uint32_t latest = std::max(minutes, epoch) - epoch + clock_skew;
	return ahead > latest;
}

} // namespace knell::model
