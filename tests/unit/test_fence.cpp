// SPDX-License-Identifier: GPL-2.0
// The fence against a logical unit that follows SPC-4: takeover, races, release.
#include "fence_world.hpp"

#include "actions/scsi_path.hpp"

#include <catch2/catch.hpp>

using namespace fence_world;

TEST_CASE("a key is cluster, node and the low half of the epoch")
{
	Key made{0x4b4e0001, 2, 0x4d2a};

	CHECK(made.number() == 0x4b4e000100024d2aULL);
	CHECK(Key::from(made.number()) == made);
	CHECK(made.text() == "0x4b4e000100024d2a (node 2)");
}

TEST_CASE("the parameter list of PERSISTENT RESERVE OUT has both keys and APTPL")
{
	auto list = pr_out_parameters(0x0102030405060708, 0x1112131415161718);

	CHECK(list[0] == 0x01);
	CHECK(list[7] == 0x08);
	CHECK(list[8] == 0x11);
	CHECK(list[15] == 0x18);
	CHECK(list[20] == 0x01);
}

TEST_CASE("answers of PERSISTENT RESERVE IN are read, short ones refused")
{
	std::vector<std::uint8_t> keys{0, 0, 0, 9, 0, 0, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1};
	auto list = parse_keys(keys);
	REQUIRE(list);
	CHECK(list->generation == 9);
	CHECK(list->keys == std::vector<std::uint64_t>{0x0102030405060708, 1});
	keys.resize(20);	// cut short in the second key
	CHECK(parse_keys(keys)->keys.size() == 1);
	keys.resize(7);
	CHECK_FALSE(parse_keys(keys));

	std::vector<std::uint8_t> none{0, 0, 0, 9, 0, 0, 0, 0};
	CHECK_FALSE(parse_reservation(none)->held);
	std::vector<std::uint8_t> held(24);
	held[7] = 16;
	held[15] = 0x2a;
	held[21] = 5;
	auto reservation = parse_reservation(held);
	REQUIRE(reservation);
	CHECK(reservation->held);
	CHECK(reservation->key == 0x2a);
	CHECK(reservation->type == write_exclusive_registrants_only);
	held.resize(20);
	CHECK_FALSE(parse_reservation(held));
}

TEST_CASE("an untouched volume is registered on every path and reserved")
{
	World world;
	Site site = world.site(2, 100);
	Fence fence(site, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));

	REQUIRE(fence.run(soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"a1", key(2, 100)},
									     {"a2", key(2, 100)}});
	CHECK(world.unit->held);
	CHECK(world.unit->type == write_exclusive_registrants_only);
	CHECK(fence.verify());
	CHECK(fence.run(soon()));	// idempotent
	CHECK(world.unit->aborts == 0);
	CHECK_FALSE(world.unit->may_write("elsewhere"));
}

TEST_CASE("a takeover leaves the dead node without a key and without the right to write")
{
	World world;
	Site a = world.site(2, 100), c = world.site(4, 50);
	Fence serving(a, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));
	Fence standby(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	REQUIRE(serving.run(soon()));
	world.nodes[2].status = GENERATE(KNELL_STATUS_DOWN, KNELL_STATUS_LOST, KNELL_STATUS_LEFT,
					 KNELL_STATUS_UNKNOWN);
	REQUIRE(standby.run(soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"c1", key(4, 50)}});
	CHECK_FALSE(world.unit->may_write("a1"));
	CHECK_FALSE(world.unit->may_write("a2"));
	CHECK(world.unit->may_write("c1"));
	CHECK(world.unit->aborts >= 1);
	auto verdict = serving.verify();
	REQUIRE_FALSE(verdict);
	CHECK(verdict.error().code == reservation_conflict);
}

TEST_CASE("a volume held by a living node is not taken, and the loser leaves no key")
{
	World world;
	Site a = world.site(2, 100), c = world.site(4, 50);
	Fence serving(a, "/dev/x", fake::finder(world.unit, {"a1"}));
	Fence standby(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	REQUIRE(serving.run(soon()));
	world.nodes[2].status = KNELL_STATUS_ACTIVE;
	auto done = standby.run(soon());
	REQUIRE_FALSE(done);
	CHECK(done.error().text().find("alive") != std::string::npos);
	REQUIRE(standby.undo(Release::orderly, soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"a1", key(2, 100)}});
	CHECK(serving.verify());
	CHECK(world.unit->aborts == 0);
}

