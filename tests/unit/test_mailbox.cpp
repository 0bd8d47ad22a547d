// SPDX-License-Identifier: GPL-2.0
// The mailbox of one initiator: commands, parking, answers.
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "fabric/cdb.h"
#include "target/mailbox.h"

namespace {

using Cdb = std::array<u8, KNELL_CDB_LEN>;

const Cdb receive = {KNELL_OP_RECEIVE, KNELL_CDB_SIGNATURE, 0, 0, 0, 5, 0, 0x10, 0, 0};
const Cdb send = {KNELL_OP_SEND, KNELL_CDB_SIGNATURE, 0, 0, 1, 2, 0, 0, 64, 0};

std::vector<u8> frame_of(u8 kind)
{
	std::vector<u8> octets(sizeof(knell_frame_hdr) + 4);
	octets[offsetof(knell_frame_hdr, kind)] = kind;
	return octets;
}

/// A mailbox with node frames to queue and commands to park.
struct Box {
	std::unique_ptr<knell_mailbox> box = std::make_unique<knell_mailbox>();
	std::vector<std::vector<u8>> frames;
	std::array<int, 4> command = {};
	knell_delivery out = {};
	knell_hop_item done = {};

	Box() { knell_mailbox_init(box.get(), 55); }

	void greet()
	{
		knell_hello hello = {2, KNELL_ROLE_SERVER, 1, 66, 0, 0};
		bool restarted;
		REQUIRE(knell_hop_greet(&box->hop, &hello, &restarted, &done) >= 0);
		box->greeted = true;
		box->greet = true;
	}

	void queue(u8 kind = KNELL_FRAME_NODE)
	{
		knell_hop_item displaced;
		frames.push_back(frame_of(kind));
		const knell_hop_item item = {frames.back().data(), nullptr,
					     static_cast<u16>(frames.back().size())};
		REQUIRE(knell_hop_queue(&box->hop, &item, &displaced) == 0);
	}

	knell_mailbox_answer ask(int number, u32 ack = 0)
	{
		knell_mailbox_receive(box.get(), &command[static_cast<size_t>(number)], ack, &out, &done);
		return out.answer;
	}

	/// Greeted and the HELLO delivered.
	void settle()
	{
		greet();
		REQUIRE(ask(0) == KNELL_MAILBOX_HELLO);
	}

	knell_mail mail(u32 seq, u8 kind, u32 incarnation = 66, bool unsequenced = false, u32 cdb_seq = 0)
	{
		const auto frame = frame_of(kind);
		const knell_hop_view view = {frame.data(), frame.size(), seq, incarnation};
		const knell_cdb cdb = {KNELL_OP_SEND, unsequenced, static_cast<u16>(frame.size() + 20),
				       cdb_seq ? cdb_seq : seq};
		return knell_mailbox_send(box.get(), &cdb, &view);
	}
};

} // namespace

TEST_CASE("good commands are understood and built the same", "[mailbox]")
{
	knell_cdb cdb;
	Cdb again;

	REQUIRE(knell_cdb_parse(receive.data(), &cdb) == 0);
	REQUIRE(cdb.opcode == KNELL_OP_RECEIVE);
	REQUIRE(cdb.seq == 5);
	REQUIRE(cdb.length == KNELL_HOP_MAX);
	knell_cdb_build(again.data(), &cdb);
	REQUIRE(again == receive);

	REQUIRE(knell_cdb_parse(send.data(), &cdb) == 0);
	REQUIRE(cdb.seq == 0x102);
	REQUIRE(cdb.length == 64);
	REQUIRE_FALSE(cdb.unsequenced);
	knell_cdb_build(again.data(), &cdb);
	REQUIRE(again == send);
}

TEST_CASE("commands with anything odd are refused", "[mailbox]")
{
	knell_cdb cdb;
	Cdb bad;
	const auto refused = [&](const Cdb &good, size_t at, u8 value, int error) {
		bad = good;
		bad[at] = value;
		INFO("octet " << at << " = " << int(value));
		REQUIRE(knell_cdb_parse(bad.data(), &cdb) == error);
	};

	refused(send, 0, 0x0a, -EOPNOTSUPP);
	refused(send, 0, 0x12, -EOPNOTSUPP);
	for (const Cdb &good : {receive, send}) {
		refused(good, 1, 0, -EINVAL);
		refused(good, 6, 0x02, -EINVAL);
		refused(good, 9, 0x01, -EINVAL);
	}
	refused(receive, 6, KNELL_CDB_F_UNSEQUENCED, -EINVAL);
	refused(receive, 7, 0x08, -EINVAL);
	refused(receive, 8, 0x01, -EINVAL);
	refused(send, 6, KNELL_CDB_F_UNSEQUENCED, -EINVAL);
	refused(send, 8, 43, -EINVAL);
	refused(send, 7, 0x11, -EINVAL);
	bad = send;
	bad[4] = bad[5] = 0;
	REQUIRE(knell_cdb_parse(bad.data(), &cdb) == -EINVAL);
	bad[6] = KNELL_CDB_F_UNSEQUENCED;
	REQUIRE(knell_cdb_parse(bad.data(), &cdb) == 0);
	REQUIRE(cdb.unsequenced);
}

TEST_CASE("nothing is given to who has not said HELLO", "[mailbox]")
{
	Box b;
	b.queue();
	REQUIRE(b.ask(0) == KNELL_MAILBOX_REFUSE);
	REQUIRE(b.out.command == &b.command[0]);
	REQUIRE_FALSE(b.box->parked);
	REQUIRE(b.mail(1, KNELL_FRAME_NODE) == KNELL_MAIL_EARLY);
	REQUIRE(b.mail(0, KNELL_FRAME_NODE, 0, true) == KNELL_MAIL_EARLY);
	REQUIRE(b.mail(0, KNELL_FRAME_HELLO, 66, true) == KNELL_MAIL_HELLO);
}

