// SPDX-License-Identifier: GPL-2.0
// The frame switch's pure parts: who may say what, and which frames were seen.
#include <catch2/catch.hpp>

#include "fabric/authority.h"
#include "fabric/dedupe.h"

namespace {

constexpr knell_speaker SERVER_2{2, false, true, 10};
constexpr knell_speaker ROUTER_1{1, true, false, 0};

knell_node_rec node(u16 id, u16 author, u8 status, u32 epoch, u32 seq)
{
	knell_node_rec rec{};

	rec.node = id;
	rec.author = author;
	rec.status = status;
	rec.epoch = epoch;
	rec.seq = seq;
	return rec;
}

knell_app_rec app(u16 author, u8 state, u16 owner, u32 owner_epoch, u32 version)
{
	knell_app_rec rec{};

	rec.app = 1;
	rec.author = author;
	rec.state = state;
	rec.owner = owner;
	rec.owner_epoch = owner_epoch;
	rec.version = version;
	return rec;
}

// Node 1 is the router that judges, node 9 another one.
bool router(u16 node)
{
	return node == 1 || node == 9;
}

knell_say say(const knell_speaker &by, const knell_node_rec &rec, const knell_node_rec &cur)
{
	return knell_may_say_node(&by, &rec, router(rec.author), &cur);
}

knell_say say(const knell_speaker &by, const knell_app_rec &rec, const knell_app_rec &cur,
	      bool restoring = false, bool others = false)
{
	const knell_judge judge{1, restoring, others};

	return knell_may_say_app(&by, &rec, router(rec.author), &cur, router(cur.author), &judge);
}

// To a router that is not the only one.
knell_say say_to_one_of_two(const knell_speaker &by, const knell_app_rec &rec, const knell_app_rec &cur)
{
	return say(by, rec, cur, false, true);
}

const knell_node_rec NODE_2 = node(2, 2, KNELL_STATUS_ACTIVE, 10, 5);
const knell_app_rec GRANTED_2 = app(1, KNELL_APP_STARTING, 2, 10, 4);

} // namespace

TEST_CASE("A server speaks for itself")
{
	CHECK(say(SERVER_2, node(2, 2, KNELL_STATUS_STANDBY, 10, 6), NODE_2) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, node(2, 2, KNELL_STATUS_DOWN, 10, ~0U), NODE_2) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, NODE_2, NODE_2) == KNELL_SAY_STALE);
	CHECK(say(SERVER_2, node(2, 2, KNELL_STATUS_DOWN, 9, ~0U), NODE_2) == KNELL_SAY_STALE);
}

TEST_CASE("A server does not speak for others, whoever it says wrote it")
{
	const knell_node_rec cur{};

	CHECK(say(SERVER_2, node(3, 3, KNELL_STATUS_DOWN, 10, ~0U), cur) == KNELL_SAY_FORGED);
	CHECK(say(SERVER_2, node(3, 2, KNELL_STATUS_DOWN, 10, ~0U), cur) == KNELL_SAY_FORGED);
	CHECK(say(SERVER_2, node(3, 1, KNELL_STATUS_LOST, 10, ~0U), cur) == KNELL_SAY_FORGED);
	CHECK(say(SERVER_2, node(2, 1, KNELL_STATUS_DOWN, 10, ~0U), NODE_2) == KNELL_SAY_FORGED);
}

TEST_CASE("Nobody says of himself that he is LOST")
{
	CHECK(say(SERVER_2, node(2, 2, KNELL_STATUS_LOST, 10, ~0U), NODE_2) == KNELL_SAY_FORGED);
	CHECK(say(ROUTER_1, node(2, 2, KNELL_STATUS_LOST, 10, ~0U), NODE_2) == KNELL_SAY_FORGED);
}

TEST_CASE("A router relays, and says LOST and DOWN of others but nothing else")
{
	CHECK(say(ROUTER_1, node(2, 2, KNELL_STATUS_STANDBY, 10, 6), NODE_2) == KNELL_SAY_NEWER);
	CHECK(say(ROUTER_1, node(2, 1, KNELL_STATUS_LOST, 10, ~0U), NODE_2) == KNELL_SAY_NEWER);
	CHECK(say(ROUTER_1, node(2, 1, KNELL_STATUS_DOWN, 10, ~0U), NODE_2) == KNELL_SAY_NEWER);
	CHECK(say(ROUTER_1, node(2, 1, KNELL_STATUS_STANDBY, 10, 6), NODE_2) == KNELL_SAY_FORGED);
	CHECK(say(ROUTER_1, node(2, 3, KNELL_STATUS_DOWN, 10, ~0U), NODE_2) == KNELL_SAY_FORGED);
}

TEST_CASE("An owner reports what was granted to it")
{
	for (const u8 state : {KNELL_APP_RUNNING, KNELL_APP_STOPPING, KNELL_APP_STOPPED,
			       KNELL_APP_ORPHAN, KNELL_APP_FAILED})
		CHECK(say(SERVER_2, app(2, state, 2, 10, 5), GRANTED_2) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, 3), GRANTED_2) == KNELL_SAY_STALE);
}

