// SPDX-License-Identifier: GPL-2.0
// Follows a planned switch: which applications have arrived, which have failed. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/moves.hpp"

namespace knell::cli {

class Switchover {
    public:
	enum class Outcome { pending, elsewhere, not_there, failed };

	explicit Switchover(const std::vector<Move> &moves);

	/// Takes a record in; returns a line for people if it says something new.
	std::string feed(const Snapshot &s, const netlink::AppRecord &record);

	/// No application is pending.
	[[nodiscard]] bool over() const;

	/// Every application is served where it should be.
	[[nodiscard]] bool ok() const;

	[[nodiscard]] Outcome outcome(std::uint16_t app) const;

	/// Names of applications that are pending.
	[[nodiscard]] std::vector<std::string> pending() const;

    private:
	struct Progress {
		netlink::AppRecord last;
		std::uint16_t from = 0;
		std::uint16_t asked = 0; ///< where it must arrive, 0 = at any other node
		bool left = false; ///< the node has begun to let go
		Outcome outcome = Outcome::pending;
	};

	std::map<std::uint16_t, Progress> apps_;
};

} // namespace knell::cli
