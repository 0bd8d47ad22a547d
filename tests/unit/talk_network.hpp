// SPDX-License-Identifier: GPL-2.0
// A network of helpers in one process, with a clock of its own: packets are lost, doubled and come
// in any order, as its seed says.
#pragma once

#include "talk/asker.hpp"
#include "talk/responder.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <random>

namespace knell::talk {

class Network : public Transport {
public:
	/// What a node does with a packet; it may send answers through answer().
	using Station = std::function<std::optional<std::string>(std::uint16_t from, std::string_view octets)>;

	explicit Network(unsigned seed) : random_(seed) {}

	double loss = 0, doubling = 0;
	milliseconds delay_max{1};
	std::map<std::uint16_t, Station> stations;	///< nodes that are there
	std::uint16_t self = 1;				///< who asks
	std::size_t sent = 0;
	std::function<bool()> stop;			///< asking is to end
	std::function<void(milliseconds)> passes;	///< time passes

	Status send(std::uint16_t node, std::string_view octets) override
	{
		// Who has ended sends nothing.
		if (stop && stop())
			return {};
		sent++;
		post(node, std::string(octets), true);
		return {};
	}

	Result<std::optional<Letter>> receive(Clock::time_point until) override
	{
		for (;;) {
			if (stop && stop())
				return Error{"interrupted", "", "", EINTR};
			if (under_way_.empty() || under_way_.begin()->first > until) {
				advance(until);
				return std::optional<Letter>{};
			}
			auto [when, flight] = *under_way_.begin();
			under_way_.erase(under_way_.begin());
			advance(when);
			if (!flight.request)
				return std::optional<Letter>(Letter{flight.node, flight.octets});
			auto station = stations.find(flight.node);
			if (station == stations.end())
				continue;
			if (auto reply = station->second(self, flight.octets))
				post(flight.node, *reply, false);
		}
	}

	Clock::time_point now() const override { return now_; }

	/// What is under way never arrives.
	void lose_all() { under_way_.clear(); }

	std::uint64_t number() { return std::uint64_t{random_()} << 32 | random_(); }

private:
	struct Flight {
		std::uint16_t node;
		std::string octets;
		bool request;
	};

	bool chance(double of) { return std::uniform_real_distribution<double>(0, 1)(random_) < of; }

	void post(std::uint16_t node, const std::string &octets, bool request)
	{
		if (chance(loss))
			return;
		for (int copies = chance(doubling) ? 2 : 1; copies > 0; copies--) {
			milliseconds delay(std::uniform_int_distribution<int>(0, int(delay_max.count()))(random_));
			under_way_.emplace(now_ + delay, Flight{node, octets, request});
		}
	}

	void advance(Clock::time_point when)
	{
		if (when > now_ && passes)
			passes(std::chrono::duration_cast<milliseconds>(when - now_));
		now_ = std::max(now_, when);
	}

	std::mt19937 random_;
	Clock::time_point now_{};
	std::multimap<Clock::time_point, Flight> under_way_;
};

} // namespace knell::talk