TEST_CASE("the key of an earlier life of a living node is preempted")
{
	World world;
	Site a = world.site(2, 100), c = world.site(4, 50);
	Fence serving(a, "/dev/x", fake::finder(world.unit, {"a1"}));
	Fence standby(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	REQUIRE(serving.run(soon()));
	world.nodes[2] = {KNELL_STATUS_STANDBY, 101};	// it is back and serves nothing
	CHECK(standby.run(soon()));
	CHECK(world.unit->registered.count("a1") == 0);
}

TEST_CASE("the node's own key of an earlier epoch is replaced, also on a path that is gone")
{
	World world;
	Site c = world.site(4, 51);
	world.unit->registered = {{"c1", key(4, 50)}, {"old", key(4, 50)}};
	world.unit->held = true;
	world.unit->holder = "old";
	world.unit->type = write_exclusive_registrants_only;
	Fence fence(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	REQUIRE(fence.run(soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"c1", key(4, 51)}});
	CHECK(fence.verify());
}

TEST_CASE("a standby that died half-way through a takeover is preempted too")
{
	World world;
	Site a = world.site(2, 100), b = world.site(3, 70), c = world.site(4, 50);
	Fence first(a, "/dev/x", fake::finder(world.unit, {"a1"}));
	REQUIRE(first.run(soon()));
	world.unit->registered["b1"] = key(3, 70);	// registered, then died
	world.nodes[2].status = KNELL_STATUS_DOWN;
	world.nodes[3].status = KNELL_STATUS_DOWN;
	Fence second(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	REQUIRE(second.run(soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"c1", key(4, 50)}});
}

TEST_CASE("two that take over at once: one holds, the other backs off")
{
	World world;
	Site a = world.site(2, 100), b = world.site(3, 70), c = world.site(4, 50);
	Fence dead(a, "/dev/x", fake::finder(world.unit, {"a1"}));
	REQUIRE(dead.run(soon()));
	world.nodes[2].status = KNELL_STATUS_DOWN;
	Fence one(b, "/dev/x", fake::finder(world.unit, {"b1"}));
	Fence two(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	// b goes through its whole fence between c's look and c's preempt.
	bool interfered = false;
	world.unit->before = [&](const std::string &command) {
		if (command == "preempt" && !interfered) {
			interfered = true;
			// b sees c registered but not holding; c backs off only later.
			world.unit->registered["b1"] = key(3, 70);
			fake::Path path(world.unit, "b1");
			REQUIRE(path.preempt_and_abort(key(3, 70), key(2, 100)));
		}
	};
	auto lost = two.run(soon());
	REQUIRE_FALSE(lost);
	REQUIRE(two.undo(Release::orderly, soon()));
	REQUIRE(one.run(soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"b1", key(3, 70)}});
	CHECK(one.verify());
}

TEST_CASE("a node preempted in the middle of its takeover does not register again")
{
	World world;
	Site a = world.site(2, 100), c = world.site(4, 50);
	Fence dead(a, "/dev/x", fake::finder(world.unit, {"a1"}));
	REQUIRE(dead.run(soon()));
	world.nodes[2].status = KNELL_STATUS_DOWN;
	Fence fence(c, "/dev/x", fake::finder(world.unit, {"c1"}));
	bool interfered = false;
	world.unit->before = [&](const std::string &command) {
		if (command == "preempt" && !interfered) {
			interfered = true;
			world.unit->registered.erase("c1");
		}
	};
	CHECK_FALSE(fence.run(soon()));
	CHECK(world.unit->registered.count("c1") == 0);
}

TEST_CASE("keys that are not of this cluster are not touched")
{
	World world;
	Site c = world.site(4, 50);
	world.unit->registered["x"] = 0x1234;
	Fence fence(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	auto done = fence.run(soon());
	REQUIRE_FALSE(done);
	REQUIRE(fence.undo(Release::orderly, soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"x", 0x1234}});
}

TEST_CASE("another type of reservation is not touched")
{
	World world;
	Site c = world.site(4, 50);
	world.unit->registered["x"] = key(2, 100);
	world.unit->held = true;
	world.unit->holder = "x";
	world.unit->type = 3;
	world.nodes[2].status = KNELL_STATUS_DOWN;
	Fence fence(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	CHECK_FALSE(fence.run(soon()));
	CHECK(world.unit->held);
}

TEST_CASE("a path that does not answer fails the fence and undo frees the others")
{
	World world;
	Site c = world.site(4, 50);
	world.unit->broken["c2"] = true;
	Fence fence(c, "/dev/x", fake::finder(world.unit, {"c1", "c2"}));

	CHECK_FALSE(fence.run(soon()));
	CHECK(fence.undo(Release::orderly, soon()));	// no key of ours is left
	CHECK(world.unit->registered.empty());
}

TEST_CASE("a registration behind a path that does not answer makes the release fail")
{
	World world;
	Site c = world.site(4, 50);
	Fence fence(c, "/dev/x", fake::finder(world.unit, {"c1", "c2"}));

	REQUIRE(fence.run(soon()));
	world.unit->broken["c2"] = true;
	CHECK_FALSE(fence.undo(Release::orderly, soon()));
	CHECK(fence.undo(Release::abandon, soon()));	// left for the next owner to preempt
	CHECK(world.unit->registered.at("c1") == key(4, 0));
}

TEST_CASE("who lets go leaves the reservation behind under the key of nobody")
{
	World world;
	Site a = world.site(2, 100), c = world.site(4, 50);
	Fence fence(a, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));
	Fence next(c, "/dev/x", fake::finder(world.unit, {"c1"}));
	auto how = GENERATE(Release::orderly, Release::abandon);

	REQUIRE(fence.run(soon()));
	world.unit->registered["other"] = key(4, 50);
	REQUIRE(fence.undo(how, soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{
						{"a1", key(2, 0)}, {"a2", key(2, 0)}, {"other", key(4, 50)}});
	CHECK(world.unit->held);
	CHECK_FALSE(world.unit->may_write("fenced before"));
	CHECK(fence.undo(how, soon()));	// idempotent
	CHECK_FALSE(fence.verify());

	// It is alive and a standby, yet what it left is not its own any more.
	world.unit->registered.erase("other");
	REQUIRE(next.run(soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"c1", key(4, 50)}});
	CHECK(world.unit->held);
}

TEST_CASE("who left the reservation behind may take it again")
{
	World world;
	Site a = world.site(2, 100);
	Fence fence(a, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));

	REQUIRE(fence.run(soon()));
	REQUIRE(fence.undo(Release::orderly, soon()));
	a.epoch = 101;
	REQUIRE(fence.run(soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"a1", key(2, 101)},
									     {"a2", key(2, 101)}});
	CHECK(fence.verify());
}

