// SPDX-License-Identifier: GPL-2.0
// libFuzzer: the hop header is read within its bounds, and two ends of a hop that lose, repeat
// and restart at will deliver every accepted frame at most once, and none but displaced or
// flushed ones never.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include "fabric/hop.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace {

void must(bool holds)
{
	if (!holds)
		std::abort();
}

/// Any octets, and the same octets with a header that fits them.
void buffer(const std::uint8_t *data, std::size_t size)
{
	std::vector<std::uint8_t> copy(data, data + size);
	knell_hop_view view;
	knell_hello hello;
	u32 cluster;

	for (int sealed = 0; sealed < 2; sealed++) {
		if (knell_hop_open(copy.data(), copy.size(), &view) == 0) {
			must(view.data == copy.data() + sizeof(knell_hop_hdr));
			must(view.data + view.len == copy.data() + copy.size());
			knell_hop_kind(&view);
			if (knell_hop_hello_decode(view.data, view.len, &cluster, &hello) == 0) {
				std::uint8_t again[KNELL_HELLO_LEN];

				must(view.len == sizeof(again));
				knell_hop_hello_encode(again, cluster, &hello);
				must(std::memcmp(again, view.data, sizeof(again)) == 0);
			}
		} else {
			must(!sealed);
		}
		if (size < sizeof(knell_hop_hdr) + sizeof(knell_frame_hdr) || size > KNELL_HOP_MAX)
			return;
		knell_hop_hdr header;
		knell_hop_seal(&header, 7, 9, copy.data() + sizeof(header), size - sizeof(header));
		std::memcpy(copy.data(), &header, sizeof(header));
	}
}

struct Frame {
	knell_frame_hdr header{};
	unsigned id = 0;
};

/// One end: a sender whose frames all have an owner, and a receiver that remembers what it took.
struct End {
	knell_hop hop{};
	bool greeted = false;	  ///< had a HELLO in the present session
	std::set<Frame *> owned;  ///< frames the queue holds
	std::set<unsigned> taken; ///< frames accepted under the present incarnation

	~End() { flush(); }
	void start(u32 incarnation)
	{
		flush();
		taken.clear();
		knell_hop_init(&hop, incarnation);
	}
	unsigned release(const knell_hop_item &item)
	{
		const std::unique_ptr<Frame> frame(static_cast<Frame *>(item.cookie));

		must(owned.erase(frame.get()) == 1);
		return frame->id;
	}
	void flush()
	{
		knell_hop_item item;

		while (knell_hop_flush(&hop, &item))
			release(item);
		must(owned.empty() && knell_hop_queued(&hop) == 0);
	}
	void queue(u8 kind, unsigned id)
	{
		auto frame = std::make_unique<Frame>();
		knell_hop_item displaced;

		frame->header.kind = kind;
		frame->id = id;
		const knell_hop_item item{frame.get(), frame.get(), sizeof(frame->header)};
		const int result = knell_hop_queue(&hop, &item, &displaced);
		if (result < 0)
			return;
		owned.insert(frame.release());
		if (result == 1) {
			must(kind == KNELL_FRAME_NODE);
			release(displaced);
		}
		must(owned.size() == knell_hop_queued(&hop));
		must(owned.size() <= KNELL_HOP_QUEUE_MAX + 1);
	}
};

class Wire {
public:
	Wire()
	{
		ends_[0].start(next_incarnation_++);
		ends_[1].start(next_incarnation_++);
	}

	void step(std::uint8_t octet)
	{
		const unsigned from = octet & 1;

		switch (octet >> 1 & 7) {
		case 0: return ends_[from].queue(KNELL_FRAME_NODE, next_id_++);
		case 1: return ends_[from].queue(KNELL_FRAME_MESSAGE, next_id_++);
		case 2: return transmit(from, true, true);
		case 3: return transmit(from, true, false);
		case 4: return transmit(from, false, false);
		case 5: return greet(from);
		case 6:
			greet(from);
			return greet(from ^ 1);
		default:
			// One side starts anew; the session ends for both.
			ends_[from].start(next_incarnation_++);
			ends_[0].greeted = ends_[1].greeted = false;
			return;
		}
	}

	/// Once both have said HELLO, everything queued goes through.
	void settle()
	{
		greet(0);
		greet(1);
		for (unsigned from : {0U, 1U}) {
			for (unsigned i = 0; i <= KNELL_HOP_QUEUE_MAX; i++)
				transmit(from, true, true);
			must(knell_hop_queued(&ends_[from].hop) == 0);
		}
	}

private:
	/// Offer the next frame; it may arrive or not, and so may the acknowledgement.
	void transmit(unsigned from, bool arrives, bool acknowledged)
	{
		End &sender = ends_[from], &receiver = ends_[from ^ 1];
		u32 seq;
		const knell_hop_item *item = knell_hop_next(&sender.hop, &seq);

		if (!item || !sender.greeted)
			return;
		must(seq != 0 && sender.owned.count(static_cast<Frame *>(item->cookie)) == 1);
		if (!arrives)
			return;
		const knell_hop_news news = knell_hop_receive(&receiver.hop, sender.hop.incarnation, seq);
		if (news == KNELL_HOP_NEW)
			must(receiver.taken.insert(static_cast<Frame *>(item->cookie)->id).second);
		if (news == KNELL_HOP_GAP || !acknowledged)
			return;
		knell_hop_item done;
		must(knell_hop_ack(&sender.hop, seq, &done));
		finish(from, done);
	}

	/// Whatever counts as acknowledged was taken.
	void finish(unsigned from, const knell_hop_item &done)
	{
		must(ends_[from ^ 1].taken.count(ends_[from].release(done)) == 1);
	}

	/// `from` says HELLO to the other.
	void greet(unsigned from)
	{
		End &receiver = ends_[from ^ 1];
		knell_hello hello{};
		knell_hop_item done;
		bool restarted = false;

		knell_hop_introduce(&ends_[from].hop, &hello);
		const int result = knell_hop_greet(&receiver.hop, &hello, &restarted, &done);
		must(result >= 0);
		receiver.greeted = true;
		if (result == 1)
			finish(from ^ 1, done);
		if (restarted)
			receiver.flush();
	}

	End ends_[2];
	u32 next_incarnation_ = 1;
	unsigned next_id_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	buffer(data, size);

	Wire wire;
	for (std::size_t i = 0; i < size && i < 4096; i++)
		wire.step(data[i]);
	wire.settle();
	return 0;
}
