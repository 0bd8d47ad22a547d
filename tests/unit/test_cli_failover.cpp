// SPDX-License-Identifier: GPL-2.0
// knellctl failover: who would take what, and how a switch is judged.
#include <catch2/catch.hpp>

#include "cli/moves.hpp"
#include "cli/switchover.hpp"
#include "cli_snapshot.hpp"

using namespace knell;
using namespace knell::cli;

namespace {

netlink::AppRecord next(const netlink::AppRecord &last, std::uint8_t state, std::uint16_t owner)
{
	netlink::AppRecord record = last;

	record.state = state;
	record.owner = owner;
	record.version++;
	return record;
}

} // namespace

TEST_CASE("a standby takes over, by the order of candidates", "[cli]")
{
	Snapshot s = sample();

	s.nodes[1].status = KNELL_STATUS_STANDBY; // a is back
	const auto moves = predict_moves(s, 4, 0, 0);

	REQUIRE(moves.size() == 1);
	CHECK(moves[0].app.name == "records");
	CHECK(moves[0].to == 2);
	CHECK(moves_text(s, moves) == "records: c -> a\n");
	CHECK(moves_json(s, moves)[0]["to"] == "a");
	CHECK(predict_moves(s, 2, 0, 0).empty());
	CHECK(predict_moves(s, 4, 2, 0).empty());
}

TEST_CASE("who cannot take it is told with the reason", "[cli]")
{
	Snapshot s = sample();
	auto moves = predict_moves(s, 3, 0, 0);

	REQUIRE(moves.size() == 1);
	CHECK(moves[0].to == KNELL_NODE_NONE);
	CHECK(moves_text(s, moves) == "web: b -> nobody\n  not a: down\n  not c: active\n");
	CHECK(moves_json(s, moves)[0]["to"].is_null());

	s.apps[1].flags = KNELL_APP_F_TAKEOVER_ANY;
	CHECK(predict_moves(s, 3, 0, 0)[0].to == 4);
	s.nodes[1].status = KNELL_STATUS_ACTIVE; // two active nodes: the order, or the preferred one
	CHECK(predict_moves(s, 3, 0, 0)[0].to == 2);
	CHECK(predict_moves(s, 3, 0, 4)[0].to == 4);

	s.nodes[1].status = KNELL_STATUS_STANDBY; // a standby goes before any active node
	CHECK(predict_moves(s, 3, 0, 0)[0].to == 2);
	CHECK(predict_moves(s, 3, 0, 4)[0].to == 2);

	s.apps[1].tried = 2;
	CHECK(predict_moves(s, 3, 0, 0)[0].to == 4);
	s.apps[1].tried = 6;
	moves = predict_moves(s, 3, 0, 0);
	CHECK(moves[0].to == KNELL_NODE_NONE);
	CHECK(moves[0].skipped[0] == "a: failed before (knellctl reset web)");
}

TEST_CASE("who took one application of a node takes its others too", "[cli]")
{
	Snapshot s = sample();

	s.apps[1].candidates = {2, 3, 4}; // web is at home on a, served by b; c serves records of a
	CHECK(predict_moves(s, 3, 0, 0)[0].to == 4);
}

TEST_CASE("the preferred node is asked first", "[cli]")
{
	Snapshot s = sample();

	s.nodes[1].status = s.nodes[3].status = KNELL_STATUS_STANDBY;
	CHECK(predict_moves(s, 3, 2, 0)[0].to == 2);
	CHECK(predict_moves(s, 3, 2, 4)[0].to == 4);
}

TEST_CASE("a switch is over when every application arrived", "[cli]")
{
	Snapshot s = sample();

	s.nodes[1].status = KNELL_STATUS_STANDBY;
	Switchover progress(predict_moves(s, 4, 0, 0));
	netlink::AppRecord record = s.apps[0];

	CHECK(progress.feed(s, record).empty()); // nothing new
	CHECK(progress.feed(s, s.apps[1]).empty()); // not ordered
	record = next(record, KNELL_APP_STOPPING, 4);
	CHECK(progress.feed(s, record) == "records: c lets go");
	CHECK(progress.feed(s, s.apps[0]).empty()); // old news
	record = next(record, KNELL_APP_ORPHAN, 4);
	record.reason = KNELL_REASON_PLANNED;
	CHECK(progress.feed(s, record) == "records: let go (planned)");
	record = next(record, KNELL_APP_STARTING, 2);
	CHECK(progress.feed(s, record) == "records: starting on a");
	CHECK_FALSE(progress.over());
	CHECK(progress.pending() == std::vector<std::string>{"records"});
	record = next(record, KNELL_APP_RUNNING, 2);
	CHECK(progress.feed(s, record) == "records: running on a");
	CHECK(progress.over());
	CHECK(progress.ok());
	CHECK(progress.pending().empty());
}

TEST_CASE("a switch fails when the application went back, failed or is elsewhere", "[cli]")
{
	const Snapshot s = sample();
	const auto moves = predict_moves(s, 4, 0, 0);
	const netlink::AppRecord &first = s.apps[0];

	Switchover back(moves);
	const auto orphan = next(first, KNELL_APP_ORPHAN, 4);

	back.feed(s, orphan);
	back.feed(s, next(orphan, KNELL_APP_RUNNING, 4));
	CHECK(back.over());
	CHECK(back.outcome(1) == Switchover::Outcome::failed);

	Switchover failed(moves);

	failed.feed(s, next(first, KNELL_APP_FAILED, 4));
	CHECK(failed.over());
	CHECK_FALSE(failed.ok());

	Switchover elsewhere(predict_moves(s, 4, 0, 2));

	elsewhere.feed(s, next(first, KNELL_APP_RUNNING, 3));
	CHECK(elsewhere.outcome(1) == Switchover::Outcome::not_there);
	CHECK_FALSE(elsewhere.ok());

	CHECK(Switchover({}).ok()); // nothing to move is a success
}
