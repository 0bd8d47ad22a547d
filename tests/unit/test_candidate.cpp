// SPDX-License-Identifier: GPL-2.0
// Who takes an orphaned application.
#include <catch2/catch.hpp>
#include <linux/knell.h>
#include <vector>

#include "recovery/candidate.h"

namespace {

using List = std::vector<knell_candidate>;

constexpr u8 UNKNOWN = KNELL_STATUS_UNKNOWN, JOINING = KNELL_STATUS_JOINING,
	     STANDBY = KNELL_STATUS_STANDBY, ACTIVE = KNELL_STATUS_ACTIVE,
	     RECOVERED = KNELL_STATUS_RECOVERED, LEFT = KNELL_STATUS_LEFT,
	     LOST = KNELL_STATUS_LOST, DOWN = KNELL_STATUS_DOWN;

constexpr int NOBODY = -1, WAIT = -2, EXHAUSTED = -3;

knell_app_rec running(u16 owner, u32 epoch)
{
	knell_app_rec rec{};

	rec.app = 1;
	rec.state = KNELL_APP_RUNNING;
	rec.owner = owner;
	rec.owner_epoch = epoch;
	rec.version = 2;
	return rec;
}

knell_node_rec owner(u8 status, u32 epoch)
{
	knell_node_rec rec{};

	rec.node = 2;
	rec.status = status;
	rec.epoch = epoch;
	return rec;
}

bool orphaned(const knell_app_rec &rec, const knell_node_rec &node, u32 flags = 0)
{
	return knell_app_orphaned(&rec, flags, &node);
}

/// The node that is picked, or NOBODY, WAIT, EXHAUSTED.
int pick(const List &list, const knell_app_rec &rec, u32 flags = 0, bool grace = false)
{
	const knell_pick answer = knell_candidate_pick(list.data(), static_cast<unsigned>(list.size()),
						       &rec, flags, grace);

	switch (answer.kind) {
	case KNELL_PICK_NODE:
		return list[answer.index].node;
	case KNELL_PICK_WAIT:
		return WAIT;
	case KNELL_PICK_EXHAUSTED:
		return EXHAUSTED;
	default:
		return NOBODY;
	}
}

} // namespace

TEST_CASE("An application whose owner is alive is no orphan")
{
	for (const u8 status : {JOINING, STANDBY, ACTIVE, RECOVERED})
		CHECK_FALSE(orphaned(running(2, 10), owner(status, 10)));
	CHECK_FALSE(orphaned(running(2, 10), owner(UNKNOWN, 0)));
	const knell_app_rec rec = running(2, 10);
	CHECK_FALSE(knell_app_orphaned(&rec, 0, nullptr));
}

TEST_CASE("An application whose owner died, left or came back is an orphan")
{
	for (const u8 status : {LEFT, LOST, DOWN})
		CHECK(orphaned(running(2, 10), owner(status, 10)));
	CHECK(orphaned(running(2, 10), owner(JOINING, 11)));
	CHECK_FALSE(orphaned(running(2, 10), owner(DOWN, 9)));
}

TEST_CASE("LOST orphans only what something can stop")
{
	CHECK_FALSE(orphaned(running(2, 10), owner(LOST, 10), KNELL_APP_F_NO_VOLUME));
	CHECK(orphaned(running(2, 10), owner(LOST, 10),
		       KNELL_APP_F_NO_VOLUME | KNELL_APP_F_FENCE_NONE));
	CHECK(orphaned(running(2, 10), owner(DOWN, 10), KNELL_APP_F_NO_VOLUME));
	CHECK(orphaned(running(2, 10), owner(LOST, 11), KNELL_APP_F_NO_VOLUME));
}

TEST_CASE("States that need nobody")
{
	knell_app_rec rec = running(2, 10);

	rec.state = KNELL_APP_STOPPED;
	CHECK_FALSE(orphaned(rec, owner(DOWN, 10)));
	rec.state = KNELL_APP_FAILED;
	CHECK_FALSE(orphaned(rec, owner(DOWN, 10)));
	rec.state = KNELL_APP_ORPHAN;
	CHECK(orphaned(rec, owner(ACTIVE, 10)));
	CHECK(orphaned(knell_app_rec{}, owner(ACTIVE, 10)));
	rec.state = KNELL_APP_STOPPING;
	CHECK(orphaned(rec, owner(DOWN, 10)));
}

TEST_CASE("The first healthy candidate takes it")
{
	const knell_app_rec rec = running(2, 10);

	CHECK(pick({{2, DOWN, false, false}, {4, STANDBY, false, false}, {5, STANDBY, false, false}}, rec) == 4);
	CHECK(pick({{2, DOWN, false, false}, {4, LOST, false, false}, {5, STANDBY, false, false}}, rec) == 5);
	CHECK(pick({{2, STANDBY, false, false}, {4, STANDBY, false, false}}, rec) == 2);
	CHECK(pick({{2, DOWN, false, false}, {4, JOINING, false, false}}, rec) == NOBODY);
	CHECK(pick({{2, DOWN, false, false}, {4, RECOVERED, false, false}}, rec) == NOBODY);
}

TEST_CASE("An active node takes more only if it may")
{
	const knell_app_rec rec = running(2, 10);
	const List list{{2, DOWN, false, false}, {4, ACTIVE, false, false}, {5, ACTIVE, false, false}};

	CHECK(pick(list, rec) == NOBODY);
	CHECK(pick(list, rec, KNELL_APP_F_TAKEOVER_ANY) == 4);
	CHECK(pick({{2, DOWN, false, false}, {4, ACTIVE, false, false}, {5, STANDBY, false, false}}, rec,
		   KNELL_APP_F_TAKEOVER_ANY) == 5);
}

