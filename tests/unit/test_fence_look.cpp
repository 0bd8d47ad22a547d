// SPDX-License-Identifier: GPL-2.0
// The fence's look at the reservation when the storage came back, and what happens meanwhile.
#include "fence_world.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace fence_world;

TEST_CASE("after a re-login a new path is registered, a fenced node is not")
{
	World world;
	Site a = world.site(2, 100), c = world.site(4, 50);
	Fence one_path(a, "/dev/x", fake::finder(world.unit, {"a1"}));
	Fence two_paths(a, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));

	REQUIRE(one_path.run(soon()));
	REQUIRE(two_paths.after_relogin());
	CHECK(world.unit->registered.count("a2") == 1);

	world.nodes[2].status = KNELL_STATUS_LOST;
	Fence taker(c, "/dev/x", fake::finder(world.unit, {"c1"}));
	REQUIRE(taker.run(soon()));
	auto verdict = two_paths.after_relogin();
	REQUIRE_FALSE(verdict);
	CHECK(verdict.error().code == reservation_conflict);
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"c1", key(4, 50)}});
}

TEST_CASE("a node fenced while it registers a path again takes that registration back")
{
	World world;
	Site a = world.site(2, 100);
	Fence fence(a, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));
	Fence first(a, "/dev/x", fake::finder(world.unit, {"a1"}));

	REQUIRE(first.run(soon()));
	world.unit->before = [&](const std::string &command) {
		if (command == "register" && !world.unit->registered.count("c1")) {
			world.unit->registered = {{"c1", key(4, 50)}};
			world.unit->holder = "c1";
		}
	};
	CHECK_FALSE(fence.after_relogin());
	CHECK(world.unit->registered == std::map<std::string, std::uint64_t>{{"c1", key(4, 50)}});
}

TEST_CASE("while its session is gone a path is not asked, and nothing is concluded")
{
	World world;
	Site a = world.site(2, 100);
	Fence fence(a, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));
	std::vector<std::string> asked;

	REQUIRE(fence.run(soon()));
	world.unit->registered.clear();
	world.unit->held = false;
	world.unit->gone = {{"a1", true}, {"a2", true}};
	world.unit->before = [&](const std::string &command) { asked.push_back(command); };
	auto verdict = fence.after_relogin();
	REQUIRE_FALSE(verdict);
	CHECK(verdict.error().code == session_gone);
	CHECK(asked.empty());

	// One path is enough to see that it was fenced.
	world.unit->broken["a1"] = true;
	world.unit->gone = {{"a1", true}};
	verdict = fence.after_relogin();
	REQUIRE_FALSE(verdict);
	CHECK(verdict.error().code == reservation_conflict);
}

TEST_CASE("a look at the reservation that hangs registers nothing after the fence was undone")
{
	World world;
	Site a = world.site(2, 100);
	Fence fence(a, "/dev/x", fake::finder(world.unit, {"a1", "a2"}));
	std::mutex mutex;
	std::condition_variable changed;
	bool hangs = false, undoing = false, undone = false;

	REQUIRE(fence.run(soon()));
	world.unit->registered.erase("a2");
	const auto looker = std::this_thread::get_id();
	world.unit->before = [&](const std::string &command) {
		std::unique_lock lock(mutex);
		if (std::this_thread::get_id() != looker) {
			undoing = true;
			changed.notify_all();
		} else if (command == "read reservation" && !hangs) {
			hangs = true;
			changed.notify_all();
			// Who undoes now has this long to get in, which it must not.
			changed.wait_for(lock, 200ms, [&] { return undoing; });
			CHECK_FALSE(undoing);
		}
	};
	std::thread undoer([&] {
		{
			std::unique_lock lock(mutex);
			changed.wait(lock, [&] { return hangs; });
		}
		undone = fence.undo(Release::abandon, soon()).ok();
	});
	CHECK(fence.after_relogin());
	undoer.join();
	CHECK(undone);
	CHECK(undoing);
	for (const auto &[nexus, left] : world.unit->registered)
		CHECK(left != key(2, 100));
}

TEST_CASE("a target that forgot everything counts as fenced")
{
	World world;
	Site a = world.site(2, 100);
	Fence fence(a, "/dev/x", fake::finder(world.unit, {"a1"}));

	REQUIRE(fence.run(soon()));
	world.unit->registered.clear();
	world.unit->held = false;
	CHECK_FALSE(fence.after_relogin());
	CHECK(world.unit->registered.empty());
}
