// SPDX-License-Identifier: GPL-2.0
// Frames and what they carry: what is written is read back, and nothing else is accepted.
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <vector>

#include "fabric/wire.h"

namespace {

using Bytes = std::vector<u8>;

knell_frame_info some_header(u16 length)
{
	knell_frame_info info{};

	info.kind = KNELL_FRAME_NODE;
	info.hops = KNELL_HOP_LIMIT;
	info.cluster = 0x4b4e0001;
	info.origin = 2;
	info.dest = KNELL_NODE_ALL;
	info.epoch = 1001;
	info.seq = 7;
	info.length = length;
	return info;
}

Bytes frame(const knell_frame_info &info)
{
	Bytes bytes(KNELL_FRAME_HDR_LEN + info.length);

	knell_wire_put_header(bytes.data(), &info);
	return bytes;
}

int header(const Bytes &bytes, knell_frame_info *info)
{
	return knell_wire_get_header(bytes.data(), bytes.size(), info);
}

knell_node_rec some_node()
{
	knell_node_rec rec{};

	rec.node = 2;
	rec.author = 2;
	rec.status = KNELL_STATUS_ACTIVE;
	rec.reason = KNELL_REASON_TEST;
	rec.role = KNELL_ROLE_SERVER;
	rec.epoch = 1001;
	rec.seq = 3;
	rec.generation = 9;
	rec.mib_hash = 0xdeadbeef;
	rec.stamp_ns = 0x0123456789abcdefULL;
	return rec;
}

knell_app_rec some_app()
{
	knell_app_rec rec{};

	rec.app = 1;
	rec.author = 1;
	rec.state = KNELL_APP_RUNNING;
	rec.reason = KNELL_REASON_TAKEOVER;
	rec.owner = 4;
	rec.owner_epoch = 1001;
	rec.from = 2;
	rec.prefer = 0;
	rec.version = 5;
	rec.tried = 2;
	rec.stamp_ns = 42;
	return rec;
}

} // namespace

TEST_CASE("A frame header comes back as it was written")
{
	const Bytes bytes = frame(some_header(32));
	knell_frame_info info{};

	REQUIRE(bytes[0] == KNELL_WIRE_VERSION);
	REQUIRE(bytes[1] == KNELL_FRAME_NODE);
	REQUIRE(header(bytes, &info) == 0);
	CHECK(info.kind == KNELL_FRAME_NODE);
	CHECK(info.hops == KNELL_HOP_LIMIT);
	CHECK(info.cluster == 0x4b4e0001);
	CHECK(info.origin == 2);
	CHECK(info.dest == KNELL_NODE_ALL);
	CHECK(info.epoch == 1001);
	CHECK(info.seq == 7);
	CHECK(info.length == 32);
}

TEST_CASE("A frame of another version is told apart from a malformed one")
{
	Bytes bytes = frame(some_header(0));
	knell_frame_info info{};

	bytes[0] = KNELL_WIRE_VERSION + 1;
	CHECK(header(bytes, &info) == -EPROTONOSUPPORT);
	bytes[0] = 0;
	CHECK(header(bytes, &info) == -EPROTONOSUPPORT);
}

TEST_CASE("A frame header with anything wrong is refused")
{
	knell_frame_info info{};
	knell_frame_info wrong = some_header(16);

	SECTION("too many hops") { wrong.hops = KNELL_HOP_LIMIT + 1; }
	SECTION("no cluster") { wrong.cluster = 0; }
	SECTION("no origin") { wrong.origin = KNELL_NODE_NONE; }
	SECTION("origin out of range") { wrong.origin = KNELL_NODE_MAX + 1; }
	SECTION("origin is all") { wrong.origin = KNELL_NODE_ALL; }
	SECTION("no destination") { wrong.dest = KNELL_NODE_NONE; }
	SECTION("destination out of range") { wrong.dest = KNELL_NODE_MAX + 1; }
	SECTION("no epoch") { wrong.epoch = 0; }
	CHECK(header(frame(wrong), &info) == -EBADMSG);
}

