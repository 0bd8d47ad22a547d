// SPDX-License-Identifier: GPL-2.0
// libFuzzer: whatever commands an initiator sends, the mailbox answers each RECEIVE exactly
// once, loses no frame it holds and takes in nothing before a HELLO.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>
#include <vector>

#include "target/mailbox.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace {

void must(bool holds)
{
	if (!holds)
		std::abort();
}

/// Reads the input bit by bit of what is left; zeros at its end.
class Input {
public:
	Input(const std::uint8_t *data, std::size_t size) : data_(data), left_(size) {}
	bool empty() const { return left_ == 0; }
	std::uint8_t octet() { return left_ ? (left_--, *data_++) : std::uint8_t{0}; }
	void fill(std::uint8_t *out, std::size_t size)
	{
		std::generate_n(out, size, [this] { return octet(); });
	}

private:
	const std::uint8_t *data_;
	std::size_t left_;
};

class Target {
public:
	Target() { knell_mailbox_init(&mailbox_, 77); }
	Target(const Target &) = delete;
	Target &operator=(const Target &) = delete;
	~Target()
	{
		knell_hop_item item;

		while (knell_hop_flush(&mailbox_.hop, &item))
			release(item);
		must(frames_.empty());
		// Every command was answered, but for the one that is parked.
		must(open_.size() == (mailbox_.parked ? 1U : 0U));
		must(open_.empty() || *open_.begin() == mailbox_.parked);
	}

	void step(Input &input)
	{
		switch (input.octet() % 8) {
		case 0: return receive(input);
		case 1: return send(input, false);
		case 2: return send(input, true);
		case 3: return queue(KNELL_FRAME_NODE);
		case 4: return queue(KNELL_FRAME_MESSAGE);
		case 5: {
			// The session ends: what was parked is taken back first.
			void *parked = mailbox_.parked;
			if (parked && knell_mailbox_unpark(&mailbox_, parked))
				answered(parked);
			return knell_mailbox_hangup(&mailbox_);
		}
		case 6: {
			knell_delivery out;
			knell_mailbox_pump(&mailbox_, &out);
			return deliver(out);
		}
		default: {
			std::uint8_t stranger;
			must(!knell_mailbox_unpark(&mailbox_, &stranger));
			must(!knell_mailbox_unpark(&mailbox_, nullptr));
			return;
		}
		}
	}

private:
	void answered(void *command) { must(open_.erase(command) == 1); }
	void release(const knell_hop_item &item) { must(frames_.erase(item.cookie) == 1); delete static_cast<knell_frame_hdr *>(item.cookie); }

	void deliver(const knell_delivery &out)
	{
		if (out.superseded)
			answered(out.superseded);
		must((out.answer == KNELL_MAILBOX_PARK) == (out.command == nullptr));
		if (out.command)
			answered(out.command);
		if (out.answer == KNELL_MAILBOX_FRAME)
			must(out.seq != 0 && frames_.count(out.item.cookie) == 1);
	}

	void receive(Input &input)
	{
		knell_delivery out;
		knell_hop_item done;
		// Mostly the acknowledgement that is due, at times any.
		const u32 ack = input.octet() & 3 ? mailbox_.hop.tx_last + 1 : input.octet();
		void *command = reinterpret_cast<void *>(++next_command_);

		open_.insert(command);
		const bool greeted = mailbox_.greeted;
		if (knell_mailbox_receive(&mailbox_, command, ack, &out, &done))
			release(done);
		must(greeted || out.answer == KNELL_MAILBOX_REFUSE);
		deliver(out);
	}

	/// A command of random octets, or one that is right but for a few.
	void send(Input &input, bool plausible)
	{
		std::uint8_t cdb[KNELL_CDB_LEN];
		std::vector<std::uint8_t> data(sizeof(knell_hop_hdr) + KNELL_HELLO_LEN);
		auto *frame = data.data() + sizeof(knell_hop_hdr);
		const bool hello = input.octet() & 1;
		const u32 seq = hello ? 0 : mailbox_.hop.rx_last + (input.octet() & 3);
		const knell_hello said = {.node = 3, .role = KNELL_ROLE_SERVER, .epoch = 1,
					  .incarnation = 1U + (input.octet() & 1),
					  .peer_incarnation = input.octet() & 1 ? 77U : 0U,
					  .peer_seq = 0};

		knell_hop_hello_encode(frame, 5, &said);
		if (!hello)
			frame[offsetof(knell_frame_hdr, kind)] = input.octet();
		knell_hop_hdr header;
		knell_hop_seal(&header, seq, said.incarnation, frame, KNELL_HELLO_LEN);
		std::memcpy(data.data(), &header, sizeof(header));
		const knell_cdb command = {.opcode = KNELL_OP_SEND, .unsequenced = seq == 0,
					   .length = static_cast<u16>(data.size()), .seq = seq};
		knell_cdb_build(cdb, &command);
		if (!plausible)
			input.fill(cdb, sizeof(cdb));

		knell_cdb parsed;
		if (knell_cdb_parse(cdb, &parsed) != 0)
			return;
		std::uint8_t again[KNELL_CDB_LEN];
		knell_cdb_build(again, &parsed);
		must(std::memcmp(cdb, again, sizeof(cdb)) == 0);
		if (parsed.opcode != KNELL_OP_SEND)
			return;
		must(parsed.length >= sizeof(knell_hop_hdr) + sizeof(knell_frame_hdr));

		knell_hop_view view;
		must(knell_hop_open(data.data(), data.size(), &view) == 0);
		switch (knell_mailbox_send(&mailbox_, &parsed, &view)) {
		case KNELL_MAIL_HELLO: return greet(view);
		case KNELL_MAIL_FRAME:
		case KNELL_MAIL_DUPLICATE:
		case KNELL_MAIL_GAP: must(mailbox_.greeted); return;
		case KNELL_MAIL_EARLY: must(!mailbox_.greeted); return;
		default: return;
		}
	}

	void greet(const knell_hop_view &view)
	{
		knell_hello hello;
		knell_hop_item done;
		bool restarted;
		u32 cluster;

		if (knell_hop_hello_decode(view.data, view.len, &cluster, &hello) != 0)
			return;
		const int result = knell_hop_greet(&mailbox_.hop, &hello, &restarted, &done);
		if (result < 0)
			return;
		if (result == 1)
			release(done);
		if (restarted) {
			knell_hop_item item;
			while (knell_hop_flush(&mailbox_.hop, &item))
				release(item);
		}
		mailbox_.greeted = true;
		mailbox_.greet = true;
		knell_delivery out;
		knell_mailbox_pump(&mailbox_, &out);
		must(out.answer == KNELL_MAILBOX_PARK || out.answer == KNELL_MAILBOX_HELLO);
		deliver(out);
	}

	void queue(u8 kind)
	{
		auto *frame = new knell_frame_hdr{};
		knell_hop_item displaced;

		frame->kind = kind;
		const knell_hop_item item{frame, frame, sizeof(*frame)};
		const int result = knell_hop_queue(&mailbox_.hop, &item, &displaced);
		if (result < 0) {
			delete frame;
			return;
		}
		frames_.insert(frame);
		if (result == 1)
			release(displaced);
	}

	knell_mailbox mailbox_{};
	std::set<void *> frames_; ///< frames the mailbox holds
	std::set<void *> open_;   ///< RECEIVE commands not answered
	std::uintptr_t next_command_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input input(data, std::min<std::size_t>(size, 4096));
	Target target;

	while (!input.empty())
		target.step(input);
	return 0;
}
