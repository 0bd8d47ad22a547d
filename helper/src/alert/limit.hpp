// SPDX-License-Identifier: GPL-2.0
// How many alerts a target gets within a period, and how many it did not get.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

namespace knell::alert {

using Time = std::chrono::steady_clock::time_point;

/// Pure: the caller tells the time, which never goes back.
class RateLimit {
public:
	RateLimit(unsigned limit, std::chrono::milliseconds period) : limit_(limit), period_(period) {}

	/// May one go out now? Else it counts as missed.
	bool admit(Time now)
	{
		while (!sent_.empty() && now - sent_.front() >= period_)
			sent_.pop_front();
		if (sent_.size() < limit_) {
			sent_.push_back(now);
			return true;
		}
		missed_++;
		return false;
	}

	/// Others that did not get through.
	void miss(unsigned count) { missed_ += count; }

	/// When to tell how many did not get through: as soon as one may go out again, once a period.
	/// Does not count as an alert itself.
	[[nodiscard]] std::optional<Time> due() const
	{
		std::optional<Time> when;

		if (!missed_)
			return when;
		when = sent_.size() < limit_ ? Time{} : sent_.front() + period_;
		if (told_)
			when = std::max(*when, *told_ + period_);
		return when;
	}

	[[nodiscard]] unsigned missed() const { return missed_; }

	/// The same, told now: counting begins anew.
	unsigned tell(Time now)
	{
		told_ = now;
		return std::exchange(missed_, 0);
	}

private:
	unsigned limit_;
	std::chrono::milliseconds period_;
	std::deque<Time> sent_;
	unsigned missed_ = 0;
	std::optional<Time> told_;
};

} // namespace knell::alert
