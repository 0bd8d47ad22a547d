// SPDX-License-Identifier: GPL-2.0
// One application on this node: takes it when granted, watches it, lets it go.
//
// Context and locking: all methods run in the event loop's thread; the plan's steps run in the
// pool. Operations on one application exclude each other (mutex_), but for the look at its
// reservations; a take-over in progress is cancelled through stop_.
#pragma once

#include "daemon/async.hpp"
#include "daemon/recorder.hpp"
#include "netlink/client.hpp"
#include "plan/plan.hpp"
#include "util/process.hpp"

#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <stop_token>

namespace knell::daemon {

/// What every application shares with the daemon.
struct Surroundings {
	asio::io_context &loop;
	asio::thread_pool &workers;
	netlink::Client &kernel;
	Recorder &recorder;
	const model::Options &options;
	/// This node cannot let go of something: it must not go on as if it were healthy.
	std::function<void(std::uint8_t reason, const std::string &why)> give_up;
	/// The storage says that another node took over.
	std::function<void(const std::string &why)> fenced;
	/// An application is served here from now on, or not any more. Told before anything of it ends.
	std::function<void(std::uint16_t app, bool yes)> serves;
};

class Application {
public:
	enum class Phase {
		idle,		///< nothing of it is here
		taking,		///< the plan runs
		serving,
		releasing,
		stuck,		///< something could not be undone
	};

	Application(Surroundings &around, model::Application description, std::shared_ptr<plan::Plan> plan);

	std::uint16_t id() const { return description_.id; }
	const std::string &name() const { return description_.name; }
	Phase phase() const { return phase_; }
	const plan::Plan &plan() const { return *plan_; }

	/// A new generation describes it differently; what is being served keeps its plan until it is let go.
	Task<void> replace(model::Application description, std::shared_ptr<plan::Plan> plan);
	/// Granted: run the plan and report. Does nothing unless idle.
	Task<void> take(netlink::AppRecord record);
	/// Let go in good order and report; `prefer` takes it next, 0 = by the standby order.
	/// True when nothing of it is left here.
	Task<bool> release(std::uint8_t reason, std::uint16_t prefer);
	/// Drop it at once and go on trying until nothing is left here. Reports nothing.
	Task<void> let_go();
	/// After a restart of the daemon: go on serving it if everything still stands.
	Task<bool> adopt(std::vector<mib::ProcessEntry> processes);
	/// At the start: remove what an earlier life left behind. On error it is stuck: until a
	/// repetition succeeds, or let_go(), nothing is taken.
	Task<Status> clean_up(actions::Release how);
	/// The storage came back, or answers as if it was not ours any more: is it?
	Task<void> check_fence();
	/// Pre-join tests.
	Task<std::vector<Error>> test();

private:
	void use_next();
	void serve();
	void cease();
	void watch(std::size_t action, const actions::ProcessView &process);
	Task<void> wait_exit(std::size_t action, process::Child child, std::uint64_t run);
	Task<void> exited(std::size_t action, std::uint64_t run, std::string how);
	Task<Status> start_again(std::size_t action, std::uint64_t run);
	bool still_serves(std::uint64_t run) const;
	Task<bool> release_locked(std::uint8_t reason, std::uint16_t prefer);
	void remember_processes();
	bool report(std::uint8_t state, std::uint8_t reason, std::uint16_t prefer = 0);

	Surroundings &around_;
	model::Application description_;
	std::shared_ptr<plan::Plan> plan_;	// shared with a check_fence() under way
	model::Application next_description_;	// of a newer generation, until this node is idle
	std::shared_ptr<plan::Plan> next_plan_;
	AsyncMutex mutex_;
	Phase phase_ = Phase::idle;
	std::stop_source stop_;
	int dropping_ = 0;		// let_go()s under way: report nothing
	std::uint64_t drops_ = 0;	// let_go()s so far
	std::uint32_t attempted_ = 0;	// version of the last grant acted on: each is used once
	std::uint64_t run_ = 0;		// counts starts, so that an old exit is not taken for a new one
	int restarts_ = 0;
	bool checking_ = false;		// check_fence() is under way
	std::uint64_t doubts_ = 0;	// check_fence()s asked for so far
	actions::Clock::time_point started_;
};

} // namespace knell::daemon
