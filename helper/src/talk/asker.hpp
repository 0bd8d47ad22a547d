// SPDX-License-Identifier: GPL-2.0
// The asking side: many nodes at a time, each request repeated until it is answered or its time
// is over; long contents are read and written in parts.
//
// Context and locking: one thread; blocks.
#pragma once

#include "talk/methods.hpp"
#include "talk/transport.hpp"

#include <functional>
#include <vector>

namespace knell::talk {

struct Question {
	std::uint16_t node = 0;
	Method method = Method::read;
	std::string body;
};

/// What a node answered: ok, working or again. Everything else is an Error.
struct Answer {
	Outcome outcome = Outcome::ok;
	std::string body;
};

/// Error codes: EINTR asking was ended from outside, ETIMEDOUT no answer, EREMOTEIO the node
/// refused or failed (why: its words), EPROTO it does not speak like this.
class Asker {
public:
	static constexpr milliseconds retry{400};	///< a packet is sent again after this
	static constexpr milliseconds patience{4000};	///< for one answer
	static constexpr std::size_t window = 16;	///< questions under way at a time

	/// `random` gives the requests' numbers.
	Asker(Transport &transport, std::function<std::uint64_t()> random)
		: transport_(transport), random_(std::move(random)) {}

	/// One answer per question, in their order.
	std::vector<Result<Answer>> ask(const std::vector<Question> &questions, milliseconds limit = patience);

	/// Read the same of several nodes; `limit` is for each part.
	std::vector<Result<std::string>> pull(const std::vector<std::uint16_t> &nodes, What what,
					      std::uint32_t argument = 0, milliseconds limit = patience);

	/// Write the same to several nodes.
	std::vector<Status> push(const std::vector<std::uint16_t> &nodes, std::uint64_t transaction,
				 const std::string &content, milliseconds limit = patience);

	std::uint64_t random() { return random_(); }
	Transport &transport() { return transport_; }

private:
	Transport &transport_;
	std::function<std::uint64_t()> random_;
};

} // namespace knell::talk