TEST_CASE("Without a cluster only neighbours speak, and only of what is for helpers")
{
	knell_frame_info info{};
	knell_frame_info hello = {};

	hello.dest = KNELL_NODE_ALL;
	hello.length = 16;
	for (u8 kind : {KNELL_FRAME_MESSAGE, KNELL_FRAME_HELLO}) {
		hello.kind = kind;
		REQUIRE(header(frame(hello), &info) == 0);
		CHECK(info.cluster == 0);
	}

	knell_frame_info wrong = hello;
	SECTION("a record") { wrong.kind = KNELL_FRAME_NODE; }
	SECTION("an order") { wrong.kind = KNELL_FRAME_ORDER; }
	SECTION("a hop further") { wrong.hops = 1; }
	SECTION("an origin") { wrong.origin = 2; }
	SECTION("an epoch") { wrong.epoch = 1; }
	SECTION("a sequence") { wrong.seq = 1; }
	SECTION("a destination") { wrong.dest = 2; }
	CHECK(header(frame(wrong), &info) == -EBADMSG);
}

TEST_CASE("The length of a frame must be exact")
{
	knell_frame_info info{};
	Bytes bytes = frame(some_header(16));

	SECTION("one octet too few") { bytes.pop_back(); }
	SECTION("one octet too many") { bytes.push_back(0); }
	SECTION("shorter than a header") { bytes.resize(KNELL_FRAME_HDR_LEN - 1); }
	SECTION("empty") { bytes.clear(); }
	SECTION("longer than any frame") { bytes.resize(KNELL_FRAME_MAX + 1); }
	CHECK(header(bytes, &info) == -EBADMSG);
}

TEST_CASE("Flags and reserved fields of a frame header must be 0")
{
	knell_frame_info info{};

	for (const std::size_t at : {3U, 22U, 23U}) {
		Bytes bytes = frame(some_header(0));

		bytes[at] = 1;
		CHECK(header(bytes, &info) == -EBADMSG);
	}
}

TEST_CASE("Kinds this version handles")
{
	CHECK_FALSE(knell_wire_kind_known(0));
	CHECK(knell_wire_kind_known(KNELL_FRAME_HELLO));
	CHECK(knell_wire_kind_known(KNELL_FRAME_MESSAGE));
	CHECK_FALSE(knell_wire_kind_known(KNELL_FRAME_PACKET));
	CHECK_FALSE(knell_wire_kind_known(KNELL_FRAME_MIB));
	CHECK_FALSE(knell_wire_kind_known(255));
}

TEST_CASE("How many records a frame carries")
{
	CHECK(knell_wire_records(32) == 1);
	CHECK(knell_wire_records(32 * KNELL_RECORDS_MAX) == static_cast<int>(KNELL_RECORDS_MAX));
	CHECK(knell_wire_records(0) == -EBADMSG);
	CHECK(knell_wire_records(31) == -EBADMSG);
	CHECK(knell_wire_records(33) == -EBADMSG);
	CHECK(knell_wire_records(65535) == -EBADMSG);
}

TEST_CASE("A node record comes back as it was written")
{
	const knell_node_rec rec = some_node();
	u8 wire[sizeof(knell_wire_node)];
	knell_node_rec back{};

	knell_wire_put_node(wire, &rec);
	REQUIRE(knell_wire_get_node(wire, sizeof(wire), 0, &back) == 0);
	CHECK(back.node == rec.node);
	CHECK(back.author == rec.author);
	CHECK(back.status == rec.status);
	CHECK(back.reason == rec.reason);
	CHECK(back.role == rec.role);
	CHECK(back.epoch == rec.epoch);
	CHECK(back.seq == rec.seq);
	CHECK(back.generation == rec.generation);
	CHECK(back.mib_hash == rec.mib_hash);
	CHECK(back.stamp_ns == rec.stamp_ns);
	CHECK(knell_wire_get_node(wire, sizeof(wire), 1, &back) == -EBADMSG);
	CHECK(knell_wire_get_node(wire, sizeof(wire) - 1, 0, &back) == -EBADMSG);
}

