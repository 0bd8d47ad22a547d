// SPDX-License-Identifier: GPL-2.0
// Taking, serving and letting go of one application.
#include "daemon/application.hpp"

#include "actions/reservation.hpp"
#include "util/log.hpp"
#include "util/process.hpp"

#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>

namespace knell::daemon {

using actions::Control;
using actions::Release;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {

constexpr int restart_limit = 1;		// a program that ends is started again so often,
constexpr auto restart_forgiven = 10min;	// counted afresh after it ran so long
constexpr milliseconds let_go_retry{1000};
constexpr milliseconds fence_retry{500};	// the mailbox may be back before the disks are
constexpr int fence_attempts = 120;
constexpr milliseconds clean_up_limit{5000};	// leftovers: said, then tried again

/// Part of the takeover deadline for the steps; the rest is for undoing them.
milliseconds forward_limit(const model::Options &options)
{
	return options.takeover_deadline * 3 / 4;
}

milliseconds undo_limit(const model::Options &options)
{
	return options.takeover_deadline / 5;
}

bool planned(const netlink::AppRecord &record)
{
	return record.reason == KNELL_REASON_START || record.reason == KNELL_REASON_PLANNED ||
	       record.reason == KNELL_REASON_SHUTDOWN;
}

} // namespace

Application::Application(Surroundings &around, model::Application description,
			 std::shared_ptr<plan::Plan> plan)
	: around_(around), description_(std::move(description)), plan_(std::move(plan))
{
}

Task<void> Application::replace(model::Application description, std::shared_ptr<plan::Plan> plan)
{
	auto guard = co_await mutex_.lock();

	next_description_ = std::move(description);
	next_plan_ = std::move(plan);
	use_next();
}

/// What is served keeps the plan it was started by, which also undoes it; then the newer one counts.
void Application::use_next()
{
	if (phase_ != Phase::idle || !next_plan_)
		return;
	description_ = std::move(next_description_);
	plan_ = std::move(next_plan_);
}

bool Application::report(std::uint8_t state, std::uint8_t reason, std::uint16_t prefer)
{
	auto done = around_.kernel.app_report(id(), state, reason, prefer);

	if (!done)
		log::warning("{}: {}", name(), done.error().text());
	return done.ok();
}

Task<void> Application::take(netlink::AppRecord record)
{
	const auto drops = drops_;
	auto guard = co_await mutex_.lock();

	// A grant of before everything was dropped is not this node's any more.
	if (phase_ != Phase::idle || drops != drops_ || record.version <= attempted_)
		co_return;
	use_next();
	attempted_ = record.version;
	phase_ = Phase::taking;
	stop_ = std::stop_source();
	log::notice("{}: granted to this node (from node {}), starting", name(), record.from);
	Control control{actions::Clock::now() + forward_limit(around_.options), stop_.get_token(),
			planned(record)};
	auto taken = co_await run_on(around_.workers, [this, &control] {
		return plan_->take(control, undo_limit(around_.options));
	});
	if (!taken.result) {
		log::error("{}: cannot serve it here: {}", name(), taken.result.error().text());
		phase_ = taken.clean ? Phase::idle : Phase::stuck;
		if (dropping_)
			co_return;
		if (!taken.clean) {
			around_.give_up(KNELL_REASON_STEP, name() + ": a failed start could not be undone");
			co_return;
		}
		bool ordered = stop_.stop_requested();
		report(KNELL_APP_ORPHAN, ordered ? KNELL_REASON_PLANNED : KNELL_REASON_STEP);
		co_return;
	}
	if (dropping_) {
		// let_go() waits for the mutex and takes everything down.
		phase_ = Phase::serving;
		co_return;
	}
	bool accepted = report(KNELL_APP_RUNNING, KNELL_REASON_NONE);
	phase_ = Phase::serving;
	restarts_ = 0;
	serve();
	if (accepted) {
		log::notice("{}: running on this node", name());
		co_return;
	}
	// Somebody else has it by now, or this node is out.
	Control back{actions::Clock::now() + undo_limit(around_.options), {}, false};
	cease();
	auto undone = co_await run_on(around_.workers,
				      [this, &back] { return plan_->release(Release::abandon, back); });
	phase_ = undone ? Phase::idle : Phase::stuck;
	if (!undone && !dropping_)
		around_.give_up(KNELL_REASON_STEP, undone.error().text());
}

/// Watch the processes of an application that runs.
void Application::serve()
{
	run_++;
	started_ = actions::Clock::now();
	for (const auto &[action, process] : plan_->processes())
		watch(action, process);
	remember_processes();
	around_.serves(id(), true);
}

/// From now on it is being let go of.
void Application::cease()
{
	run_++;
	around_.serves(id(), false);
}

void Application::remember_processes()
{
	std::vector<mib::ProcessEntry> entries;

	for (const auto &[action, process] : plan_->processes())
		entries.push_back({id(), action, process.pid, process.start_time, process.program});
	around_.recorder.processes(id(), std::move(entries));
}

void Application::watch(std::size_t action, const actions::ProcessView &view)
{
	auto child = process::adopt(view.pid, view.start_time);

	if (child)
		asio::co_spawn(around_.loop, wait_exit(action, std::move(*child), run_), asio::detached);
	else
		asio::co_spawn(around_.loop, exited(action, run_, child.error().why), asio::detached);
}

Task<void> Application::wait_exit(std::size_t action, process::Child child, std::uint64_t run)
{
	asio::posix::stream_descriptor descriptor(around_.loop, child.pidfd.release());
	asio::error_code ignored;

	co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
				       asio::redirect_error(asio::use_awaitable, ignored));
	std::string how = "it ended";
	co_await exited(action, run, std::move(how));
}

