// SPDX-License-Identifier: GPL-2.0
// The transport of a console: members by their number over the fabric, machines without a cluster
// by an address given out here, sealed, over a link of this node or passed on by another.
//
// Context and locking: one thread at a time.
#pragma once

#include "talk/relay.hpp"
#include "talk/seal.hpp"

#include <vector>

namespace knell::talk {

/// Addresses from here on are of machines without a cluster; members have theirs below.
inline constexpr std::uint16_t stranger_first = 0x8000;

class Routes : public Transport {
public:
	/// Without a secret nobody but members can be asked.
	Routes(Carrier &carrier, std::optional<Seal> seal) : carrier_(carrier), seal_(std::move(seal)) {}

	/// The address of who is at the other end of a link of this node; the same link gives the same.
	std::uint16_t over(std::uint32_t link);
	/// ... of a link called `name` of the node or stranger at `through`.
	std::uint16_t through(std::uint16_t through, const std::string &name);
	/// What people call it, in messages.
	void call(std::uint16_t address, std::string name);

	Status send(std::uint16_t node, std::string_view octets) override;
	Result<std::optional<Letter>> receive(Clock::time_point until) override;
	Clock::time_point now() const override { return carrier_.now(); }
	std::string name(std::uint16_t node) const override;

private:
	struct Route {
		std::optional<std::uint32_t> link;	///< of this node; else it is passed on
		std::uint16_t through = 0;
		std::string name;			///< of the link there
		std::uint64_t challenge = 0;
		std::string called;
	};

	std::uint16_t add(Route route);
	Route *find(std::uint16_t address);
	std::optional<Letter> unwrap(std::uint16_t from, std::string_view octets);

	Carrier &carrier_;
	std::optional<Seal> seal_;
	std::vector<Route> routes_;
};

} // namespace knell::talk
