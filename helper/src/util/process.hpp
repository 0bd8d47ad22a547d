// SPDX-License-Identifier: GPL-2.0
// Programs by argument vector: run to the end with a deadline, or start and supervise
// by pidfd. Never a shell, never an inherited environment or descriptor.
#pragma once

#include "util/handle.hpp"
#include "util/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace knell::process {

/// What to run. The environment is exactly what is given here (plus PATH and LANG=C if absent).
struct Command {
	std::vector<std::string> argv{};	///< argv[0] is an absolute path
	std::vector<std::pair<std::string, std::string>> environment{};
	std::string directory{};		///< working directory, empty = "/"
	std::chrono::milliseconds deadline{10000};	///< run() only
	std::size_t output_limit = 65536;	///< run() only: octets of stdout+stderr kept
	std::string input{};			///< run() only: what it reads from stdin, else /dev/null
	int cancel = -1;			///< run() only: killed when this descriptor is readable
};

/// How a program ended.
struct Outcome {
	int exit_status = -1;	///< exit status, -1 if it did not exit by itself
	int signal = 0;		///< signal that ended it, or 0
	bool timed_out = false;	///< the deadline passed and it was killed
	bool cancelled = false;	///< Command::cancel became readable and it was killed
	std::string output;	///< stdout and stderr, cut at the limit
	std::chrono::milliseconds elapsed{0};

	bool ok() const { return exit_status == 0; }
	/// "exited with status 1", "killed by signal 9", "took longer than 10000 ms"
	std::string text() const;
};

/// Could root start this program without doing what somebody else wrote into it? Error if it is no
/// executable file, or everybody may write it.
Status inspect(const std::string &program);

/// Run to the end. Error = could not be started; anything else is in the Outcome.
Result<Outcome> run(const Command &command);

/// A started program, the leader of its own session and process group.
struct Child {
	pid_t pid = -1;
	UniqueFd pidfd;
	std::uint64_t start_time = 0;	///< clock ticks since boot; with pid = identity
};

/// Start in a session of its own; stdin is /dev/null, stdout and stderr are those of the caller.
Result<Child> spawn(const Command &command);

/// Take hold of a process that runs already; error if pid and start_time do not match.
Result<Child> adopt(pid_t pid, std::uint64_t start_time);

/// Take hold of whatever process has this number now.
Result<Child> adopt(pid_t pid);

/// Start time of a process, clock ticks since boot (/proc/PID/stat field 22).
Result<std::uint64_t> start_time(pid_t pid);

/// True when the process has ended (it may still have to be reaped).
bool ended(const Child &child);

/// How our own child ended; it stays a zombie, so that its number stays its own, until
/// stop(). Error if it still runs or is not our child.
Result<Outcome> ending(const Child &child);

/// Wait until the process ends; false when the time is over.
bool wait_end(const Child &child, std::chrono::milliseconds limit);

/// SIGTERM to the group, SIGKILL after `grace`; error if something survives `grace` + 5 s.
Status stop(const Child &child, std::chrono::milliseconds grace);

} // namespace knell::process
