// SPDX-License-Identifier: GPL-2.0
// Two arrays, one witness: who may serve, after which deaths, and who never may.
#include <catch2/catch.hpp>

#include "replica_world.hpp"

using namespace replica_world;
using Nodes = std::vector<std::uint16_t>;

TEST_CASE("a first start needs both replicas connected and up to date", "[replica]")
{
	Arrays arrays;

	SECTION("both there")
	{
		REQUIRE(arrays.take(4));
		CHECK(arrays.pair->ends[4].primary);
		CHECK(arrays.record().current == Nodes{4, 5});
		CHECK(arrays.replica(4)->verify());
	}
	SECTION("the first synchronisation is not finished")
	{
		arrays.pair->ends[5].up_to_date = false;
		auto refused = arrays.take(4);
		REQUIRE_FALSE(refused);
		CHECK(refused.error().text().find("witness is blank") != std::string::npos);
		CHECK_FALSE(arrays.pair->ends[4].primary);
	}
	SECTION("not connected")
	{
		arrays.pair->connected = false;
		CHECK_FALSE(arrays.take(4));
		CHECK(arrays.record().sequence == 0);
	}
}

TEST_CASE("the standby array takes over from a dead one, which is ruled out", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.die(4);
	REQUIRE(arrays.take(5));
	CHECK(arrays.pair->ends[5].primary);
	CHECK(arrays.record().current == Nodes{5});
	// The dead one was not dead: whatever it asks now, the answer is no.
	auto late = arrays.fence_peer(4);
	REQUIRE_FALSE(late);
	CHECK(late.error().code == reservation_conflict);
	CHECK(arrays.record().current == Nodes{5});
}

TEST_CASE("what the standby array lacks it never serves", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	// 5 goes; 4 is told it may go on alone, and acknowledges what 5 has not.
	arrays.pair->connected = false;
	REQUIRE(arrays.fence_peer(4));
	CHECK(arrays.record().current == Nodes{4});
	// Then 4 dies, and 5 is back.
	arrays.die(4);
	auto refused = arrays.take(5);
	REQUIRE_FALSE(refused);
	CHECK(refused.error().text().find("it lacks what was acknowledged") != std::string::npos);
	CHECK_FALSE(arrays.pair->ends[5].primary);
	CHECK_FALSE(load_grant(arrays.folders[5].path, "disk0"));
}

TEST_CASE("both ask at once: the witness lets one through", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.pair->connected = false;
	SECTION("the standby fences between the primary's look and its write")
	{
		arrays.medium->before_write = [&] {
			arrays.medium->before_write = {};
			arrays.world.nodes[4].status = KNELL_STATUS_LOST;
			REQUIRE(arrays.take(5));
		};
		auto late = arrays.fence_peer(4);
		REQUIRE_FALSE(late);
		CHECK(late.error().code == reservation_conflict);
		CHECK(arrays.record().current == Nodes{5});
		CHECK(arrays.pair->ends[5].primary);
	}
	SECTION("the primary has written before the standby fences")
	{
		REQUIRE(arrays.fence_peer(4));
		arrays.world.nodes[4].status = KNELL_STATUS_LOST;
		CHECK_FALSE(arrays.take(5));
		CHECK_FALSE(arrays.pair->ends[5].primary);
	}
}

TEST_CASE("an array that was ruled out is let back in when it has caught up, not before", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.die(4);
	REQUIRE(arrays.take(5));
	arrays.sites[4] = arrays.world.site(4, 11);
	arrays.pair->ends[4] = {};
	arrays.pair->connected = true;
	arrays.pair->ends[4].up_to_date = false;
	REQUIRE(arrays.replica(5)->after_relogin());
	CHECK(arrays.record().current == Nodes{5});
	arrays.pair->ends[4].up_to_date = true;
	REQUIRE(arrays.replica(5)->after_relogin());
	CHECK(arrays.record().current == Nodes{4, 5});
	// And serves again when the other one dies.
	arrays.die(5);
	REQUIRE(arrays.take(4));
	CHECK(arrays.record().current == Nodes{4});
}

TEST_CASE("a witness that is away gives no answer, and nobody goes on alone", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.pair->connected = false;
	arrays.medium->away = true;
	auto refused = arrays.fence_peer(4);
	REQUIRE_FALSE(refused);
	CHECK(refused.error().code != reservation_conflict);
	arrays.die(4);
	CHECK_FALSE(arrays.take(5));
	CHECK_FALSE(arrays.pair->ends[5].primary);
}

TEST_CASE("reservations cleared by hand are no permission", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.pair->connected = false;
	arrays.world.unit->registered.clear();
	arrays.world.unit->held = false;
	auto refused = arrays.fence_peer(4);
	REQUIRE_FALSE(refused);
	CHECK(refused.error().code == reservation_conflict);
	CHECK(arrays.record().current == Nodes{4, 5});
}

