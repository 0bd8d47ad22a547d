// SPDX-License-Identifier: GPL-2.0
// Found by their environment in /proc, ended with SIGKILL.
#include "actions/strays.hpp"

#include "util/log.hpp"
#include "util/process.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace knell::actions {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int attempts = 5;			// a process may fork while it is being killed
constexpr milliseconds patience{1000};		// for all that were killed in one attempt

std::string content(const fs::path &path)
{
	std::ifstream file(path, std::ios::binary);

	return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<pid_t> processes_with(const std::vector<std::string> &entries)
{
	std::vector<pid_t> found;
	std::error_code error;

	for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
	     entry.increment(error)) {
		const auto pid = static_cast<pid_t>(std::strtol(entry->path().filename().c_str(), nullptr, 10));
		if (pid <= 1 || pid == getpid())
			continue;
		const std::string text = std::string(1, '\0') + content(entry->path() / "environ");
		if (std::all_of(entries.begin(), entries.end(), [&](const std::string &wanted) {
			    return text.find(std::string(1, '\0') + wanted + std::string(1, '\0')) !=
				   std::string::npos;
		    }))
			found.push_back(pid);
	}
	return found;
}

void kill_all(const std::string &program, const std::vector<pid_t> &pids)
{
	std::vector<process::Child> killed;

	for (pid_t pid : pids) {
		auto left = process::adopt(pid);
		log::warning("{}: ending process {}, which was left behind", program, pid);
		::kill(pid, SIGKILL);
		if (left)
			killed.push_back(std::move(*left));
	}
	const auto end = Clock::now() + patience;
	for (const auto &child : killed)
		process::wait_end(child, std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(
									   end - Clock::now())));
}

/// The path in the unified hierarchy, the line "0::/path".
std::string_view unified(std::string_view text)
{
	constexpr std::string_view mark = "0::";

	while (!text.empty()) {
		const auto line = text.substr(0, text.find('\n'));
		if (line.starts_with(mark))
			return line.substr(mark.size());
		text.remove_prefix(std::min(text.size(), line.size() + 1));
	}
	return {};
}

} // namespace

bool within_cgroup(std::string_view process, std::string_view group)
{
	const auto inner = unified(process), outer = unified(group);

	if (inner.empty() || outer.empty() || outer == "/")
		return true;
	return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
}

Status end_strays(const std::string &program, const std::vector<std::string> &entries)
{
	std::vector<pid_t> strays;

	for (int attempt = 0; attempt < attempts; attempt++) {
		strays = processes_with(entries);
		if (strays.empty())
			return {};
		kill_all(program, strays);
	}
	const std::string own = content("/proc/self/cgroup");
	for (pid_t pid : processes_with(entries)) {
		if (within_cgroup(content("/proc/" + std::to_string(pid) + "/cgroup"), own))
			return Error{"cannot stop " + program,
				     "process " + std::to_string(pid) + ", which it left behind, survives SIGKILL",
				     "look for I/O that hangs"};
		log::error("{}: process {} has its environment but is not of our control group; it is left alone",
			   program, pid);
	}
	return {};
}

} // namespace knell::actions