TEST_CASE("The home node takes its own even when it is active")
{
	CHECK(pick({{2, ACTIVE, false, false}, {4, STANDBY, false, false}}, running(4, 10)) == 2);
}

TEST_CASE("Who stands in for a dead node takes all of its applications")
{
	CHECK(pick({{2, DOWN, false, false}, {4, ACTIVE, true, false}, {5, STANDBY, false, false}}, running(2, 10)) == 4);
}

TEST_CASE("Candidates that were tried are skipped")
{
	knell_app_rec rec = running(4, 10);
	const List list{{2, DOWN, false, false}, {4, STANDBY, false, false}, {5, STANDBY, false, false}};

	rec.tried = 1U << 1;
	CHECK(pick(list, rec) == 5);
	rec.tried = 1U << 1 | 1U << 2;
	CHECK(pick(list, rec) == NOBODY);
	rec.tried = 7;
	CHECK(pick(list, rec) == EXHAUSTED);
}

TEST_CASE("A healthy preferred candidate comes first")
{
	knell_app_rec rec = running(2, 10);
	const List list{{2, STANDBY, false, false}, {4, STANDBY, false, false}, {5, STANDBY, false, false}};

	rec.prefer = 5;
	CHECK(pick(list, rec) == 5);
	rec.tried = 1U << 2;
	CHECK(pick(list, rec) == 2);
	rec.tried = 0;
	CHECK(pick({{2, STANDBY, false, false}, {4, STANDBY, false, false}, {5, DOWN, false, false}}, rec) == 2);
	rec.prefer = 9;
	CHECK(pick(list, rec) == 2);
}

TEST_CASE("Who released it in good order does not take it back")
{
	knell_app_rec rec = running(2, 10);
	const List list{{2, STANDBY, false, true}, {4, STANDBY, false, false}};
	const List alone{{2, STANDBY, false, true}, {4, DOWN, false, false}};

	rec.state = KNELL_APP_ORPHAN;
	CHECK(pick(list, rec) == 4);
	CHECK(pick(alone, rec) == NOBODY);
	CHECK(pick(alone, rec, KNELL_APP_F_TAKEOVER_ANY) == NOBODY);
	rec.prefer = 2;
	CHECK(pick(alone, rec) == 2);
}

TEST_CASE("A first start waits for those in front who were not heard of")
{
	const knell_app_rec fresh{};

	for (const u8 status : {UNKNOWN, JOINING, RECOVERED}) {
		const List list{{2, status, false, false}, {4, STANDBY, false, false}};

		CHECK(pick(list, fresh, 0, true) == WAIT);
		CHECK(pick(list, fresh, 0, false) == 4);
		CHECK(pick(list, running(5, 10), 0, true) == 4);
	}
	CHECK(pick({{2, STANDBY, false, false}, {4, UNKNOWN, false, false}}, fresh, 0, true) == 2);
	CHECK(pick({{2, DOWN, false, false}, {4, STANDBY, false, false}}, fresh, 0, true) == 4);
}

TEST_CASE("Healthy is judged candidate by candidate")
{
	const List list{{2, DOWN, false, false}, {4, ACTIVE, false, false}};
	knell_app_rec rec = running(2, 10);

	CHECK_FALSE(knell_candidate_healthy(list.data(), 2, 0, &rec, 0));
	CHECK_FALSE(knell_candidate_healthy(list.data(), 2, 1, &rec, 0));
	CHECK(knell_candidate_healthy(list.data(), 2, 1, &rec, KNELL_APP_F_TAKEOVER_ANY));
	CHECK_FALSE(knell_candidate_healthy(list.data(), 2, 2, &rec, KNELL_APP_F_TAKEOVER_ANY));
	rec.tried = 2;
	CHECK_FALSE(knell_candidate_healthy(list.data(), 2, 1, &rec, KNELL_APP_F_TAKEOVER_ANY));
}

TEST_CASE("the next owner is told whether who had it let go in good order")
{
	auto reason = [](u8 state, u16 owner, u8 why) {
		knell_app_rec rec{};

		rec.state = state;
		rec.owner = owner;
		rec.reason = why;
		return knell_grant_reason(&rec);
	};

	CHECK(reason(KNELL_APP_UNKNOWN, 0, KNELL_REASON_NONE) == KNELL_REASON_START);
	CHECK(reason(KNELL_APP_ORPHAN, 2, KNELL_REASON_PLANNED) == KNELL_REASON_PLANNED);
	CHECK(reason(KNELL_APP_ORPHAN, 2, KNELL_REASON_SHUTDOWN) == KNELL_REASON_PLANNED);
	CHECK(reason(KNELL_APP_ORPHAN, 2, KNELL_REASON_FENCED) == KNELL_REASON_TAKEOVER);
	CHECK(reason(KNELL_APP_ORPHAN, 2, KNELL_REASON_STEP) == KNELL_REASON_TAKEOVER);
	// Its owner died while it was serving, or letting go.
	CHECK(reason(KNELL_APP_RUNNING, 2, KNELL_REASON_PLANNED) == KNELL_REASON_TAKEOVER);
	CHECK(reason(KNELL_APP_STOPPING, 2, KNELL_REASON_SHUTDOWN) == KNELL_REASON_TAKEOVER);
}