TEST_CASE("A server neither grants nor speaks for other owners")
{
	const knell_app_rec cur = app(1, KNELL_APP_STARTING, 3, 10, 4);

	CHECK(say(SERVER_2, app(2, KNELL_APP_STARTING, 2, 10, 5), GRANTED_2) == KNELL_SAY_FORGED);
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 3, 10, 5), cur) == KNELL_SAY_FORGED);
	CHECK(say(SERVER_2, app(3, KNELL_APP_RUNNING, 3, 10, 5), cur) == KNELL_SAY_FORGED);
	CHECK(say(SERVER_2, app(3, KNELL_APP_RUNNING, 2, 10, 5), GRANTED_2) == KNELL_SAY_FORGED);
}

TEST_CASE("A tie of versions is the router's")
{
	const knell_app_rec regranted = app(1, KNELL_APP_STARTING, 3, 7, 5);

	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, 5), regranted) == KNELL_SAY_STALE);
}

TEST_CASE("An owner that was cut off and went on counting is overruled")
{
	const knell_app_rec regranted = app(1, KNELL_APP_STARTING, 3, 7, 5);
	const knell_app_rec orphan = app(2, KNELL_APP_ORPHAN, 2, 10, 5);

	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, 9), regranted) == KNELL_SAY_OVERRULE);
	// The same node in another epoch is another owner.
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 11, 9), GRANTED_2) == KNELL_SAY_OVERRULE);
	// What it has given back it does not take again.
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, 9), orphan) == KNELL_SAY_OVERRULE);
	// A grant this router never gave.
	CHECK(say(SERVER_2, app(1, KNELL_APP_STARTING, 2, 10, 9), GRANTED_2) == KNELL_SAY_OVERRULE);
	// One that another router gave.
	CHECK(say(SERVER_2, app(9, KNELL_APP_STARTING, 2, 10, 9), regranted) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, app(9, KNELL_APP_STARTING, 3, 10, 9), regranted) == KNELL_SAY_FORGED);
}

TEST_CASE("A server cannot get what it is no candidate of, whoever it says granted it")
{
	const knell_speaker stranger{2, false, false, 10};
	const knell_app_rec orphan = app(1, KNELL_APP_ORPHAN, 3, 7, 6);

	CHECK(say(SERVER_2, app(9, KNELL_APP_STARTING, 2, 10, 7), orphan) == KNELL_SAY_NEWER);
	CHECK(say(stranger, app(9, KNELL_APP_STARTING, 2, 10, 7), orphan) == KNELL_SAY_FORGED);
	CHECK(say(stranger, app(2, KNELL_APP_RUNNING, 2, 10, 1), knell_app_rec{}) == KNELL_SAY_FORGED);
	// What it serves already it may serve on and give back.
	CHECK(say(stranger, app(2, KNELL_APP_RUNNING, 2, 10, 5), GRANTED_2) == KNELL_SAY_NEWER);
	CHECK(say(stranger, app(2, KNELL_APP_ORPHAN, 2, 10, 5), GRANTED_2) == KNELL_SAY_NEWER);
	CHECK(say(stranger, app(2, KNELL_APP_RUNNING, 2, 10, 9), orphan, true) == KNELL_SAY_NEWER);
}

TEST_CASE("One of several routers believes who lives and says that it holds it")
{
	const knell_app_rec others = app(3, KNELL_APP_RUNNING, 3, 7, 5);
	const knell_app_rec orphan = app(2, KNELL_APP_ORPHAN, 2, 10, 5);
	const knell_app_rec serves = app(2, KNELL_APP_RUNNING, 2, 10, 9);

	// Another router may have granted it, also once more.
	for (const knell_app_rec &cur : {others, orphan}) {
		CHECK(say(SERVER_2, serves, cur) == KNELL_SAY_OVERRULE);
		CHECK(say_to_one_of_two(SERVER_2, serves, cur) == KNELL_SAY_NEWER);
	}
	// Its word counts no more than anybody's.
	CHECK(say_to_one_of_two(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, 4), others) == KNELL_SAY_STALE);
	CHECK(say_to_one_of_two(SERVER_2, app(3, KNELL_APP_RUNNING, 3, 7, 9), others) == KNELL_SAY_FORGED);
	CHECK(say_to_one_of_two(SERVER_2, app(1, KNELL_APP_STARTING, 2, 10, 9), others) == KNELL_SAY_OVERRULE);
	CHECK(say_to_one_of_two({2, false, false, 10}, serves, others) == KNELL_SAY_FORGED);
}

TEST_CASE("One of several routers overrules an owner whose epoch is over")
{
	const knell_app_rec regranted = app(9, KNELL_APP_STARTING, 3, 7, 5);
	const knell_app_rec serves = app(2, KNELL_APP_RUNNING, 2, 10, 9);

	CHECK(say_to_one_of_two({2, false, true, 0}, serves, regranted) == KNELL_SAY_OVERRULE);
	CHECK(say_to_one_of_two({2, false, true, 11}, serves, regranted) == KNELL_SAY_OVERRULE);
	CHECK(say_to_one_of_two({2, false, true, 0}, app(2, KNELL_APP_RUNNING, 2, 0, 9), regranted) ==
	      KNELL_SAY_OVERRULE);
}