Task<void> Application::exited(std::size_t action, std::uint64_t run, std::string how)
{
	{
		auto guard = co_await mutex_.lock();
		if (!still_serves(run))
			co_return;
		log::error("{}: a program of it does not run any more: {}", name(), how);
		around_.recorder.note("application " + name(), "a program ended unexpectedly");
		if (actions::Clock::now() - started_ > restart_forgiven)
			restarts_ = 0;
	}
	const auto done = co_await start_again(action, run);
	if (done) {
		log::notice("{}: started again", name());
		co_return;
	}
	auto guard = co_await mutex_.lock();
	if (!still_serves(run))
		co_return;
	log::error("{}: {}", name(), done.error().text());
	if (done.error().code == actions::reservation_conflict)
		around_.fenced(done.error().text());
	else
		(void)co_await release_locked(KNELL_REASON_STEP, KNELL_NODE_NONE);
}

/// Only after the storage said that it is still ours; asked without the mutex, as check_fence() does.
Task<Status> Application::start_again(std::size_t action, std::uint64_t run)
{
	const auto deadline = actions::Clock::now() + forward_limit(around_.options);
	const std::shared_ptr<plan::Plan> plan = plan_;
	Status done;

	if (restarts_++ >= restart_limit)
		co_return Error{"a program of " + name() + " is not started again", "it ended repeatedly", ""};
	{
		auto guard = co_await mutex_.lock();
		if (!still_serves(run))
			co_return Error{"a program of " + name() + " is not started again", "it was let go of", ""};
		Control control{deadline, {}, true};
		done = co_await run_on(around_.workers, [&] { return plan->end_program(action, control); });
	}
	if (!done)
		co_return done;
	for (;;) {
		done = co_await run_on(around_.workers, [&] { return plan->after_relogin(); });
		if (done || done.error().code == actions::reservation_conflict || !still_serves(run) ||
		    actions::Clock::now() >= deadline)
			break;
		co_await pause(fence_retry);
	}
	if (!done)
		co_return done;
	auto guard = co_await mutex_.lock();
	if (!still_serves(run))
		co_return Error{"a program of " + name() + " is not started again", "it was let go of", ""};
	stop_ = std::stop_source();
	Control control{deadline, stop_.get_token(), true};
	done = co_await run_on(around_.workers, [&] { return plan->start_program(action, control); });
	if (done && still_serves(run)) {
		started_ = actions::Clock::now();
		for (const auto &[index, process] : plan->processes())
			if (index == action)
				watch(index, process);
		remember_processes();
	}
	co_return done;
}

bool Application::still_serves(std::uint64_t run) const
{
	return run == run_ && phase_ == Phase::serving && !dropping_;
}

Task<bool> Application::release(std::uint8_t reason, std::uint16_t prefer)
{
	// A plan that still runs is cancelled; it undoes itself and reports.
	if (phase_ == Phase::taking)
		stop_.request_stop();
	auto guard = co_await mutex_.lock();

	co_return co_await release_locked(reason, prefer);
}