TEST_CASE("A node record with anything wrong is refused")
{
	knell_node_rec rec = some_node();

	SECTION("no node") { rec.node = 0; }
	SECTION("node out of range") { rec.node = KNELL_NODE_MAX + 1; }
	SECTION("no author") { rec.author = 0; }
	SECTION("status nobody says") { rec.status = KNELL_STATUS_UNKNOWN; }
	SECTION("status out of range") { rec.status = KNELL_STATUS_DOWN + 1; }
	SECTION("reason out of range") { rec.reason = KNELL_REASON_TEST + 1; }
	SECTION("no role") { rec.role = 0; }
	SECTION("role out of range") { rec.role = KNELL_ROLE_ARRAY + 1; }
	SECTION("no epoch") { rec.epoch = 0; }
	SECTION("no sequence") { rec.seq = 0; }
	SECTION("terminal without the terminal sequence") { rec.status = KNELL_STATUS_DOWN; }
	SECTION("terminal sequence without a terminal status") { rec.seq = KNELL_SEQ_TERMINAL; }
	CHECK(knell_wire_check_node(&rec) == -EBADMSG);
}

TEST_CASE("Flags of a node record must be 0")
{
	const knell_node_rec rec = some_node();
	u8 wire[sizeof(knell_wire_node)];
	knell_node_rec back{};

	knell_wire_put_node(wire, &rec);
	wire[7] = 1;
	CHECK(knell_wire_get_node(wire, sizeof(wire), 0, &back) == -EBADMSG);
}

TEST_CASE("An application record comes back as it was written")
{
	const knell_app_rec rec = some_app();
	u8 wire[2 * sizeof(knell_wire_app)] = {};
	knell_app_rec back{};

	knell_wire_put_app(wire + sizeof(knell_wire_app), &rec);
	REQUIRE(knell_wire_get_app(wire, sizeof(wire), 1, &back) == 0);
	CHECK(back.app == rec.app);
	CHECK(back.author == rec.author);
	CHECK(back.state == rec.state);
	CHECK(back.reason == rec.reason);
	CHECK(back.owner == rec.owner);
	CHECK(back.owner_epoch == rec.owner_epoch);
	CHECK(back.from == rec.from);
	CHECK(back.prefer == rec.prefer);
	CHECK(back.version == rec.version);
	CHECK(back.tried == rec.tried);
	CHECK(back.stamp_ns == rec.stamp_ns);
	CHECK(knell_wire_get_app(wire, sizeof(wire), 0, &back) == -EBADMSG);
	CHECK(knell_wire_get_app(wire, sizeof(wire), 2, &back) == -EBADMSG);
}

TEST_CASE("An application record with anything wrong is refused")
{
	knell_app_rec rec = some_app();

	SECTION("no application") { rec.app = 0; }
	SECTION("application out of range") { rec.app = KNELL_APP_MAX + 1; }
	SECTION("no author") { rec.author = 0; }
	SECTION("state nobody says") { rec.state = KNELL_APP_UNKNOWN; }
	SECTION("state out of range") { rec.state = KNELL_APP_FAILED + 1; }
	SECTION("reason out of range") { rec.reason = 255; }
	SECTION("no version") { rec.version = 0; }
	SECTION("owner out of range") { rec.owner = KNELL_NODE_MAX + 1; }
	SECTION("from out of range") { rec.from = KNELL_NODE_MAX + 1; }
	SECTION("prefer out of range") { rec.prefer = KNELL_NODE_ALL; }
	SECTION("more candidates tried than there can be") { rec.tried = 1 << 16; }
	SECTION("owner without an epoch") { rec.owner_epoch = 0; }
	SECTION("epoch without an owner") { rec.owner = 0; }
	SECTION("runs nowhere") { rec.owner = 0, rec.owner_epoch = 0; }
	CHECK(knell_wire_check_app(&rec) == -EBADMSG);
}

