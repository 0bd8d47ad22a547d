// SPDX-License-Identifier: GPL-2.0
// Running a plan forwards and backwards.
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>

namespace knell::plan {

using actions::Clock;
using actions::Control;
using actions::Release;

Plan::Plan(std::uint16_t app, std::string name, actions::Actions actions, Reporter report)
	: app_(app), name_(std::move(name)), actions_(std::move(actions)), report_(std::move(report))
{
}

Status Plan::step(actions::Action &action, bool undo, const std::function<Status()> &work)
{
	using namespace std::chrono;
	StepReport report{app_, name_, action.kind(), action.subject(), undo, {}, 0, microseconds(0)};

	report.start_ns = static_cast<std::uint64_t>(
		duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
	auto begin = Clock::now();
	auto done = work();
	report.duration = duration_cast<microseconds>(Clock::now() - begin);
	if (!done)
		report.error = done.error().text();
	if (report_)
		report_(report);
	return done;
}

Taken Plan::take(const Control &control, actions::milliseconds undo_limit)
{
	for (std::size_t index = 0; index < actions_.size(); index++) {
		auto &action = *actions_[index];
		Status done;
		if (control.over())
			done = control.expired(action.kind() + " " + action.subject() + " was not begun");
		else
			done = step(action, false, [&] { return action.run(control); });
		if (done)
			continue;
		auto how = control.stop.stop_requested() ? Release::abandon : Release::orderly;
		Control back{Clock::now() + undo_limit, {}, control.planned};
		auto undone = undo_from(index + 1, how, back);
		return {done.error(), undone.ok()};
	}
	return {{}, true};
}

Status Plan::undo_from(std::size_t count, Release how, const Control &control)
{
	Status first;

	while (count-- > 0) {
		auto &action = *actions_[count];
		auto done = step(action, true, [&] { return action.undo(how, control); });
		// Go on all the same: every step that can be taken back makes this node less harmful.
		if (!done && first)
			first = done;
	}
	return first;
}

Status Plan::release(Release how, const Control &control)
{
	return undo_from(actions_.size(), how, control);
}

Status Plan::clean_up(Release how, const Control &control)
{
	Status first;

	for (auto action = actions_.rbegin(); action != actions_.rend(); ++action)
		if (auto done = (*action)->undo(how, control); !done && first)
			first = done;
	return first;
}

Status Plan::verify()
{
	for (auto &action : actions_)
		if (auto done = action->verify(); !done)
			return done;
	return {};
}

std::vector<Error> Plan::test() const
{
	std::vector<Error> wrong;

	for (const auto &action : actions_)
		if (auto done = action->test(); !done)
			wrong.push_back(done.error().within(name_));
	return wrong;
}

std::vector<Finding> Plan::inspect(const actions::Situation &situation) const
{
	std::vector<Finding> findings;

	for (const auto &action : actions_)
		findings.push_back({action->kind(), action->subject(), action->inspect(situation)});
	return findings;
}

std::vector<std::string> Plan::dry_run() const
{
	std::vector<std::string> lines;

	for (const auto &action : actions_)
		lines.push_back(action->kind() + ": " + action->dry_run());
	return lines;
}

Status Plan::after_relogin()
{
	for (auto &action : actions_)
		if (auto done = action->after_relogin(); !done)
			return done;
	return {};
}

std::vector<std::pair<std::size_t, actions::ProcessView>> Plan::processes() const
{
	std::vector<std::pair<std::size_t, actions::ProcessView>> found;

	for (std::size_t index = 0; index < actions_.size(); index++)
		if (auto process = actions_[index]->process())
			found.emplace_back(index, *process);
	return found;
}

Status Plan::adopt(std::size_t index, const actions::ProcessView &process)
{
	if (index >= actions_.size())
		return Error{"cannot adopt process " + std::to_string(process.pid),
			     "the application has changed meanwhile", ""};
	return actions_[index]->adopt(process);
}

Status Plan::end_program(std::size_t index, const Control &control)
{
	auto &action = *actions_.at(index);

	return step(action, true, [&] { return action.undo(Release::orderly, control); });
}

Status Plan::start_program(std::size_t index, const Control &control)
{
	auto &action = *actions_.at(index);

	if (control.over())
		return control.expired(action.kind() + " " + action.subject() + " was not started again");
	return step(action, false, [&] { return action.run(control); });
}

std::string to_json(const StepReport &report)
{
	nlohmann::ordered_json line{{"app", report.app_name},
				    {"step", report.kind},
				    {"subject", report.subject},
				    {"undo", report.undo},
				    {"ok", report.error.empty()},
				    {"start_ns", report.start_ns},
				    {"duration_us", report.duration.count()}};

	if (!report.error.empty())
		line["error"] = report.error;
	return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace knell::plan
