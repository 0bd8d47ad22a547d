// SPDX-License-Identifier: GPL-2.0
// Passes packets on between a console and a machine without a cluster that hangs on one of this
// node's links: they may hang on different links of one router.
//
// What is passed on is sealed between the two ends; this node neither reads nor trusts it. The answer is
// recognised by the link it comes over and the request's number.
//
// Context and locking: one thread at a time.
#pragma once

#include "talk/packet.hpp"
#include "talk/transport.hpp"

#include <deque>
#include <vector>

namespace knell::talk {

/// Who asked: a node, or the other end of a link to a stranger.
struct Origin {
	std::uint16_t node = 0;
	std::optional<std::uint32_t> link;

	bool operator==(const Origin &) const = default;
};

/// Something to pass on, or something that was: the name of the link and sealed octets.
struct Passed {
	std::string name;
	std::string octets;

	bool operator==(const Passed &) const = default;
};

[[nodiscard]] std::string body_of(const Passed &passed);
[[nodiscard]] std::optional<Passed> passed(std::string_view body);

class Relay {
public:
	static constexpr milliseconds patience{10000};	///< an answer that comes later goes nowhere
	static constexpr std::size_t waiting_max = 256;

	/// A request to pass something on, of `from`: what to send over which link. Nothing if it
	/// makes no sense.
	std::optional<Passed> take(const Origin &from, const Packet &request, Clock::time_point now);

	/// A packet back, and to whom.
	struct Reply {
		Origin to;
		std::string packet;
	};
	/// What came over the link `name`, if somebody waits for it.
	std::optional<Reply> pass_back(const std::string &name, std::string_view octets, Clock::time_point now);

private:
	struct Waiting {
		Origin from;
		std::string name;
		std::uint64_t number = 0;
		Clock::time_point until;
	};

	void forget(Clock::time_point now);

	std::deque<Waiting> waiting_;	// the oldest first
};

} // namespace knell::talk