TEST_CASE("who was not granted the resource gets no for an answer", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.pair->connected = false;
	auto refused = arrays.fence_peer(5);
	REQUIRE_FALSE(refused);
	CHECK(refused.error().code == ENOENT);
	// Nor after it has let go.
	arrays.pair->connected = true;
	REQUIRE(arrays.replica(4)->undo(Release::orderly, soon()));
	CHECK(arrays.fence_peer(4).error().code == ENOENT);
}

TEST_CASE("a former primary that is still connected is cut off", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	SECTION("hung, and lost: at once")
	{
		arrays.world.nodes[4].status = KNELL_STATUS_LOST;
		arrays.pair->leaving = 2;
		REQUIRE(arrays.take(5));
		CHECK(arrays.pair->disconnects == 1);
		// The old connection went a moment later, and the peer can come back.
		CHECK(arrays.pair->waits[5]);
		CHECK(arrays.record().current == Nodes{5});
	}
	SECTION("a planned switch: it has let go, nothing is cut")
	{
		REQUIRE(arrays.replica(4)->undo(Release::orderly, soon()));
		REQUIRE(arrays.fence(4)->undo(Release::orderly, soon()));
		REQUIRE(arrays.take(5, true));
		CHECK(arrays.pair->disconnects == 0);
		CHECK(arrays.record().current == Nodes{4, 5});
	}
}

TEST_CASE("a replication that could go on without asking is not served", "[replica]")
{
	Arrays arrays;

	arrays.pair->ends[4].policy = Error{"not safe", "fencing is dont-care", ""};
	CHECK_FALSE(arrays.replica(4)->test());
	CHECK_FALSE(arrays.take(4));
	CHECK_FALSE(arrays.pair->ends[4].primary);
}

TEST_CASE("a damaged witness is mended only by what the replicas say", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.medium->slots[0].fill(0xa5);
	SECTION("connected: both are written anew")
	{
		REQUIRE(arrays.replica(4)->after_relogin());
		CHECK(arrays.record().current == Nodes{4, 5});
	}
	SECTION("alone: nobody knows")
	{
		arrays.die(4);
		auto refused = arrays.take(5);
		REQUIRE_FALSE(refused);
		CHECK(refused.error().text().find("witness is damaged") != std::string::npos);
		CHECK_FALSE(arrays.pair->ends[5].primary);
	}
}

TEST_CASE("a copy that cannot be served rules nobody out", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	// 5 left in good order: nobody was asked, its own disk says that it is outdated.
	arrays.pair->ends[5].whole = false;
	arrays.die(4);
	CHECK_FALSE(arrays.take(5));
	CHECK(arrays.record().current == Nodes{4, 5});
	// The other one may be served as soon as it is back.
	arrays.sites[4] = arrays.world.site(4, 11);
	arrays.pair->ends[4] = {};
	arrays.world.nodes[5].status = KNELL_STATUS_DOWN;
	CHECK(arrays.take(4));
}

TEST_CASE("a standby array that has not missed its peer yet lets itself in by nothing", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.pair->connected = false;
	REQUIRE(arrays.fence_peer(4));
	// In the words of 5 all is well.
	arrays.pair->connected = true;
	arrays.world.nodes[4].status = KNELL_STATUS_LOST;
	SECTION("the witness is readable")
	{
		CHECK_FALSE(arrays.take(5));
		CHECK(arrays.record().current == Nodes{4});
	}
	SECTION("the witness is damaged")
	{
		arrays.medium->slots[0].fill(0xa5);
		auto refused = arrays.take(5);
		REQUIRE_FALSE(refused);
		CHECK(refused.error().text().find("witness is damaged") != std::string::npos);
	}
	CHECK_FALSE(arrays.pair->ends[5].primary);
	CHECK_FALSE(load_grant(arrays.folders[5].path, "disk0"));
}

TEST_CASE("who has ruled its peer out already still asks the witness", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.pair->connected = false;
	REQUIRE(arrays.fence_peer(4));
	arrays.medium->before_write = [&] {
		arrays.medium->before_write = {};
		arrays.world.nodes[4].status = KNELL_STATUS_LOST;
		REQUIRE(arrays.fence(5)->run(soon()));
	};
	auto late = arrays.fence_peer(4);
	REQUIRE_FALSE(late);
	CHECK(late.error().code == reservation_conflict);
}

