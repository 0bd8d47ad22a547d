// SPDX-License-Identifier: GPL-2.0
// The hop protocol: header, HELLO and resume, priorities of the queue, duplicates.
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "fabric/hop.h"

namespace {

/// A frame of a kind with a tag in its payload; stays alive with the test.
struct Frame {
	std::vector<u8> octets;

	Frame(u8 kind, u8 tag) : octets(sizeof(knell_frame_hdr) + 1)
	{
		octets[offsetof(knell_frame_hdr, version)] = KNELL_WIRE_VERSION;
		octets[offsetof(knell_frame_hdr, kind)] = kind;
		octets.back() = tag;
	}

	knell_hop_item item() const
	{
		return {octets.data(), const_cast<Frame *>(this), static_cast<u16>(octets.size())};
	}
};

u8 tag(const knell_hop_item &item)
{
	return static_cast<const Frame *>(item.cookie)->octets.back();
}

/// One side of a link.
struct Side {
	std::unique_ptr<knell_hop> hop = std::make_unique<knell_hop>();
	std::vector<std::unique_ptr<Frame>> frames;

	explicit Side(u32 incarnation) { knell_hop_init(hop.get(), incarnation); }

	int queue(u8 kind, u8 number, knell_hop_item *displaced = nullptr)
	{
		knell_hop_item ignored;
		frames.push_back(std::make_unique<Frame>(kind, number));
		const knell_hop_item item = frames.back()->item();
		return knell_hop_queue(hop.get(), &item, displaced ? displaced : &ignored);
	}

	knell_hello hello() const
	{
		knell_hello hello = {};
		hello.node = 7;
		hello.role = KNELL_ROLE_SERVER;
		hello.epoch = 9;
		knell_hop_introduce(hop.get(), &hello);
		return hello;
	}

	/// Returns whether the other side was found restarted.
	bool greet(const Side &other)
	{
		const knell_hello hello = other.hello();
		bool restarted = false;
		knell_hop_item done;
		REQUIRE(knell_hop_greet(hop.get(), &hello, &restarted, &done) >= 0);
		return restarted;
	}
};

/// Deliver the next frame; @lost: the acknowledgement does not come back.
int deliver(Side &from, Side &to, bool lost = false)
{
	u32 seq = 0;
	const knell_hop_item *item = knell_hop_next(from.hop.get(), &seq);
	if (!item)
		return -1;
	const int number = tag(*item);
	const knell_hop_news news = knell_hop_receive(to.hop.get(), from.hop->incarnation, seq);
	REQUIRE(news != KNELL_HOP_GAP);
	knell_hop_item done;
	if (!lost)
		REQUIRE(knell_hop_ack(from.hop.get(), seq, &done));
	return news == KNELL_HOP_NEW ? number : 1000 + number;
}

std::vector<u8> sealed(u32 seq, u32 incarnation, const Frame &frame)
{
	std::vector<u8> buf(sizeof(knell_hop_hdr) + frame.octets.size());
	knell_hop_seal(reinterpret_cast<knell_hop_hdr *>(buf.data()), seq, incarnation,
		       frame.octets.data(), frame.octets.size());
	std::copy(frame.octets.begin(), frame.octets.end(), buf.begin() + sizeof(knell_hop_hdr));
	return buf;
}

} // namespace

TEST_CASE("CRC-32C has the check value of the catalogue", "[hop]")
{
	REQUIRE(static_cast<u32>(~crc32c(~0U, "123456789", 9)) == 0xe3069283u);
}

TEST_CASE("a sealed buffer opens to the same frame", "[hop]")
{
	const Frame frame(KNELL_FRAME_NODE, 42);
	const auto buf = sealed(5, 77, frame);
	knell_hop_view view;

	REQUIRE(knell_hop_open(buf.data(), buf.size(), &view) == 0);
	REQUIRE(view.seq == 5);
	REQUIRE(view.incarnation == 77);
	REQUIRE(view.len == frame.octets.size());
	REQUIRE(view.data[view.len - 1] == 42);
	REQUIRE(knell_hop_kind(&view) == KNELL_FRAME_NODE);
}

