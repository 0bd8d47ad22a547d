// SPDX-License-Identifier: GPL-2.0
// Start, watch and stop a program.
#include "actions/exec.hpp"

#include "actions/program.hpp"
#include "actions/strays.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

namespace knell::actions {

namespace {

constexpr milliseconds settle{50};	// a program that cannot work at all ends within this time
constexpr milliseconds loader_patience{10000};	// a dry start reads libraries, perhaps from a busy disk
constexpr milliseconds abandon_grace{0};	// a node that is dead to the others kills at once

} // namespace

Exec::Exec(const Site &site, std::string app, std::uint16_t app_id, model::Executable executable)
	: site_(site), app_(std::move(app)), app_id_(app_id), executable_(std::move(executable))
{
}

std::string Exec::dry_run() const
{
	return fmt::format("start {} {}", executable_.program, fmt::join(executable_.arguments, " "));
}

Status Exec::test() const
{
	struct stat status;

	if (::stat(executable_.program.c_str(), &status) < 0)
		return Error::from_errno("cannot run " + executable_.program, errno,
					 "install it on this node");
	if (!S_ISREG(status.st_mode) || ::access(executable_.program.c_str(), X_OK) < 0)
		return Error{"cannot run " + executable_.program, "it is not an executable file",
			     "chmod +x"};
	if (status.st_mode & S_IWOTH)
		return Error{"cannot run " + executable_.program,
			     "everybody may write it, and root would start what he wrote", "chmod o-w"};
	auto starter = starter_of(executable_.program);
	if (!starter)
		return starter.error();
	if (!starter->path.empty() && ::access(starter->path.c_str(), X_OK) < 0)
		return Error::from_errno("cannot run " + executable_.program + ": its " + starter->text() + " " +
						 starter->path + " cannot be used", errno, "install it on this node");
	return {};
}

Result<std::string> Exec::inspect(const Situation &) const
{
	if (auto done = test(); !done)
		return done.error();
	auto starter = starter_of(executable_.program);
	if (!starter)
		return starter.error();
	if (starter->kind != Starter::Kind::loader)
		return starter->path.empty() ? std::string() : starter->text() + " " + starter->path;
	auto outcome = process::run({.argv = {starter->path, "--list", executable_.program}, .deadline = loader_patience});
	if (!outcome)
		return outcome.error();
	if (outcome->ok())
		return std::string("its libraries are there");
	while (!outcome->output.empty() && outcome->output.back() == '\n')
		outcome->output.pop_back();
	return Error{"cannot run " + executable_.program,
		     starter->path + ": " + (outcome->output.empty() ? outcome->text() : outcome->output),
		     "install its libraries on this node"};
}

Status Exec::run(const Control &control)
{
	if (child_ && !process::ended(*child_))
		return {};
	if (child_)
		if (auto done = undo(Release::abandon, control); !done)
			return done;
	if (auto done = end_strays(); !done)
		return done;
	process::Command command;
	command.argv = executable_.arguments;
	command.argv.insert(command.argv.begin(), executable_.program);
	command.environment = {{"KNELL_CLUSTER", site_.cluster_name},
			       {"KNELL_NODE", site_.node_name},
			       {"KNELL_EPOCH", std::to_string(site_.epoch)},
			       {"KNELL_APP", app_},
			       {"KNELL_APP_ID", std::to_string(app_id_)},
			       {"KNELL_PROGRAM", executable_.program},
			       {"KNELL_PLANNED", control.planned ? "1" : "0"}};
	auto child = process::spawn(command);
	if (!child)
		return child.error();
	child_ = std::move(*child);
	if (process::wait_end(*child_, std::min(settle, executable_.start_timeout))) {
		auto outcome = process::ending(*child_);
		return Error{executable_.program + " did not stay up",
			     outcome ? outcome->text() : outcome.error().text(),
			     "it must run in the foreground; its own log may say more"};
	}
	return {};
}

Status Exec::undo(Release how, const Control &control)
{
	if (!child_)
		return end_strays();
	auto grace = how == Release::abandon ? abandon_grace
					     : std::min(executable_.stop_timeout, control.remaining());
	auto done = process::stop(*child_, grace);
	if (!done)
		return done.error().within("cannot stop " + executable_.program);
	child_.reset();
	return end_strays();
}

/// Processes of this application that no child of ours leads any more.
Status Exec::end_strays() const
{
	return actions::end_strays(executable_.program, {"KNELL_CLUSTER=" + site_.cluster_name,
							 "KNELL_APP_ID=" + std::to_string(app_id_),
							 "KNELL_PROGRAM=" + executable_.program});
}

Status Exec::verify()
{
	if (!child_)
		return Error{executable_.program + " does not run", "it was not started", ""};
	if (!process::ended(*child_))
		return {};
	auto outcome = process::ending(*child_);
	return Error{executable_.program + " ended", outcome ? outcome->text() : "it was started by an earlier knelld", ""};
}

std::optional<ProcessView> Exec::process() const
{
	if (!child_)
		return {};
	return ProcessView{child_->pid, child_->start_time, executable_.program};
}

Status Exec::adopt(const ProcessView &view)
{
	auto child = process::adopt(view.pid, view.start_time);

	if (!child)
		return child.error();
	child_ = std::move(*child);
	return {};
}

} // namespace knell::actions
