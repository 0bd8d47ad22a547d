// SPDX-License-Identifier: GPL-2.0
// Reads, subtracts, stores. What fails is logged once, until it works again.
#include "statistics/sampler.hpp"

#include "statistics/gauge.hpp"
#include "statistics/history.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <chrono>

namespace knell::statistics {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds answer_limit{10000};	// Documentation/timeouts.md

std::uint64_t now_ns()
{
	using namespace std::chrono;
	return static_cast<std::uint64_t>(
		duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

/// How long before its sample an application is asked, and how long it has to answer.
milliseconds patience(milliseconds period)
{
	return std::min(period / 2, answer_limit);
}

/// Logs what is wrong when it begins to be.
class Trouble {
public:
	bool none(const Status &status)
	{
		if (status) {
			last_.clear();
			return true;
		}
		if (status.error().text() != last_)
			log::error("statistics: {}", status.error().text());
		last_ = status.error().text();
		return false;
	}

private:
	std::string last_;
};

} // namespace

Sampler::Sampler(std::string state_dir, Wanted wanted)
	: state_dir_(std::move(state_dir)), wanted_(std::move(wanted)), inquirer_(wanted_.questions),
	  thread_([this] { run(); })
{
}

Sampler::~Sampler()
{
	{
		const std::lock_guard lock(mutex_);
		stopping_ = true;
	}
	wake_.notify_all();
	thread_.join();
}

void Sampler::configure(Wanted wanted)
{
	{
		const std::lock_guard lock(mutex_);
		inquirer_.configure(wanted.questions);
		wanted_ = std::move(wanted);
		changed_ = true;
	}
	wake_.notify_all();
}

std::optional<Sample> Sampler::latest()
{
	const std::lock_guard lock(mutex_);

	return latest_;
}

void Sampler::run()
{
	std::unique_lock lock(mutex_);
	std::optional<History> history;
	std::optional<Counters> before;
	Trouble reading, storing;

	while (!stopping_) {
		changed_ = false;
		const Wanted wanted = wanted_;
		const auto due = Clock::now() + wanted.statistics.period;
		const auto called = [this] { return stopping_ || changed_; };
		if (wanted.statistics.period.count() == 0) {
			latest_.reset();
			before.reset();
			wake_.wait(lock, called);
			continue;
		}
		if (!before) {
			auto counters = read_counters(wanted.devices);
			if (reading.none(counters ? Status() : Status(counters.error())))
				before = std::move(*counters);
		}
		const auto limit = patience(wanted.statistics.period);
		if (wake_.wait_until(lock, due - limit, called))
			continue;
		inquirer_.ask(limit);
		if (wake_.wait_until(lock, due, called))
			continue;
		const auto late = std::chrono::duration<double, std::milli>(Clock::now() - due);
		lock.unlock();
		auto counters = read_counters(wanted.devices);
		std::optional<Sample> sample;
		if (reading.none(counters ? Status() : Status(counters.error())) && before) {
			sample = difference(*before, *counters);
			sample->time_ns = now_ns();
			sample->delay_ms = late.count();
			sample->responses = inquirer_.responses();
			if (!history) {
				auto opened = History::open(state_dir_);
				if (storing.none(opened ? Status() : Status(opened.error())))
					history.emplace(std::move(*opened));
			}
			// A full or broken disk: the newest sample is there all the same, and the file is opened anew.
			if (history && !storing.none(history->append(*sample, wanted.statistics.keep)))
				history.reset();
		}
		if (counters)
			before = std::move(*counters);
		lock.lock();
		if (sample)
			latest_ = std::move(sample);
	}
}

} // namespace knell::statistics
