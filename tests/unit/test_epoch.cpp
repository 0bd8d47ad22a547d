// SPDX-License-Identifier: GPL-2.0
// Which of two epochs is the earlier one, when half of one is missing.
#include <catch2/catch.hpp>

#include "model/epoch.hpp"

using knell::model::earlier_life;
using knell::model::minutes_since_2020;
using std::chrono::seconds;
using std::chrono::system_clock;

namespace {

constexpr std::uint32_t one_day = 24 * 60;
constexpr std::uint32_t now = 3'600'000;	// in 2026

std::uint16_t low(std::uint32_t epoch)
{
	return static_cast<std::uint16_t>(epoch);
}

} // namespace

TEST_CASE("Minutes are counted from 2020, and never 0")
{
	CHECK(minutes_since_2020(system_clock::time_point(seconds(1577836800 + 7200))) == 120);
	CHECK(minutes_since_2020(system_clock::time_point()) == 1);
}

TEST_CASE("The latest life is not an earlier one, nor is one that was not heard of yet")
{
	CHECK_FALSE(earlier_life(low(now - 5), now - 5, now));
	CHECK_FALSE(earlier_life(low(now), now - 5, now));
	CHECK_FALSE(earlier_life(low(now + 1), now, now));
	// It ran for a month; somebody knows already that it came back.
	CHECK_FALSE(earlier_life(low(now - 10 * one_day), now - 30 * one_day, now));
}

TEST_CASE("An earlier life is told from the present one, also after weeks")
{
	for (const std::uint32_t age : {1U, 60U, one_day, 20 * one_day, 22 * one_day, 23 * one_day, 30 * one_day, 44 * one_day})
		CHECK(earlier_life(low(now - age), now, now));
}

TEST_CASE("Epochs that were only counted up work as well")
{
	CHECK(earlier_life(7, 8, now));
	CHECK_FALSE(earlier_life(8, 8, now));
	CHECK_FALSE(earlier_life(9, 8, now));
}
