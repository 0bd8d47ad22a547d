// SPDX-License-Identifier: GPL-2.0
// Waits for the kernel's events, with a deadline and until SIGINT or SIGTERM.
#pragma once

#include <chrono>
#include <optional>

#include "netlink/subscription.hpp"
#include "util/handle.hpp"
#include "util/result.hpp"

namespace knell::cli {

/// Follow - subscribe before you dump, else a change between the two is missed.
/// While one exists SIGINT and SIGTERM end wait() instead of the program.
class Follow {
    public:
	struct Batch {
		std::vector<netlink::Event> events;
		bool lost = false;	  ///< events are missing: dump again
		bool interrupted = false; ///< asked to end
		bool late = false;	  ///< the deadline came first
	};

	using Deadline = std::optional<std::chrono::steady_clock::time_point>;
	static constexpr Deadline for_ever = std::nullopt;

	/// When wait() is interrupted.
	enum class Until {
		signal,
		unread, ///< also when nobody reads the standard output any more
	};

	static Result<Follow> open(Until until = Until::signal);

	/// Returns with at least one event, or for one of the other reasons.
	Result<Batch> wait(Deadline deadline);

	/// True if standard output is a terminal.
	[[nodiscard]] static bool terminal();

    private:
	Follow(netlink::Subscription subscription, UniqueFd signals, int output)
		: subscription_(std::move(subscription)), signals_(std::move(signals)), output_(output)
	{
	}

	netlink::Subscription subscription_;
	UniqueFd signals_;
	int output_; // -1: its end does not matter
};

} // namespace knell::cli
