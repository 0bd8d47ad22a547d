// SPDX-License-Identifier: GPL-2.0
// The answering side: what comes is checked, dispatched and answered in one packet.
//
// Context and locking: one thread at a time; blocks as long as what it is given does.
#pragma once

#include "talk/methods.hpp"
#include "talk/transport.hpp"

#include <deque>
#include <functional>

namespace knell::talk {

/// What answers: implemented by the daemon, and by tests.
class Service {
public:
	virtual ~Service() = default;

	/// Contents as they are now; error code ENOTSUP: nothing of this kind is known.
	virtual Result<std::string> read(What what, std::uint32_t argument) = 0;
	/// Everything but read. The body is not checked yet.
	virtual Packet serve(std::uint16_t from, Method method, std::string_view body) = 0;
};

class Responder {
public:
	static constexpr std::size_t kept_max = 8;	///< contents being read at a time

	/// The answer to send back to `from`; nothing if it is no request.
	std::optional<std::string> answer(Service &service, std::uint16_t from, std::string_view octets);

private:
	/// Contents of which somebody may want further parts.
	struct Kept {
		std::uint64_t tag = 0;
		What what = What::facts;
		std::uint32_t argument = 0;
		std::string content;
	};

	Packet read(Service &service, std::string_view body);
	const Kept *find(const ReadRequest &request) const;

	std::deque<Kept> kept_;		// the oldest first
};

/// An answer without the number: the responder puts it in.
[[nodiscard]] Packet say(Outcome outcome, std::string body = {});
/// For people: what an error says.
[[nodiscard]] Packet say(Outcome outcome, const Error &error);

} // namespace knell::talk
