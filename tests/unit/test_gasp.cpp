// SPDX-License-Identifier: GPL-2.0
// The last gasp: dying takes a bounded time, however many frames and dead devices there are.
#include <catch2/catch.hpp>

#include <functional>
#include <vector>

#include "notice/gasp_budget.h"

namespace {

constexpr u32 ROUND = 2000, MOST = 40;

struct Round {
	std::vector<u32> tries;		// of each frame
	u32 pauses = 0;			// of all of them
};

/// `takes` says which try of a frame its device accepts; 0 = none.
Round fire(std::size_t frames, const std::function<u32(std::size_t)> &takes)
{
	Round round;
	knell_gasp_budget budget;

	knell_gasp_budget_begin(&budget, ROUND);
	for (std::size_t i = 0; i < frames; i++) {
		u32 allowed = knell_gasp_budget_tries(&budget, MOST);
		u32 used = takes(i) && takes(i) <= allowed ? takes(i) : allowed;
		round.tries.push_back(used);
		knell_gasp_budget_spend(&budget, used - 1);
		round.pauses += used - 1;
	}
	return round;
}

} // namespace

TEST_CASE("a device that is free costs nothing")
{
	Round round = fire(500, [](std::size_t) { return 1; });

	CHECK(round.pauses == 0);
	CHECK(round.tries.back() == 1);
}

TEST_CASE("one frame has no more than its own patience")
{
	CHECK(fire(1, [](std::size_t) { return 0; }).tries[0] == MOST + 1);
}

TEST_CASE("a dead device and 500 frames: bounded, and every frame is tried")
{
	Round round = fire(500, [](std::size_t) { return 0; });

	CHECK(round.pauses == ROUND);
	for (u32 tries : round.tries)
		CHECK(tries >= 1);
	// Who comes first, the routers, has full patience.
	for (std::size_t i = 0; i < ROUND / MOST; i++)
		CHECK(round.tries[i] == MOST + 1);
	CHECK(round.tries.back() == 1);
}

TEST_CASE("behind a dead device's frames those of a living one leave all the same")
{
	Round round = fire(600, [](std::size_t i) { return i < 300 ? 0 : 1; });

	CHECK(round.pauses == ROUND);
	for (std::size_t i = 300; i < 600; i++)
		CHECK(round.tries[i] == 1);
}

TEST_CASE("what a locked queue costs is only what it was waited for")
{
	Round round = fire(3, [](std::size_t i) { return i == 1 ? 5 : 1; });

	CHECK(round.pauses == 4);
}

TEST_CASE("more than was left leaves nothing")
{
	knell_gasp_budget budget;

	knell_gasp_budget_begin(&budget, 3);
	knell_gasp_budget_spend(&budget, 7);
	CHECK(budget.pauses == 0);
	CHECK(knell_gasp_budget_tries(&budget, MOST) == 1);
}