TEST_CASE("every single changed octet but those of seq and incarnation is noticed", "[hop]")
{
	const auto good = sealed(5, 77, Frame(KNELL_FRAME_NODE, 42));
	for (size_t i = 0; i < good.size(); i++) {
		if (i >= offsetof(knell_hop_hdr, seq) && i < offsetof(knell_hop_hdr, crc))
			continue;
		auto bad = good;
		bad[i] ^= 0x10;
		knell_hop_view view;
		INFO("octet " << i);
		REQUIRE(knell_hop_open(bad.data(), bad.size(), &view) < 0);
	}
}

TEST_CASE("a buffer of a wrong length is refused", "[hop]")
{
	auto buf = sealed(1, 1, Frame(KNELL_FRAME_NODE, 1));
	knell_hop_view view;

	for (size_t len = 0; len < buf.size(); len++) {
		const std::vector<u8> cut(buf.begin(), buf.begin() + static_cast<long>(len));
		REQUIRE(knell_hop_open(cut.data(), cut.size(), &view) < 0);
	}
	buf.push_back(0);
	REQUIRE(knell_hop_open(buf.data(), buf.size(), &view) == -EMSGSIZE);
	buf.resize(KNELL_HOP_MAX + 1);
	REQUIRE(knell_hop_open(buf.data(), buf.size(), &view) == -EMSGSIZE);
}

TEST_CASE("HELLO survives encoding and is refused when anything is odd", "[hop]")
{
	const knell_hello hello = {7, KNELL_ROLE_SERVER, 9, 11, 12, 13};
	std::array<u8, KNELL_HELLO_LEN> buf;
	knell_hello back = {};
	u32 cluster = 0;

	knell_hop_hello_encode(buf.data(), 0x4b4e0001, &hello);
	REQUIRE(knell_hop_hello_decode(buf.data(), buf.size(), &cluster, &back) == 0);
	REQUIRE(cluster == 0x4b4e0001);
	REQUIRE(back.node == 7);
	REQUIRE(back.role == KNELL_ROLE_SERVER);
	REQUIRE(back.epoch == 9);
	REQUIRE(back.incarnation == 11);
	REQUIRE(back.peer_incarnation == 12);
	REQUIRE(back.peer_seq == 13);

	REQUIRE(knell_hop_hello_decode(buf.data(), buf.size() - 1, &cluster, &back) < 0);
	for (size_t i : {offsetof(knell_frame_hdr, kind), offsetof(knell_frame_hdr, hops),
			 offsetof(knell_frame_hdr, flags), offsetof(knell_frame_hdr, origin),
			 offsetof(knell_frame_hdr, dest), offsetof(knell_frame_hdr, epoch),
			 offsetof(knell_frame_hdr, seq), offsetof(knell_frame_hdr, reserved),
			 sizeof(knell_frame_hdr) + offsetof(knell_wire_hello, node),
			 sizeof(knell_frame_hdr) + offsetof(knell_wire_hello, reserved)}) {
		auto bad = buf;
		bad[i] ^= 0x01;
		INFO("octet " << i);
		REQUIRE(knell_hop_hello_decode(bad.data(), bad.size(), &cluster, &back) < 0);
	}
}

TEST_CASE("HELLO of somebody in no cluster names nobody", "[hop]")
{
	const knell_hello nobody = {KNELL_NODE_NONE, 0, 0, 11, 12, 13};
	std::array<u8, KNELL_HELLO_LEN> buf;
	knell_hello back = {};
	u32 cluster = 1;

	knell_hop_hello_encode(buf.data(), 0, &nobody);
	REQUIRE(knell_hop_hello_decode(buf.data(), buf.size(), &cluster, &back) == 0);
	REQUIRE(cluster == 0);
	REQUIRE(back.node == KNELL_NODE_NONE);
	REQUIRE(back.incarnation == 11);

	knell_hello half = nobody;
	u32 of = 0;
	SECTION("a node") { half.node = 7; }
	SECTION("a role") { half.role = KNELL_ROLE_SERVER; }
	SECTION("an epoch") { half.epoch = 9; }
	SECTION("a cluster") { of = 0x4b4e0001; }
	SECTION("a node of no cluster") { half = {7, KNELL_ROLE_SERVER, 9, 11, 12, 13}; }
	knell_hop_hello_encode(buf.data(), of, &half);
	REQUIRE(knell_hop_hello_decode(buf.data(), buf.size(), &cluster, &back) < 0);
}