TEST_CASE("An orphan needs no owner")
{
	knell_app_rec rec = some_app();

	rec.state = KNELL_APP_ORPHAN;
	rec.owner = 0;
	rec.owner_epoch = 0;
	CHECK(knell_wire_check_app(&rec) == 0);
}

TEST_CASE("HELLO is checked")
{
	knell_hello hello{2, KNELL_ROLE_SERVER, 1001, 5, 6, 7}, back{};
	u8 wire[sizeof(knell_wire_hello)];
	int want = -EBADMSG;

	SECTION("good") { want = 0; }
	SECTION("no node") { hello.node = 0; }
	SECTION("no role") { hello.role = 0; }
	SECTION("no epoch") { hello.epoch = 0; }
	SECTION("no incarnation") { hello.incarnation = 0; }
	SECTION("heard of nobody, but knows his sequence") { hello.peer_incarnation = 0; }
	knell_wire_put_hello(wire, &hello);
	CHECK(knell_wire_get_hello(wire, sizeof(wire), &back) == want);
	CHECK(knell_wire_get_hello(wire, sizeof(wire) - 1, &back) == -EBADMSG);
	wire[3] = 1;
	CHECK(knell_wire_get_hello(wire, sizeof(wire), &back) == -EBADMSG);
}

TEST_CASE("CLAIM is checked")
{
	knell_claim claim{1, 4, 1001, 0}, back{};
	u8 wire[sizeof(knell_wire_claim)];
	int want = -EBADMSG;

	SECTION("good, and based on no record at all") { want = 0; }
	SECTION("no application") { claim.app = 0; }
	SECTION("application out of range") { claim.app = KNELL_APP_MAX + 1; }
	SECTION("no claimant") { claim.claimant = 0; }
	SECTION("no epoch") { claim.claimant_epoch = 0; }
	knell_wire_put_claim(wire, &claim);
	CHECK(knell_wire_get_claim(wire, sizeof(wire), &back) == want);
	CHECK(knell_wire_get_claim(wire, sizeof(wire) + 1, &back) == -EBADMSG);
}

TEST_CASE("ORDER is checked")
{
	knell_order_info order{KNELL_ORDER_RELEASE, 1, 4}, back{};
	u8 wire[sizeof(knell_wire_order)];
	int want = -EBADMSG;

	SECTION("release") { want = 0; }
	SECTION("release everything") { order.app = 0, want = 0; }
	SECTION("release to nobody there can be") { order.arg = KNELL_NODE_ALL; }
	SECTION("reset") { order = {KNELL_ORDER_RESET, 1, 0}, want = 0; }
	SECTION("reset has no argument") { order = {KNELL_ORDER_RESET, 1, 1}; }
	SECTION("maintenance") { order = {KNELL_ORDER_MAINTENANCE, 0, 1}, want = 0; }
	SECTION("maintenance is on or off") { order = {KNELL_ORDER_MAINTENANCE, 0, 2}; }
	SECTION("maintenance has no application") { order = {KNELL_ORDER_MAINTENANCE, 1, 1}; }
	SECTION("nothing") { order.order = 0; }
	SECTION("an order nobody knows") { order.order = 99; }
	SECTION("application out of range") { order.app = KNELL_APP_MAX + 1; }
	knell_wire_put_order(wire, &order);
	CHECK(knell_wire_get_order(wire, sizeof(wire), &back) == want);
	CHECK(knell_wire_get_order(wire, 0, &back) == -EBADMSG);
}

TEST_CASE("PROBE comes back as it was written")
{
	const knell_probe probe{0x1122334455667788ULL, 99};
	knell_probe back{};
	u8 wire[sizeof(knell_wire_probe)];

	knell_wire_put_probe(wire, &probe);
	REQUIRE(knell_wire_get_probe(wire, sizeof(wire), &back) == 0);
	CHECK(back.cookie == probe.cookie);
	CHECK(back.stamp_ns == probe.stamp_ns);
	CHECK(knell_wire_get_probe(wire, sizeof(wire) - 1, &back) == -EBADMSG);
}