TEST_CASE("before a planned switch the peer that has caught up is named again", "[replica]")
{
	Arrays arrays;

	REQUIRE(arrays.take(4));
	arrays.pair->connected = false;
	REQUIRE(arrays.fence_peer(4));
	// Nothing was written meanwhile: no synchronisation, and nobody told.
	arrays.pair->connected = true;
	REQUIRE(arrays.replica(4)->undo(Release::orderly, soon()));
	CHECK(arrays.record().current == Nodes{4, 5});
	REQUIRE(arrays.fence(4)->undo(Release::orderly, soon()));
	CHECK(arrays.take(5, true));
}

TEST_CASE("the lock of a resource is waited for, but not for ever", "[replica]")
{
	Folder folder;
	auto held = lock_grant(folder.path, "disk0", soon());

	REQUIRE(held);
	CHECK_FALSE(lock_grant(folder.path, "disk0", soon(50ms)));
	held->reset();
	CHECK(lock_grant(folder.path, "disk0", soon()));
}

TEST_CASE("the witness record keeps what it is given, and nothing damaged passes", "[replica]")
{
	const WitnessRecord record{cluster, app, 0x0102030405060708, {4, 5}};
	auto block = encode_witness(record);

	CHECK(decode_witness(block) == record);
	for (std::size_t at : {0u, 9u, 10u, 15u, 23u, 25u, 27u, 4095u}) {
		auto spoiled = block;
		spoiled[at] ^= 1;
		CHECK_FALSE(decode_witness(spoiled));
	}
	CHECK_FALSE(decode_witness(std::span(block).first(512)));
	Arrays arrays;
	arrays.medium->slots[1] = encode_witness({cluster, app + 1, 3, {4}});
	auto store = arrays.store(4);
	auto foreign = read_witness(store, cluster, app);
	REQUIRE_FALSE(foreign);
	CHECK(foreign.error().text().find("another application") != std::string::npos);
}

TEST_CASE("the state of DRBD is read from its table", "[replica]")
{
	const std::string text =
		"version: 8.4.11 (api:1/proto:86-101)\nsrcversion: F73C\n"
		" 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n"
		"    ns:64 nr:0 dw:64 dr:0 al:9 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0\n"
		" 1: cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r-----\n"
		"    ns:0 nr:0 dw:0 dr:0 al:8 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0\n"
		"\t[=>..................] sync'ed: 10.0% (1024/2048)K\n"
		" 2: cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C s-----\n"
		" 3: cs:StandAlone ro:Secondary/Unknown ds:Consistent/Outdated   r-----\n"
		" 4: cs:Unconfigured\n";
	auto one = parse_drbd(text, {0});
	REQUIRE(one);
	CHECK(one->primary);
	CHECK(one->connected);
	CHECK(one->up_to_date);
	CHECK(one->peer_up_to_date);
	CHECK_FALSE(one->frozen);
	auto both = parse_drbd(text, {0, 1});
	REQUIRE(both);
	CHECK_FALSE(both->connected);
	CHECK_FALSE(both->peer_up_to_date);
	auto frozen = parse_drbd(text, {2});
	REQUIRE(frozen);
	CHECK(frozen->frozen);
	CHECK_FALSE(frozen->peer_up_to_date);
	auto alone = parse_drbd(text, {3});
	REQUIRE(alone);
	CHECK_FALSE(alone->connecting);
	CHECK(frozen->connecting);
	CHECK_FALSE(alone->up_to_date);
	CHECK(alone->whole);
	CHECK_FALSE(parse_drbd(" 0: cs:WFConnection ro:Secondary/Unknown ds:Outdated/DUnknown C r-----\n", {0})->whole);
	CHECK(parse_drbd(text, {4}).error().code == ENODEV);
	CHECK(parse_drbd(text, {9}).error().code == ENODEV);
	CHECK_FALSE(parse_drbd("", {0}));
}

TEST_CASE("only a safe configuration of DRBD passes", "[replica]")
{
	const std::string disk = "disk { fencing resource-and-stonith; on-io-error call-local-io-error; } ";
	const auto passes = [](const std::string &shown, const char *program = fence_peer_program) {
		return check_drbd_policy("disk0", shown, program).ok();
	};

	CHECK(passes(disk));
	CHECK(passes(disk + "net { protocol C; }"));
	CHECK_FALSE(passes(disk, "/sbin/drbdadm"));
	CHECK_FALSE(passes(""));
	CHECK_FALSE(passes("disk { fencing resource-only; on-io-error call-local-io-error; }"));
	CHECK_FALSE(passes("disk { fencing resource-and-stonith; on-io-error detach; }"));
	CHECK_FALSE(passes("disk { fencing resource-and-stonith; }"));
	CHECK_FALSE(passes(disk + "net { protocol A; }"));
	CHECK_FALSE(passes(disk + "net { allow-two-primaries yes; }"));
}
