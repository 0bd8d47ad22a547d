// SPDX-License-Identifier: GPL-2.0
// The transport over the kernel's frames of kind MESSAGE.
//
// Context and locking: one thread at a time.
#pragma once

#include "netlink/client.hpp"
#include "netlink/subscription.hpp"
#include "talk/transport.hpp"

#include <deque>

namespace knell::talk {

class Fabric : public Carrier {
public:
	/// `stop`: a descriptor that becomes readable when asking shall end, -1 = none.
	static Result<Fabric> open(int stop = -1);

	Status send(std::uint16_t node, std::string_view octets) override;
	/// Over a link to a stranger, 0 = to the helper of this node.
	Status send_over(std::uint32_t link, std::string_view octets) override;
	Result<std::optional<Letter>> receive(Clock::time_point until) override;
	Clock::time_point now() const override { return Clock::now(); }

	/// From now on nothing ends asking: what has begun must be brought to its end.
	void never_stop() { stop_ = -1; }

private:
	Fabric(netlink::Client client, netlink::Subscription events, int stop)
		: client_(std::move(client)), events_(std::move(events)), stop_(stop) {}

	netlink::Client client_;
	netlink::Subscription events_;
	int stop_;
	std::deque<Letter> letters_;
};

/// A source of request numbers that nobody can guess.
std::uint64_t random_number();

} // namespace knell::talk