TEST_CASE("frames arrive once and in order", "[hop]")
{
	Side a(100), b(200);
	REQUIRE(b.greet(a));
	REQUIRE(a.greet(b));
	REQUIRE(deliver(a, b) == -1);
	for (u8 i = 1; i <= 3; i++)
		REQUIRE(a.queue(KNELL_FRAME_MESSAGE, i) == 0);
	REQUIRE(knell_hop_queued(a.hop.get()) == 3);
	REQUIRE(deliver(a, b) == 1);
	REQUIRE(deliver(a, b) == 2);
	REQUIRE(deliver(a, b) == 3);
	REQUIRE(deliver(a, b) == -1);
	REQUIRE(knell_hop_queued(a.hop.get()) == 0);
}

TEST_CASE("a repeated frame is a duplicate, also over a new session", "[hop]")
{
	Side a(100), b(200);
	b.greet(a);
	a.greet(b);
	a.queue(KNELL_FRAME_NODE, 1);
	REQUIRE(deliver(a, b, true) == 1);
	REQUIRE(deliver(a, b, true) == 1001);

	SECTION("HELLO tells that it had arrived")
	{
		REQUIRE_FALSE(b.greet(a));
		REQUIRE_FALSE(a.greet(b));
		REQUIRE(deliver(a, b) == -1);
	}
	SECTION("what had not arrived is sent again")
	{
		a.queue(KNELL_FRAME_NODE, 2);
		REQUIRE_FALSE(b.greet(a));
		REQUIRE_FALSE(a.greet(b));
		REQUIRE(deliver(a, b) == 2);
		REQUIRE(deliver(a, b) == -1);
	}
	SECTION("a frame flushed in flight does not confuse the resume")
	{
		knell_hop_item item;
		while (knell_hop_flush(a.hop.get(), &item))
			;
		REQUIRE_FALSE(b.greet(a));
		REQUIRE_FALSE(a.greet(b));
		a.queue(KNELL_FRAME_NODE, 3);
		REQUIRE(deliver(a, b) == 3);
	}
}

TEST_CASE("a restarted side is noticed and the numbering restarts", "[hop]")
{
	Side a(100), b(200);
	b.greet(a);
	a.greet(b);
	for (u8 i = 1; i <= 5; i++) {
		a.queue(KNELL_FRAME_NODE, i);
		REQUIRE(deliver(a, b) == i);
	}
	a.queue(KNELL_FRAME_NODE, 6);
	REQUIRE(deliver(a, b, true) == 6);

	SECTION("the receiver")
	{
		Side fresh(201);
		REQUIRE(fresh.greet(a));
		REQUIRE(a.greet(fresh));
		REQUIRE(deliver(a, fresh) == 6);
	}
	SECTION("the sender")
	{
		Side fresh(101);
		REQUIRE(b.greet(fresh));
		REQUIRE(fresh.greet(b));
		fresh.queue(KNELL_FRAME_NODE, 9);
		REQUIRE(deliver(fresh, b) == 9);
	}
}

TEST_CASE("a HELLO that claims what was never sent is refused", "[hop]")
{
	Side a(100), b(200);
	knell_hop_item done;
	bool restarted;

	b.greet(a);
	a.greet(b);
	knell_hello lie = b.hello();
	lie.peer_seq = 7;
	REQUIRE(knell_hop_greet(a.hop.get(), &lie, &restarted, &done) == -EPROTO);
	lie.incarnation = 201;
	REQUIRE(knell_hop_greet(a.hop.get(), &lie, &restarted, &done) == -EPROTO);
}

