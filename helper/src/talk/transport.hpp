// SPDX-License-Identifier: GPL-2.0
// What the asking side needs of the way its packets go. The kernel's fabric is one; tests have
// one that loses, doubles and reorders, and a node that has not joined yet may get another.
#pragma once

#include "util/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace knell::talk {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// A packet that came, and the node it came from as the kernel has stamped it.
struct Letter {
	std::uint16_t node = 0;
	std::string octets;
	std::optional<std::uint32_t> link = {};	///< in place of a node: it came over this link to a stranger
};

class Transport {
public:
	virtual ~Transport() = default;

	/// Hand a packet over; it may be lost nevertheless.
	virtual Status send(std::uint16_t node, std::string_view octets) = 0;
	/// For people: whom `node` stands for.
	virtual std::string name(std::uint16_t node) const { return "node " + std::to_string(node); }
	/// The next packet, or nothing when `until` has come. An error means that asking ends:
	/// code EINTR if somebody wants it to.
	virtual Result<std::optional<Letter>> receive(Clock::time_point until) = 0;
	virtual Clock::time_point now() const = 0;
};

/// What reaches machines without a cluster as well: the kernel's fabric, or a test's.
class Carrier : public Transport {
public:
	/// Over a link to a stranger, 0 = to the helper of this node.
	virtual Status send_over(std::uint32_t link, std::string_view octets) = 0;
};

} // namespace knell::talk
