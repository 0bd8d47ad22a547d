// SPDX-License-Identifier: GPL-2.0
// The way to one target: a bounded queue, the rate limit and a thread, so that a target that hangs
// keeps neither the others nor the daemon waiting.
//
// Context and locking: post() from any thread, never waits for a delivery; mutex_ protects
// queue_, dropped_ and stopping_.
#pragma once

#include "alert/deliver.hpp"
#include "alert/limit.hpp"
#include "util/handle.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace knell::alert {

class Courier {
public:
	using Deliver = std::function<Status(const model::AlertTarget &, const Alert &, const Origin &,
					     const Surroundings &)>;

	Courier(model::AlertTarget target, Origin origin, Deliver deliver);
	/// Ends what runs and drops what waits; the log tells how much.
	~Courier();
	Courier(const Courier &) = delete;
	Courier &operator=(const Courier &) = delete;

	/// Unless the target's filter or a full queue is against it.
	void post(const Alert &alert);

	[[nodiscard]] const model::AlertTarget &target() const { return target_; }

	static constexpr std::size_t queue_limit = 256;

private:
	void run();
	void send(const Alert &alert);
	[[nodiscard]] Alert missing(unsigned count) const;

	const model::AlertTarget target_;
	const Origin origin_;
	const Deliver deliver_;
	Surroundings surroundings_;
	UniqueFd cancel_;
	std::mutex mutex_;
	std::condition_variable wake_;
	std::deque<Alert> queue_;
	unsigned dropped_ = 0;	///< found the queue full, not counted yet
	bool stopping_ = false;
	RateLimit limit_;	// the thread's own
	std::thread thread_;	// last: it uses all the others
};

} // namespace knell::alert
