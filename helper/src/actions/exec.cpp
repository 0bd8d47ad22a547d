// SPDX-License-Identifier: GPL-2.0
// Start, watch and stop a program.
#include "actions/exec.hpp"

#include "util/log.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace knell::actions {

namespace fs = std::filesystem;

namespace {

constexpr milliseconds settle{50};	// a program that cannot work at all ends within this time
constexpr milliseconds abandon_grace{0};	// a node that is dead to the others kills at once

constexpr int stray_attempts = 5;	// a process may fork while it is being killed
constexpr milliseconds stray_patience{1000};

/// Processes whose initial environment has all of these entries.
std::vector<pid_t> processes_with(const std::vector<std::string> &entries)
{
	std::vector<pid_t> found;
	std::error_code error;

	for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
	     entry.increment(error)) {
		pid_t pid = static_cast<pid_t>(std::strtol(entry->path().filename().c_str(), nullptr, 10));
		if (pid <= 1 || pid == getpid())
			continue;
		std::ifstream file(entry->path() / "environ", std::ios::binary);
		std::string text{std::istreambuf_iterator<char>(file), {}};
		text.insert(text.begin(), '\0');
		bool all = std::all_of(entries.begin(), entries.end(), [&](const std::string &wanted) {
			return text.find(std::string(1, '\0') + wanted + std::string(1, '\0')) !=
			       std::string::npos;
		});
		if (all)
			found.push_back(pid);
	}
	return found;
}

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
	return {};
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
	for (int attempt = 0; attempt < stray_attempts; attempt++) {
		auto strays = processes_with({"KNELL_CLUSTER=" + site_.cluster_name,
					      "KNELL_APP_ID=" + std::to_string(app_id_),
					      "KNELL_PROGRAM=" + executable_.program});
		if (strays.empty())
			return {};
		for (pid_t pid : strays) {
			log::warning("{}: ending process {}, which was left behind", executable_.program, pid);
			::kill(pid, SIGKILL);
			if (auto left = process::adopt(pid))
				process::wait_end(*left, stray_patience);
		}
	}
	return Error{"cannot stop " + executable_.program, "processes it left behind survive SIGKILL",
		     "look for I/O that hangs"};
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
