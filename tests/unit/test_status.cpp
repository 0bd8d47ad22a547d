// SPDX-License-Identifier: GPL-2.0
// The own node's states and events.
#include <catch2/catch.hpp>
#include <cstring>
#include <set>
#include <string>

#include "membership/status.h"

namespace {

struct Step {
	u8 state, event, want_state, want_status, want_effects;
};

void check(const Step &step)
{
	const struct knell_self_next next = knell_self_next(step.state, step.event);

	INFO("state " << int(step.state) << " event " << int(step.event));
	REQUIRE(next.valid);
	CHECK(next.state == step.want_state);
	CHECK(next.effects == step.want_effects);
	if (next.effects & KNELL_DO_ANNOUNCE)
		CHECK(next.status == step.want_status);
}

constexpr u8 SAY = KNELL_DO_ANNOUNCE;

} // namespace

TEST_CASE("A node joins, is tested, serves and idles")
{
	check({KNELL_SELF_NONE, KNELL_EV_JOIN, KNELL_SELF_JOINING, KNELL_STATUS_JOINING, SAY});
	check({KNELL_SELF_JOINING, KNELL_EV_PASSED, KNELL_SELF_STANDBY, KNELL_STATUS_STANDBY, SAY});
	check({KNELL_SELF_STANDBY, KNELL_EV_SERVE, KNELL_SELF_ACTIVE, KNELL_STATUS_ACTIVE, SAY});
	check({KNELL_SELF_ACTIVE, KNELL_EV_IDLE, KNELL_SELF_STANDBY, KNELL_STATUS_STANDBY, SAY});
}

TEST_CASE("A node that was DOWN or LOST says RECOVERED first")
{
	check({KNELL_SELF_OUT, KNELL_EV_JOIN_AGAIN, KNELL_SELF_RECOVERED, KNELL_STATUS_RECOVERED, SAY});
	check({KNELL_SELF_JOINING, KNELL_EV_WAS_DOWN, KNELL_SELF_RECOVERED, KNELL_STATUS_RECOVERED, SAY});
	check({KNELL_SELF_RECOVERED, KNELL_EV_PASSED, KNELL_SELF_STANDBY, KNELL_STATUS_STANDBY, SAY});
	CHECK_FALSE(knell_self_next(KNELL_SELF_STANDBY, KNELL_EV_WAS_DOWN).valid);
}

TEST_CASE("A verdict makes any node that takes part DOWN and harmless")
{
	for (const u8 state : {KNELL_SELF_JOINING, KNELL_SELF_RECOVERED, KNELL_SELF_STANDBY,
			       KNELL_SELF_ACTIVE})
		check({state, KNELL_EV_FAIL, KNELL_SELF_LETTING_GO, KNELL_STATUS_DOWN,
		       SAY | KNELL_DO_HARMLESS});
}

TEST_CASE("A node that is told it is LOST or DOWN says nothing and lets go")
{
	for (const u8 state : {KNELL_SELF_JOINING, KNELL_SELF_RECOVERED, KNELL_SELF_STANDBY,
			       KNELL_SELF_ACTIVE})
		check({state, KNELL_EV_TOLD, KNELL_SELF_LETTING_GO, 0, KNELL_DO_LET_GO});
}

TEST_CASE("While it lets go only RELEASED leads on")
{
	for (u8 event = 0; event < KNELL_EV_COUNT; event++) {
		const struct knell_self_next next = knell_self_next(KNELL_SELF_LETTING_GO, event);

		if (event == KNELL_EV_RELEASED)
			CHECK(next.state == KNELL_SELF_OUT);
		else
			CHECK(next.state == KNELL_SELF_LETTING_GO);
		CHECK_FALSE(next.effects & KNELL_DO_ANNOUNCE);
	}
}

TEST_CASE("From OUT only a join leads on")
{
	for (u8 event = 0; event < KNELL_EV_COUNT; event++) {
		const struct knell_self_next next = knell_self_next(KNELL_SELF_OUT, event);
		const bool join = event == KNELL_EV_JOIN || event == KNELL_EV_JOIN_AGAIN;

		CHECK((next.state != KNELL_SELF_OUT) == join);
	}
}

TEST_CASE("A node that is not tested does not serve")
{
	CHECK_FALSE(knell_self_next(KNELL_SELF_JOINING, KNELL_EV_SERVE).valid);
	CHECK_FALSE(knell_self_next(KNELL_SELF_RECOVERED, KNELL_EV_SERVE).valid);
}

TEST_CASE("Whatever is announced as terminal ends in a state that does not take part")
{
	for (u8 state = 0; state < KNELL_SELF_COUNT; state++)
		for (u8 event = 0; event < KNELL_EV_COUNT; event++) {
			const struct knell_self_next next = knell_self_next(state, event);

			if (next.valid && (next.effects & KNELL_DO_ANNOUNCE) &&
			    next.status >= KNELL_STATUS_LEFT)
				CHECK_FALSE(knell_self_in(next.state));
			if (!next.valid)
				CHECK(next.state == state);
		}
}

TEST_CASE("States and events out of range change nothing")
{
	CHECK_FALSE(knell_self_next(KNELL_SELF_COUNT, KNELL_EV_JOIN).valid);
	CHECK_FALSE(knell_self_next(KNELL_SELF_NONE, KNELL_EV_COUNT).valid);
}

TEST_CASE("Every status, reason and state has a name of its own")
{
	std::set<std::string> names;

	for (u8 i = 0; i <= KNELL_STATUS_DOWN; i++)
		CHECK(names.insert(knell_status_name(i)).second);
	names.clear();
	for (u8 i = 0; i <= KNELL_REASON_TEST; i++)
		CHECK(names.insert(knell_reason_name(i)).second);
	names.clear();
	for (u8 i = 0; i <= KNELL_APP_FAILED; i++)
		CHECK(names.insert(knell_app_state_name(i)).second);
	CHECK(std::strcmp(knell_status_name(200), "?") == 0);
	CHECK(std::strcmp(knell_reason_name(200), "?") == 0);
	CHECK(std::strcmp(knell_app_state_name(200), "?") == 0);
}