Task<bool> Application::release_locked(std::uint8_t reason, std::uint16_t prefer)
{
	if (phase_ == Phase::idle)
		co_return true;
	phase_ = Phase::releasing;
	cease();
	report(KNELL_APP_STOPPING, reason, prefer);
	Control control{actions::Clock::now() + around_.options.release_deadline, {}, true};
	auto done = co_await run_on(around_.workers,
				    [this, &control] { return plan_->release(Release::orderly, control); });
	if (dropping_) {
		phase_ = done ? Phase::idle : Phase::stuck;
		co_return done.ok();
	}
	if (!done) {
		log::error("{}: cannot let go of it: {}", name(), done.error().text());
		phase_ = Phase::stuck;
		around_.give_up(KNELL_REASON_STEP, done.error().text());
		co_return false;
	}
	phase_ = Phase::idle;
	around_.recorder.processes(id(), {});
	report(KNELL_APP_ORPHAN, reason, prefer);
	log::notice("{}: released", name());
	co_return true;
}

Task<void> Application::let_go()
{
	dropping_++;
	drops_++;
	stop_.request_stop();
	auto guard = co_await mutex_.lock();

	cease();
	while (phase_ != Phase::idle) {
		phase_ = Phase::releasing;
		Control control{actions::Clock::now() + around_.options.release_deadline, {}, false};
		auto done = co_await run_on(around_.workers,
					    [this, &control] { return plan_->release(Release::abandon, control); });
		if (done) {
			phase_ = Phase::idle;
			around_.recorder.processes(id(), {});
			log::notice("{}: dropped", name());
			break;
		}
		log::error("{}: cannot drop it, trying again: {}", name(), done.error().text());
		phase_ = Phase::stuck;
		co_await pause(let_go_retry);
	}
	dropping_--;
}

Task<bool> Application::adopt(std::vector<mib::ProcessEntry> processes)
{
	auto guard = co_await mutex_.lock();
	auto done = co_await run_on(around_.workers, [this, &processes]() -> Status {
		for (const auto &entry : processes)
			if (auto adopted = plan_->adopt(entry.action, {entry.pid, entry.start_time, entry.program});
			    !adopted)
				return adopted;
		return plan_->verify();
	});

	phase_ = Phase::serving;
	if (!done) {
		log::warning("{}: not as it was left: {}", name(), done.error().text());
		co_return false;
	}
	serve();
	log::notice("{}: still running on this node, watched again", name());
	co_return true;
}

Task<Status> Application::clean_up(Release how)
{
	auto guard = co_await mutex_.lock();
	Control control{actions::Clock::now() + std::min(around_.options.release_deadline, clean_up_limit), {},
			true};

	if (phase_ != Phase::idle && phase_ != Phase::stuck)
		co_return Status();
	auto done = co_await run_on(around_.workers, [this, how, &control] { return plan_->clean_up(how, control); });
	phase_ = done ? Phase::idle : Phase::stuck;
	if (!done)
		co_return done.error().within("what an earlier life of " + name() + " left");
	around_.recorder.processes(id(), {});
	co_return Status();
}

Task<void> Application::check_fence()
{
	doubts_++;
	if (checking_)
		co_return;
	checking_ = true;
	for (int failures = 0; failures < fence_attempts;) {
		std::shared_ptr<plan::Plan> plan;
		{
			auto guard = co_await mutex_.lock();
			if (phase_ != Phase::serving || dropping_)
				break;
			plan = plan_;
		}
		// Without the mutex: a disk that does not answer must not keep let_go() from the
		// addresses. Only the fence itself waits for this look (Fence::after_relogin).
		const auto doubts = doubts_;
		const auto run = run_;
		auto done = co_await run_on(around_.workers, [&plan] { return plan->after_relogin(); });
		if (run != run_ || phase_ != Phase::serving || dropping_)
			continue;
		if (done && doubts == doubts_)
			break;
		if (done)
			continue;
		if (done.error().code == actions::reservation_conflict) {
			around_.fenced(done.error().text());
			break;
		}
		// As long as the session is gone nothing can be asked, and nothing written.
		if (done.error().code != actions::session_gone && ++failures == fence_attempts)
			log::error("{}: the storage is back, but its reservations cannot be read: {}", name(),
				   done.error().text());
		co_await pause(fence_retry);
	}
	checking_ = false;
}

Task<std::vector<Error>> Application::test()
{
	auto guard = co_await mutex_.lock();

	use_next();
	co_return co_await run_on(around_.workers, [this] { return plan_->test(); });
}

} // namespace knell::daemon
