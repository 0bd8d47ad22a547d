// SPDX-License-Identifier: GPL-2.0
// Recovery: when a router says that a silent node is lost.
#include <catch2/catch.hpp>

#include "recovery/silence.h"

namespace {

knell_silence_step over(bool asked, bool heard, bool others, bool witness)
{
	const knell_silence silence{asked, heard, others, witness};

	return knell_silence_over(&silence);
}

} // namespace

TEST_CASE("the only router decides alone, whatever else it reaches")
{
	CHECK(over(false, false, false, true) == KNELL_SILENCE_LOST);
	CHECK(over(false, false, false, false) == KNELL_SILENCE_LOST);
}

TEST_CASE("where there are other routers a node is asked for before it is lost")
{
	CHECK(over(false, false, true, true) == KNELL_SILENCE_ASK);
	CHECK(over(true, false, true, true) == KNELL_SILENCE_LOST);
}

TEST_CASE("a router that reaches nobody says nothing, asked or not")
{
	for (const bool asked : {false, true})
		for (const bool heard : {false, true})
			CHECK(over(asked, heard, true, false) == KNELL_SILENCE_HOLD);
}

TEST_CASE("a node that was answered for has the whole time again when nobody answers any more")
{
	CHECK(over(false, true, true, true) == KNELL_SILENCE_ASK);
	CHECK(over(true, true, true, true) == KNELL_SILENCE_AGAIN);
}

TEST_CASE("a node that was answered for has the whole time again when the routers that reached it died")
{
	CHECK(over(false, true, false, true) == KNELL_SILENCE_AGAIN);
	CHECK(over(false, false, false, true) == KNELL_SILENCE_LOST);
}
