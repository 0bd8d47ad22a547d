// SPDX-License-Identifier: GPL-2.0
// Health: when a node counts as cut off from its routers.
#include <catch2/catch.hpp>

#include "health/reach.h"

namespace {

knell_reach joined()
{
	knell_reach reach{};

	knell_reach_arm(&reach, true);
	return reach;
}

} // namespace

TEST_CASE("a node that never had a link is not cut off")
{
	knell_reach reach = joined();

	CHECK_FALSE(knell_reach_count(&reach, 0, 1));
	CHECK_FALSE(knell_reach_cut(&reach));
	CHECK(knell_reach_tick(&reach) == 0);
}

TEST_CASE("a node that had a link and has none is cut off, tick by tick")
{
	knell_reach reach = joined();

	knell_reach_count(&reach, 1, 2);
	CHECK_FALSE(knell_reach_cut(&reach));
	knell_reach_count(&reach, 0, 2);
	CHECK(knell_reach_cut(&reach));
	CHECK(knell_reach_tick(&reach) == 1);
	CHECK(knell_reach_tick(&reach) == 2);
	CHECK(knell_reach_count(&reach, 1, 2));
	CHECK(reach.missed == 0);
	CHECK(knell_reach_tick(&reach) == 0);
}

TEST_CASE("a reconfiguration does not forget that there was a link, nor for how long there is none")
{
	knell_reach reach = joined();

	knell_reach_count(&reach, 1, 1);
	knell_reach_count(&reach, 0, 1);
	CHECK(knell_reach_tick(&reach) == 1);
	knell_reach_disarm(&reach);
	CHECK_FALSE(knell_reach_cut(&reach));
	knell_reach_arm(&reach, false);
	CHECK(knell_reach_cut(&reach));
	CHECK(knell_reach_tick(&reach) == 2);
}

TEST_CASE("a link that goes while nothing is armed is missed after a reconfiguration")
{
	knell_reach reach = joined();

	knell_reach_count(&reach, 1, 1);
	knell_reach_disarm(&reach);
	knell_reach_count(&reach, 0, 1);
	knell_reach_arm(&reach, false);
	CHECK(knell_reach_cut(&reach));
}

TEST_CASE("a node that joins again waits for its first link")
{
	knell_reach reach = joined();

	knell_reach_count(&reach, 1, 1);
	knell_reach_count(&reach, 0, 1);
	knell_reach_tick(&reach);
	knell_reach_arm(&reach, true);
	CHECK_FALSE(knell_reach_cut(&reach));
	CHECK(reach.missed == 0);
}

TEST_CASE("a node that joins while a link is up has seen it")
{
	knell_reach reach{};

	knell_reach_count(&reach, 1, 1);
	knell_reach_arm(&reach, true);
	knell_reach_count(&reach, 0, 1);
	CHECK(knell_reach_cut(&reach));
}

TEST_CASE("without routers there is nothing to be cut off from")
{
	knell_reach reach = joined();

	knell_reach_count(&reach, 1, 1);
	knell_reach_count(&reach, 0, 0);
	CHECK_FALSE(knell_reach_cut(&reach));
}