TEST_CASE("gaps and foreign incarnations are noticed", "[hop]")
{
	Side a(100), b(200);
	b.greet(a);
	REQUIRE(knell_hop_receive(b.hop.get(), 100, 2) == KNELL_HOP_GAP);
	REQUIRE(knell_hop_receive(b.hop.get(), 100, 0) == KNELL_HOP_GAP);
	REQUIRE(knell_hop_receive(b.hop.get(), 101, 1) == KNELL_HOP_GAP);
	REQUIRE(knell_hop_receive(b.hop.get(), 100, 1) == KNELL_HOP_NEW);
	REQUIRE(knell_hop_receive(b.hop.get(), 100, 1) == KNELL_HOP_DUPLICATE);
	REQUIRE(knell_hop_receive(b.hop.get(), 100, 3) == KNELL_HOP_GAP);
}

TEST_CASE("sequence numbers wrap and leave out 0", "[hop]")
{
	Side a(100), b(200);
	b.greet(a);
	a.greet(b);
	a.hop->tx_last = b.hop->rx_last = 0xfffffffeu;
	for (u8 i = 1; i <= 4; i++) {
		a.queue(KNELL_FRAME_NODE, i);
		REQUIRE(deliver(a, b) == i);
	}
	REQUIRE(b.hop->rx_last == 3);
	REQUIRE(knell_hop_receive(b.hop.get(), 100, 0xffffffffu) == KNELL_HOP_DUPLICATE);
}

TEST_CASE("an old acknowledgement acknowledges nothing", "[hop]")
{
	Side a(100), b(200);
	knell_hop_item done;
	u32 seq;

	b.greet(a);
	a.greet(b);
	a.queue(KNELL_FRAME_NODE, 1);
	REQUIRE(knell_hop_next(a.hop.get(), &seq));
	REQUIRE_FALSE(knell_hop_ack(a.hop.get(), seq - 1, &done));
	REQUIRE_FALSE(knell_hop_ack(a.hop.get(), seq + 1, &done));
	REQUIRE(knell_hop_ack(a.hop.get(), seq, &done));
	REQUIRE(tag(done) == 1);
	REQUIRE_FALSE(knell_hop_ack(a.hop.get(), seq, &done));
}

TEST_CASE("notices go first", "[hop]")
{
	Side a(100), b(200);
	b.greet(a);
	a.greet(b);
	a.queue(KNELL_FRAME_MESSAGE, 1);
	a.queue(KNELL_FRAME_PROBE, 2);
	a.queue(KNELL_FRAME_NODE, 3);
	a.queue(KNELL_FRAME_CLAIM, 4);
	REQUIRE(deliver(a, b) == 3);
	REQUIRE(deliver(a, b) == 4);
	REQUIRE(deliver(a, b) == 1);
	REQUIRE(deliver(a, b) == 2);
}

TEST_CASE("a full queue drops messages for notices, never the reverse", "[hop]")
{
	Side a(100);
	knell_hop_item displaced = {};

	for (int i = 0; i < KNELL_HOP_QUEUE_MAX; i++)
		REQUIRE(a.queue(KNELL_FRAME_MESSAGE, static_cast<u8>(i)) == 0);
	REQUIRE(a.queue(KNELL_FRAME_MESSAGE, 0) == -ENOBUFS);
	REQUIRE(knell_hop_notices(a.hop.get()) == 0);
	for (int i = 0; i < KNELL_HOP_QUEUE_MAX; i++) {
		REQUIRE(a.queue(KNELL_FRAME_ORDER, 1, &displaced) == 1);
		REQUIRE(knell_hop_notices(a.hop.get()) == static_cast<unsigned>(i) + 1);
		REQUIRE(tag(displaced) == static_cast<u8>(i));
	}
	REQUIRE(a.queue(KNELL_FRAME_NODE, 1) == -ENOBUFS);
	REQUIRE(knell_hop_queued(a.hop.get()) == KNELL_HOP_QUEUE_MAX);

	knell_hop_item item;
	int flushed = 0;
	while (knell_hop_flush(a.hop.get(), &item))
		flushed++;
	REQUIRE(flushed == KNELL_HOP_QUEUE_MAX);
}
