// SPDX-License-Identifier: GPL-2.0
// The plan of one application: its actions in order, undone in reverse when one fails.
//
// Context and locking: one worker thread at a time per plan, and after_relogin() beside it; the
// reporter is called in it.
#pragma once

#include "actions/action.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace knell::plan {

/// One step that was done, undone or failed.
struct StepReport {
	std::uint16_t app = 0;
	std::string app_name;
	std::string kind;		///< Action::kind()
	std::string subject;
	bool undo = false;
	std::string error;		///< empty = it worked
	std::uint64_t start_ns = 0;	///< CLOCK_REALTIME
	std::chrono::microseconds duration{0};
};

using Reporter = std::function<void(const StepReport &)>;

/// How an attempt to take an application over ended.
struct Taken {
	Status result;		///< of the steps
	bool clean = true;	///< false: it failed, and so did undoing it; something is left behind
};

/// What the inspection of one action found.
struct Finding {
	std::string kind;
	std::string subject;
	Result<std::string> seen;	///< for people
};

class Plan {
public:
	Plan(std::uint16_t app, std::string name, actions::Actions actions, Reporter report);

	/// All actions in order. On failure or cancellation what was done is undone in reverse,
	/// within `undo_limit`; abandoned rather than released if it was cancelled.
	Taken take(const actions::Control &control, actions::milliseconds undo_limit);

	/// Undo everything in reverse; goes on after a failure and returns the first one.
	Status release(actions::Release how, const actions::Control &control);

	/// Remove what an earlier life may have left; reports only what could not be removed.
	Status clean_up(actions::Release how, const actions::Control &control);

	/// Is everything still done? First deviation.
	Status verify();

	/// Every action's pre-join test; all that is wrong, one per entry.
	std::vector<Error> test() const;

	/// Every action's inspection.
	std::vector<Finding> inspect(const actions::Situation &situation) const;

	/// What take() would do, one line per action.
	std::vector<std::string> dry_run() const;

	/// The storage came back: error = the application is not ours any more.
	Status after_relogin();

	/// Processes of the running application, by index of their action.
	std::vector<std::pair<std::size_t, actions::ProcessView>> processes() const;
	Status adopt(std::size_t index, const actions::ProcessView &process);
	/// A program ended: end what it left running. Before it is started again the storage must say
	/// that the application is still ours (after_relogin()): what ended it may have been the fence,
	/// and then the memory of this node holds data that no disk ever took.
	Status end_program(std::size_t index, const actions::Control &control);
	/// Start it again.
	Status start_program(std::size_t index, const actions::Control &control);

	const std::string &name() const { return name_; }
	std::uint16_t app() const { return app_; }

private:
	Status step(actions::Action &action, bool undo, const std::function<Status()> &work);
	Status undo_from(std::size_t count, actions::Release how, const actions::Control &control);

	std::uint16_t app_;
	std::string name_;
	actions::Actions actions_;
	Reporter report_;
};

/// The report as one line of JSON, for machines that follow the log.
std::string to_json(const StepReport &report);

} // namespace knell::plan