TEST_CASE("A server cannot use up the versions")
{
	const u32 far = 4 + KNELL_APP_VERSION_STEP;

	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, far), GRANTED_2) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, far + 1), GRANTED_2) == KNELL_SAY_FORGED);
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, ~0U), GRANTED_2) == KNELL_SAY_FORGED);
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, far + 1), GRANTED_2, true) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, ~0U), GRANTED_2, true) == KNELL_SAY_FORGED);
	CHECK(say(ROUTER_1, app(1, KNELL_APP_ORPHAN, 2, 10, ~0U), GRANTED_2) == KNELL_SAY_NEWER);
}

TEST_CASE("A router that restarted believes the owners")
{
	const knell_app_rec older = app(1, KNELL_APP_STARTING, 3, 7, 2);

	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, 9), knell_app_rec{}) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, app(1, KNELL_APP_STARTING, 2, 10, 9), knell_app_rec{}) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, app(2, KNELL_APP_RUNNING, 2, 10, 9), older, true) == KNELL_SAY_NEWER);
	CHECK(say(SERVER_2, app(3, KNELL_APP_RUNNING, 3, 10, 9), older, true) == KNELL_SAY_FORGED);
}

TEST_CASE("A router relays applications of anybody")
{
	CHECK(say(ROUTER_1, app(3, KNELL_APP_RUNNING, 3, 7, 9), GRANTED_2) == KNELL_SAY_NEWER);
	CHECK(say(ROUTER_1, app(1, KNELL_APP_FAILED, 0, 0, 9), GRANTED_2) == KNELL_SAY_NEWER);
	CHECK(say(ROUTER_1, app(3, KNELL_APP_RUNNING, 2, 7, 9), GRANTED_2) == KNELL_SAY_FORGED);
}

TEST_CASE("A frame is fresh once")
{
	knell_window window{};

	CHECK(knell_window_fresh(&window, 10, 1));
	CHECK_FALSE(knell_window_fresh(&window, 10, 1));
	CHECK(knell_window_fresh(&window, 10, 3));
	CHECK(knell_window_fresh(&window, 10, 2));
	CHECK_FALSE(knell_window_fresh(&window, 10, 2));
	CHECK_FALSE(knell_window_fresh(&window, 10, 3));
}

TEST_CASE("What is older than the window counts as seen")
{
	knell_window window{};

	CHECK(knell_window_fresh(&window, 10, 1000));
	CHECK(knell_window_fresh(&window, 10, 1000 - KNELL_WINDOW_BITS + 1));
	CHECK_FALSE(knell_window_fresh(&window, 10, 1000 - KNELL_WINDOW_BITS));
	CHECK_FALSE(knell_window_fresh(&window, 10, 1));
}

TEST_CASE("A jump beyond the window forgets what was below")
{
	knell_window window{};

	for (u32 seq = 1; seq <= KNELL_WINDOW_BITS; seq++)
		CHECK(knell_window_fresh(&window, 10, seq));
	CHECK(knell_window_fresh(&window, 10, 2 * KNELL_WINDOW_BITS + 5));
	CHECK(knell_window_fresh(&window, 10, 2 * KNELL_WINDOW_BITS + 4));
	CHECK_FALSE(knell_window_fresh(&window, 10, 2 * KNELL_WINDOW_BITS + 4));
	CHECK(knell_window_fresh(&window, 10, 0xffffffffU));
	CHECK_FALSE(knell_window_fresh(&window, 10, 0xffffffffU));
}

TEST_CASE("An epoch starts over, an older one is over")
{
	knell_window window{};

	CHECK(knell_window_fresh(&window, 10, 5));
	CHECK(knell_window_fresh(&window, 11, 5));
	CHECK_FALSE(knell_window_fresh(&window, 10, 6));
	CHECK(knell_window_fresh(&window, 11, 6));
}

TEST_CASE("Every sequence in any order is fresh exactly once")
{
	knell_window window{};
	unsigned int fresh = 0;

	for (u32 base = 0; base < 4096; base += 64)
		for (u32 i = 64; i > 0; i--) {
			fresh += knell_window_fresh(&window, 1, base + i);
			CHECK_FALSE(knell_window_fresh(&window, 1, base + i));
		}
	CHECK(fresh == 4096);
}

TEST_CASE("Through a server go what routers ask and what they are answered, nothing else")
{
	for (const bool origin : {false, true})
		for (const bool dest : {false, true})
			for (u8 kind = KNELL_FRAME_HELLO; kind <= KNELL_FRAME_MESSAGE; kind++)
				CHECK(knell_may_carry(kind, origin, dest) ==
				      ((kind == KNELL_FRAME_PROBE && origin) ||
				       (kind == KNELL_FRAME_PROBE_REPLY && dest)));
}
