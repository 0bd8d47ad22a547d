// SPDX-License-Identifier: GPL-2.0
// Health: from missed ticks to an answer, and from answers to one verdict.
#include <catch2/catch.hpp>

extern "C" {
#include "health/verdict.h"
}

namespace {

knell_tally armed(u32 limit)
{
	knell_tally tally;

	knell_tally_arm(&tally, limit);
	return tally;
}

} // namespace

TEST_CASE("a tally without a limit is off and stays off")
{
	knell_tally tally = armed(0);

	CHECK(tally.answer == KNELL_ANSWER_OFF);
	CHECK_FALSE(knell_tally_tick(&tally, false));
	CHECK_FALSE(knell_tally_report(&tally, 1000));
	CHECK_FALSE(knell_tally_fail(&tally));
	CHECK(tally.answer == KNELL_ANSWER_OFF);
	CHECK(tally.runs == 0);
}

TEST_CASE("the answer changes exactly at the limit")
{
	knell_tally tally = armed(3);

	CHECK(tally.answer == KNELL_ANSWER_OK);
	CHECK_FALSE(knell_tally_tick(&tally, false));
	CHECK_FALSE(knell_tally_tick(&tally, false));
	CHECK(tally.answer == KNELL_ANSWER_OK);
	CHECK(knell_tally_tick(&tally, false));
	CHECK(tally.answer == KNELL_ANSWER_NO);
	CHECK(tally.missed == 3);
	CHECK(tally.runs == 3);
}

TEST_CASE("one tick in which something moved starts the count afresh")
{
	knell_tally tally = armed(2);

	knell_tally_tick(&tally, false);
	CHECK_FALSE(knell_tally_tick(&tally, true));
	CHECK(tally.missed == 0);
	CHECK_FALSE(knell_tally_tick(&tally, false));
	CHECK(tally.answer == KNELL_ANSWER_OK);
}

TEST_CASE("a machine that stood still misses no tick")
{
	// Ten seconds away: no tick came meanwhile, then one, and the helper pets again.
	knell_tally tally = armed(5);

	knell_tally_tick(&tally, true);
	CHECK_FALSE(knell_tally_tick(&tally, false));
	CHECK_FALSE(knell_tally_tick(&tally, true));
	CHECK(tally.answer == KNELL_ANSWER_OK);
}

TEST_CASE("an answer changes back, and each change is told once")
{
	knell_tally tally = armed(1);

	CHECK(knell_tally_tick(&tally, false));
	CHECK_FALSE(knell_tally_tick(&tally, false));
	CHECK(knell_tally_tick(&tally, true));
	CHECK(tally.answer == KNELL_ANSWER_OK);
	CHECK_FALSE(knell_tally_tick(&tally, true));
}

TEST_CASE("the count of missed ticks does not wrap around to OK")
{
	knell_tally tally = armed(4);

	knell_tally_report(&tally, U32_MAX);
	CHECK_FALSE(knell_tally_tick(&tally, false));
	CHECK(tally.missed == U32_MAX);
	CHECK(tally.answer == KNELL_ANSWER_NO);
}

TEST_CASE("a failure is a NO at once")
{
	knell_tally tally = armed(12);

	CHECK(knell_tally_fail(&tally));
	CHECK(tally.answer == KNELL_ANSWER_NO);
	CHECK_FALSE(knell_tally_fail(&tally));
}

TEST_CASE("arming again forgets everything")
{
	knell_tally tally = armed(1);

	knell_tally_tick(&tally, false);
	knell_tally_arm(&tally, 2);
	CHECK(tally.answer == KNELL_ANSWER_OK);
	CHECK(tally.missed == 0);
	CHECK(tally.runs == 0);
}

TEST_CASE("the verdict is one edge and keeps its first reason")
{
	knell_verdict verdict;
	knell_tally well = armed(1), ill = armed(1);

	knell_verdict_reset(&verdict);
	knell_tally_fail(&ill);
	CHECK_FALSE(knell_verdict_judge(&verdict, &well, KNELL_REASON_CPU));
	CHECK(verdict.reason == KNELL_REASON_NONE);
	CHECK(knell_verdict_judge(&verdict, &ill, KNELL_REASON_HELPER));
	CHECK_FALSE(knell_verdict_judge(&verdict, &ill, KNELL_REASON_STORAGE));
	CHECK(verdict.reason == KNELL_REASON_HELPER);
	CHECK_FALSE(knell_verdict_judge(&verdict, &well, KNELL_REASON_HELPER));
	CHECK(verdict.reason == KNELL_REASON_HELPER);

	knell_verdict_reset(&verdict);
	CHECK(knell_verdict_judge(&verdict, &ill, KNELL_REASON_STORAGE));
}