TEST_CASE("a node fenced while it lets go takes nothing back")
{
	World world;
	Site a = world.site(2, 100);
	Fence fence(a, "/dev/x", fake::finder(world.unit, {"a1"}));

	REQUIRE(fence.run(soon()));
	world.unit->before = [&](const std::string &command) {
		if (command == "register") {
			world.unit->registered = {{"c1", key(4, 50)}};
			world.unit->holder = "c1";
		}
	};
	REQUIRE(fence.undo(Release::orderly, soon()));
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"c1", key(4, 50)}});
	CHECK(world.unit->holder == "c1");
}

TEST_CASE("before the first join nothing is taken back")
{
	World world;
	Site a = world.site(2, 0);
	Fence fence(a, "/dev/x", fake::finder(world.unit, {"a1"}));

	world.unit->registered = {{"a1", key(2, 0)}};
	REQUIRE(fence.undo(Release::orderly, soon()));
	CHECK(world.unit->generation == 0);
}

TEST_CASE("a death of an epoch before does not count against a key of the next one")
{
	World world;
	Site a = world.site(2, 101), c = world.site(4, 50);
	Fence serving(a, "/dev/x", fake::finder(world.unit, {"a1"}));
	Fence late(c, "/dev/x", fake::finder(world.unit, {"c1"}));

	REQUIRE(serving.run(soon()));
	// Its grant is old: it has not heard that node 2 is back.
	world.nodes[2] = {static_cast<std::uint8_t>(GENERATE(KNELL_STATUS_DOWN, KNELL_STATUS_LOST, KNELL_STATUS_LEFT)), 100};
	CHECK_FALSE(late.run(soon()));
	CHECK(serving.verify());
	world.nodes[2].epoch = 101;
	CHECK(late.run(soon()));
}

TEST_CASE("a cancelled fence stops")
{
	World world;
	Site c = world.site(4, 50);
	world.unit->registered = {{"b1", key(3, 70)}};
	world.nodes[3] = {KNELL_STATUS_STANDBY, 70};	// alive, never goes away
	Fence fence(c, "/dev/x", fake::finder(world.unit, {"c1"}));
	std::stop_source stop;
	stop.request_stop();

	auto begin = Clock::now();
	CHECK_FALSE(fence.run({Clock::now() + 60s, stop.get_token(), false}));
	CHECK(Clock::now() - begin < 1s);
}