TEST_CASE("the own HELLO comes before everything else", "[mailbox]")
{
	Box b;
	b.greet();
	b.queue();
	REQUIRE(b.ask(0) == KNELL_MAILBOX_HELLO);
	REQUIRE(b.ask(1) == KNELL_MAILBOX_FRAME);
	REQUIRE(b.out.seq == 1);
}

TEST_CASE("a RECEIVE waits for a frame", "[mailbox]")
{
	Box b;
	b.settle();
	REQUIRE(b.ask(1) == KNELL_MAILBOX_PARK);
	REQUIRE(b.box->parked == &b.command[1]);
	knell_mailbox_pump(b.box.get(), &b.out);
	REQUIRE(b.out.answer == KNELL_MAILBOX_PARK);
	REQUIRE_FALSE(b.out.command);

	b.queue();
	knell_mailbox_pump(b.box.get(), &b.out);
	REQUIRE(b.out.answer == KNELL_MAILBOX_FRAME);
	REQUIRE(b.out.command == &b.command[1]);
	REQUIRE(b.out.seq == 1);
	REQUIRE_FALSE(b.box->parked);

	SECTION("and the next one acknowledges it")
	{
		REQUIRE(knell_mailbox_receive(b.box.get(), &b.command[2], 1, &b.out, &b.done));
		REQUIRE(b.done.data == b.frames[0].data());
		REQUIRE(b.out.answer == KNELL_MAILBOX_PARK);
	}
	SECTION("or gets it again")
	{
		REQUIRE(b.ask(2, 0) == KNELL_MAILBOX_FRAME);
		REQUIRE(b.out.seq == 1);
		REQUIRE(b.out.item.data == b.frames[0].data());
	}
}

TEST_CASE("a younger RECEIVE supersedes the parked one", "[mailbox]")
{
	Box b;
	b.settle();
	REQUIRE(b.ask(1) == KNELL_MAILBOX_PARK);
	REQUIRE(b.ask(2) == KNELL_MAILBOX_PARK);
	REQUIRE(b.out.superseded == &b.command[1]);
	REQUIRE(b.box->parked == &b.command[2]);
}

TEST_CASE("an aborted RECEIVE is forgotten, and only that one", "[mailbox]")
{
	Box b;
	b.settle();
	b.ask(1);
	REQUIRE_FALSE(knell_mailbox_unpark(b.box.get(), &b.command[2]));
	REQUIRE(knell_mailbox_unpark(b.box.get(), &b.command[1]));
	REQUIRE_FALSE(knell_mailbox_unpark(b.box.get(), &b.command[1]));
	REQUIRE_FALSE(knell_mailbox_unpark(b.box.get(), nullptr));
	b.queue();
	knell_mailbox_pump(b.box.get(), &b.out);
	REQUIRE(b.out.answer == KNELL_MAILBOX_PARK);
	REQUIRE(b.ask(3) == KNELL_MAILBOX_FRAME);
}

TEST_CASE("what a SEND brings is sorted", "[mailbox]")
{
	Box b;
	b.settle();
	REQUIRE(b.mail(1, KNELL_FRAME_NODE) == KNELL_MAIL_FRAME);
	REQUIRE(b.mail(1, KNELL_FRAME_NODE) == KNELL_MAIL_DUPLICATE);
	REQUIRE(b.mail(3, KNELL_FRAME_NODE) == KNELL_MAIL_GAP);
	REQUIRE(b.mail(2, KNELL_FRAME_NODE, 67) == KNELL_MAIL_GAP);
	REQUIRE(b.mail(2, KNELL_FRAME_NODE, 66, false, 3) == KNELL_MAIL_MALFORMED);
	REQUIRE(b.mail(2, KNELL_FRAME_HELLO) == KNELL_MAIL_MALFORMED);
	REQUIRE(b.mail(2, KNELL_FRAME_NODE) == KNELL_MAIL_FRAME);

	SECTION("the last gasp needs neither sequence nor incarnation, only a session")
	{
		REQUIRE(b.mail(0, KNELL_FRAME_NODE, 0, true) == KNELL_MAIL_FRAME);
		REQUIRE(b.mail(3, KNELL_FRAME_NODE) == KNELL_MAIL_FRAME);
		knell_mailbox_hangup(b.box.get());
		REQUIRE(b.mail(0, KNELL_FRAME_NODE, 0, true) == KNELL_MAIL_EARLY);
	}
}

TEST_CASE("frames outlive the session", "[mailbox]")
{
	Box b;
	b.settle();
	b.queue();
	REQUIRE(b.ask(1) == KNELL_MAILBOX_FRAME);
	knell_mailbox_hangup(b.box.get());
	REQUIRE(b.ask(2) == KNELL_MAILBOX_REFUSE);

	knell_hello hello = {2, KNELL_ROLE_SERVER, 1, 66, 55, 0};
	bool restarted;
	SECTION("it had not arrived")
	{
		REQUIRE(knell_hop_greet(&b.box->hop, &hello, &restarted, &b.done) == 0);
		REQUIRE_FALSE(restarted);
		b.box->greeted = true;
		REQUIRE(b.ask(3) == KNELL_MAILBOX_FRAME);
		REQUIRE(b.out.seq == 1);
	}
	SECTION("it had")
	{
		hello.peer_seq = 1;
		REQUIRE(knell_hop_greet(&b.box->hop, &hello, &restarted, &b.done) == 1);
		b.box->greeted = true;
		REQUIRE(b.ask(3, 1) == KNELL_MAILBOX_PARK);
	}
}
