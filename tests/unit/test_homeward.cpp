// SPDX-License-Identifier: GPL-2.0
// failback, node activate and node standby: what is to be moved, and what is refused with which words.
#include "cli/homeward.hpp"
#include "cli_snapshot.hpp"

#include <catch2/catch.hpp>

using namespace knell;
using namespace knell::cli;

namespace {

/// The sample after a has come back: c still serves records, whose home is a.
Snapshot after_return()
{
	Snapshot s = sample();

	s.nodes[1].status = KNELL_STATUS_STANDBY;
	return s;
}

} // namespace

TEST_CASE("failback moves what is away from home, to its home", "[cli]")
{
	const Snapshot s = after_return();
	auto transfer = wanted_failback(s, {});

	REQUIRE(transfer);
	REQUIRE(transfer->moves.size() == 1);
	CHECK(transfer->moves[0].app.name == "records");
	CHECK(transfer->moves[0].from == 4);
	CHECK(transfer->moves[0].to == 2);
	CHECK(transfer->moves[0].asked == 2);
	CHECK(possible(s, transfer->moves));
	CHECK(wanted_failback(s, {"records", "1"})->moves.size() == 1);	// named twice, moved once
}

TEST_CASE("an active home node takes its application back", "[cli]")
{
	Snapshot s = after_return();

	s.nodes[1].status = KNELL_STATUS_ACTIVE;
	CHECK(possible(s, wanted_failback(s, {"records"})->moves));
}

TEST_CASE("nothing away from home is a success with words", "[cli]")
{
	const Snapshot s = after_return();
	auto home = wanted_failback(s, {"web"});

	REQUIRE(home);
	CHECK(home->moves.empty());
	CHECK(home->nothing == "application web is at home on node b");
	Snapshot all = s;
	all.apps[0].owner = 2;
	CHECK(wanted_failback(all, {})->moves.empty());
	CHECK(wanted_failback(all, {})->nothing == "no application is away from its home node");
	CHECK(wanted_activate(all, "a", "")->nothing == "nothing that is at home on node a is served elsewhere");
}

TEST_CASE("what cannot go home is refused before anything is ordered", "[cli]")
{
	Snapshot s = sample();	// a is down
	auto dead_home = possible(s, wanted_failback(s, {})->moves);

	REQUIRE_FALSE(dead_home);
	CHECK(dead_home.error().what == "node a cannot take application records");
	CHECK(dead_home.error().why == "a: down");

	s = after_return();
	s.apps[0].tried = 1;
	CHECK(possible(s, wanted_failback(s, {})->moves).error().why ==
	      "a: failed before (knellctl reset records)");

	s = after_return();
	s.cluster.maintenance = true;
	CHECK(possible(s, wanted_failback(s, {})->moves).error().hint == "knellctl maintenance off");

	s = after_return();
	s.nodes[3].status = KNELL_STATUS_DOWN;	// who has it is dead
	CHECK(possible(s, wanted_failback(s, {})->moves).error().what ==
	      "node c, which has application records, is not up");

	s = after_return();
	s.apps[0].state = KNELL_APP_STARTING;
	CHECK(possible(s, wanted_failback(s, {})->moves).error().what ==
	      "application records is not running yet or any more");
}

TEST_CASE("an application that nobody serves cannot be moved", "[cli]")
{
	Snapshot s = after_return();

	s.apps[0].state = KNELL_APP_FAILED;
	CHECK(wanted_failback(s, {"records"}).error().hint == "mend the cause, then knellctl reset records");
	CHECK(wanted_activate(s, "a", "records").error().why == "nobody serves it, it is failed");
	CHECK(wanted_failback(s, {})->moves.empty());	// the others go home nevertheless
	CHECK_FALSE(wanted_failback(s, {"nonsense"}));
}

TEST_CASE("activate moves what is at home on the node, or one application of which it is a candidate", "[cli]")
{
	Snapshot s = after_return();
	auto own = wanted_activate(s, "a", "");

	REQUIRE(own);
	REQUIRE(own->moves.size() == 1);
	CHECK(own->moves[0].to == 2);

	auto one = wanted_activate(s, "a", "web");	// at home on b, a is a candidate
	REQUIRE(one);
	CHECK(one->moves[0].from == 3);
	CHECK(one->moves[0].asked == 2);
	CHECK(possible(s, one->moves));
	CHECK(wanted_activate(s, "c", "records")->nothing == "node c serves application records already");

	CHECK(wanted_activate(s, "b", "records").error().what == "node b is not a candidate of application records");
	CHECK(wanted_activate(s, "c", "").error().what == "node c is not the home of any application");
	CHECK(wanted_activate(s, "r", "").error().what == "node r is a router");
	CHECK(wanted_activate(sample(), "a", "").error().why == "it is down");
	CHECK_FALSE(wanted_activate(s, "nobody", ""));
}

TEST_CASE("standby moves everything off the node by the standby order", "[cli]")
{
	const Snapshot s = after_return();
	auto transfer = wanted_standby(s, "c");

	REQUIRE(transfer);
	REQUIRE(transfer->moves.size() == 1);
	CHECK(transfer->moves[0].to == 2);
	CHECK(transfer->moves[0].asked == 0);
	CHECK(transfer->standby == 4);
	CHECK(wanted_standby(s, "a")->moves.empty());
	CHECK(wanted_standby(s, "a")->nothing == "node a serves nothing, it is standby");
	CHECK_FALSE(wanted_standby(sample(), "a"));
}
