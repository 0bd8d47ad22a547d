// SPDX-License-Identifier: GPL-2.0
// Proof that user space works, and the petting of the kernel that depends on it.
//
// A canary is a small job any healthy host can do; each runs again and again in a thread of
// its own and leaves a time stamp when it passed. The petter pets the kernel only while every
// stamp is fresh. When one is not, it stays silent, and the kernel tells the others.
//
// Context and locking: threads of their own, never the event loop's; stamps are atomic.
#pragma once

#include "util/result.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace knell::daemon {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Canary {
public:
	/// `job` runs every `period`; it is fresh while it passed within `window`.
	Canary(std::string name, milliseconds period, milliseconds window, std::function<Status()> job);

	bool fresh(Clock::time_point now) const;
	/// The job was done by someone else (the event loop) just now.
	void passed() { stamp_ = Clock::now().time_since_epoch().count(); }
	const std::string &name() const { return name_; }
	void start();

private:
	void work(const std::stop_token &stop);

	std::string name_;
	milliseconds period_, window_;
	std::function<Status()> job_;
	std::atomic<Clock::rep> stamp_;
	std::jthread thread_;
};

/// Start a trivial program and see it end well.
Status exec_canary(milliseconds deadline);

/// Write and fsync a small file in the state directory.
Status disk_canary(const std::string &state_dir);

class Petter {
public:
	/// `pet` is called every `period` from its thread while all canaries are fresh.
	Petter(milliseconds period, std::vector<Canary *> canaries, std::function<Status()> pet);

	void start();
	void stop();

private:
	void work(const std::stop_token &stop);

	milliseconds period_;
	std::vector<Canary *> canaries_;
	std::function<Status()> pet_;
	std::jthread thread_;
};

} // namespace knell::daemon
