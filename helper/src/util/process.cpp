// SPDX-License-Identifier: GPL-2.0
// posix_spawn, pidfd and process groups: the one place where programs are started.
//
// Context and locking: thread-safe; blocking calls have a deadline.
#include "util/process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace knell::process {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kill_grace{5000};	// SIGKILL to the last member gone
constexpr milliseconds group_poll{10};		// a process group has no descriptor to wait on
constexpr int reads_at_once = 16;		// then the deadline is looked at again

int open_pidfd(pid_t pid)
{
	return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

int remaining(Clock::time_point end)
{
	auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
	return static_cast<int>(std::max<long>(0, left));
}

/// Pointers into the strings of a Command, as execve wants them.
class Vectors {
public:
	explicit Vectors(const Command &command)
	{
		for (const auto &argument : command.argv)
			argv_.push_back(const_cast<char *>(argument.c_str()));
		argv_.push_back(nullptr);
		bool path = false, lang = false;
		for (const auto &[key, value] : command.environment) {
			path |= key == "PATH";
			lang |= key == "LANG";
			text_.push_back(key + "=" + value);
		}
		if (!path)
			text_.push_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
		if (!lang)
			text_.push_back("LANG=C");
		for (auto &entry : text_)
			environment_.push_back(entry.data());
		environment_.push_back(nullptr);
	}
	char **argv() { return argv_.data(); }
	char **environment() { return environment_.data(); }

private:
	std::vector<std::string> text_;
	std::vector<char *> argv_, environment_;
};

/// Descriptors 0, 1, 2 of the new program; everything else is closed.
class FileActions {
public:
	FileActions() { posix_spawn_file_actions_init(&actions_); }
	~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
	FileActions(const FileActions &) = delete;
	FileActions &operator=(const FileActions &) = delete;

	void set(int input, int output, const std::string &directory)
	{
		if (input >= 0)
			posix_spawn_file_actions_adddup2(&actions_, input, 0);
		else
			posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
		if (output >= 0) {
			posix_spawn_file_actions_adddup2(&actions_, output, 1);
			posix_spawn_file_actions_adddup2(&actions_, output, 2);
		}
		posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
		posix_spawn_file_actions_addchdir_np(&actions_,
						     directory.empty() ? "/" : directory.c_str());
	}
	posix_spawn_file_actions_t *get() { return &actions_; }

private:
	posix_spawn_file_actions_t actions_;
};

/// New session, default signal actions, nothing blocked.
class Attributes {
public:
	Attributes()
	{
		sigset_t all, none;

		posix_spawnattr_init(&attributes_);
		sigfillset(&all);
		sigdelset(&all, SIGKILL);
		sigdelset(&all, SIGSTOP);
		sigemptyset(&none);
		posix_spawnattr_setsigdefault(&attributes_, &all);
		posix_spawnattr_setsigmask(&attributes_, &none);
		posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF |
						       POSIX_SPAWN_SETSIGMASK |
						       POSIX_SPAWN_SETSID);
	}
	~Attributes() { posix_spawnattr_destroy(&attributes_); }
	Attributes(const Attributes &) = delete;
	Attributes &operator=(const Attributes &) = delete;
	posix_spawnattr_t *get() { return &attributes_; }

private:
	posix_spawnattr_t attributes_;
};

/// knelld itself is spared when memory runs out; what it starts is a program like any other.
void expose_to_oom(pid_t pid)
{
	std::ofstream("/proc/" + std::to_string(pid) + "/oom_score_adj") << "0\n";
}

/// A descriptor that gives `text` and then its end; invalid if `text` is empty. Held in memory, so
/// that a program that does not read keeps nobody waiting.
Result<UniqueFd> input_of(const std::string &text)
{
	if (text.empty())
		return UniqueFd();
	UniqueFd fd(memfd_create("knell-input", MFD_CLOEXEC));

	for (std::size_t done = 0; fd && done < text.size();) {
		const ssize_t wrote = ::pwrite(fd.get(), text.data() + done, text.size() - done,
					       static_cast<off_t>(done));
		if (wrote <= 0)
			return Error::from_errno("cannot keep the input of a program", errno);
		done += static_cast<std::size_t>(wrote);
	}
	if (!fd)
		return Error::from_errno("cannot keep the input of a program", errno);
	return fd;
}

Result<Child> start(const Command &command, int input, int output)
{
	if (command.argv.empty() || command.argv[0].empty() || command.argv[0][0] != '/')
		return Error{"cannot start a program", "its path is not absolute",
			     "name the program with its full path"};
	Vectors vectors(command);
	FileActions actions;
	Attributes attributes;
	Child child;

	actions.set(input, output, command.directory);
	int failed = posix_spawn(&child.pid, vectors.argv()[0], actions.get(), attributes.get(),
				 vectors.argv(), vectors.environment());
	if (failed)
		return Error::from_errno("cannot start " + command.argv[0], failed,
					 "is it installed and executable on this node?");
	child.pidfd.reset(open_pidfd(child.pid));
	if (!child.pidfd) {
		int errnum = errno;
		::kill(-child.pid, SIGKILL);
		waitpid(child.pid, nullptr, 0);
		return Error::from_errno("cannot watch " + command.argv[0], errnum);
	}
	expose_to_oom(child.pid);
	auto when = start_time(child.pid);
	if (when)
		child.start_time = *when;
	return child;
}

Outcome outcome_of(int status)
{
	Outcome outcome;

	if (WIFEXITED(status))
		outcome.exit_status = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		outcome.signal = WTERMSIG(status);
	return outcome;
}

/// Whoever writes faster than we read, or goes on writing from a session of its own, must not
/// keep us here.
void take_output(int fd, Outcome &outcome, std::size_t limit)
{
	char buffer[4096];

	for (int i = 0; i < reads_at_once; i++) {
		const ssize_t got = ::read(fd, buffer, sizeof(buffer));
		if (got <= 0)
			return;
		auto room = limit - std::min(limit, outcome.output.size());
		outcome.output.append(buffer, std::min<std::size_t>(room, static_cast<std::size_t>(got)));
	}
}

bool group_gone(pid_t group, milliseconds limit)
{
	auto end = Clock::now() + limit;

	while (::kill(-group, 0) == 0 || errno == EPERM) {
		if (Clock::now() >= end)
			return false;
		std::this_thread::sleep_for(group_poll);
	}
	return true;
}

} // namespace

std::string Outcome::text() const
{
	if (cancelled)
		return "was interrupted";
	if (timed_out)
		return "took longer than " + std::to_string(elapsed.count()) + " ms";
	if (signal)
		return "killed by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
	return "exited with status " + std::to_string(exit_status);
}

Status inspect(const std::string &program)
{
	const std::string what = "cannot run " + program;
	struct stat status {};

	if (::stat(program.c_str(), &status) < 0)
		return Error::from_errno(what, errno, "correct the path or install it");
	if (!S_ISREG(status.st_mode) || ::access(program.c_str(), X_OK) < 0)
		return Error{what, "it is not an executable file", "chmod +x"};
	if (status.st_mode & S_IWOTH)
		return Error{what, "everybody may write it, and root would start what he wrote", "chmod o-w"};
	return {};
}

Result<Outcome> run(const Command &command)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return Error::from_errno("cannot make a pipe", errno);
	UniqueFd reader(ends[0]), writer(ends[1]);
	// Only our end: a program does not expect its output to answer EAGAIN.
	if (fcntl(reader.get(), F_SETFL, O_NONBLOCK) < 0)
		return Error::from_errno("cannot set up a pipe", errno);
	auto input = input_of(command.input);
	if (!input)
		return input.error();
	auto begin = Clock::now();
	auto child = start(command, input->get(), writer.get());
	if (!child)
		return child.error();
	writer.reset();

	Outcome outcome;
	auto end = begin + command.deadline;
	bool open = true, alive = true;
	while (alive) {
		pollfd wait[3] = {{child->pidfd.get(), POLLIN, 0},
				  {open ? reader.get() : -1, POLLIN, 0},
				  {command.cancel, POLLIN, 0}};
		int ready = ::poll(wait, 3, remaining(end));
		if (ready < 0 && errno != EINTR)
			break;
		if (ready > 0 && wait[1].revents) {
			take_output(reader.get(), outcome, command.output_limit);
			open = !(wait[1].revents & POLLHUP);
		}
		alive = !(ready > 0 && (wait[0].revents & POLLIN));
		if (alive && ready > 0 && wait[2].revents) {
			outcome.cancelled = true;
			break;
		}
		if (alive && Clock::now() >= end) {
			outcome.timed_out = true;
			break;
		}
	}
	// Whatever the program left behind in its session goes with it.
	::kill(-child->pid, SIGKILL);
	int status = 0;
	if (!wait_end(*child, kill_grace))
		return Error{"cannot end " + command.argv[0],
			     "it survives SIGKILL, waiting in the kernel", "look for I/O that hangs"};
	waitpid(child->pid, &status, 0);
	take_output(reader.get(), outcome, command.output_limit);
	Outcome how = outcome_of(status);
	how.timed_out = outcome.timed_out;
	how.cancelled = outcome.cancelled;
	how.output = std::move(outcome.output);
	how.elapsed = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
	if (how.timed_out || how.cancelled)
		how.exit_status = -1;
	return how;
}

Result<Child> spawn(const Command &command)
{
	return start(command, -1, -1);
}

Result<std::uint64_t> start_time(pid_t pid)
{
	std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
	std::string line;

	if (!std::getline(file, line))
		return Error{"no process " + std::to_string(pid), "it is gone", ""};
	// The name (field 2) may contain anything; the fields are counted after its last ')'.
	auto close = line.rfind(')');
	if (close == std::string::npos)
		return Error{"cannot read /proc/" + std::to_string(pid) + "/stat", line, ""};
	std::istringstream fields(line.substr(close + 2));
	std::string field;
	for (int index = 3; index <= 22; index++)
		fields >> field;
	return static_cast<std::uint64_t>(std::strtoull(field.c_str(), nullptr, 10));
}

Result<Child> adopt(pid_t pid, std::uint64_t expected)
{
	auto child = adopt(pid);

	if (child && (child->start_time != expected || ended(*child)))
		return Error{"process " + std::to_string(pid) + " is another one",
			     "its start time differs", ""};
	return child;
}

Result<Child> adopt(pid_t pid)
{
	Child child;

	child.pid = pid;
	child.pidfd.reset(open_pidfd(pid));
	if (!child.pidfd)
		return Error::from_errno("no process " + std::to_string(pid), errno);
	// The descriptor is held now: what /proc says is about this very process or it has ended.
	auto when = start_time(pid);
	if (!when)
		return when.error();
	child.start_time = *when;
	return child;
}

bool ended(const Child &child)
{
	return wait_end(child, milliseconds(0));
}

bool wait_end(const Child &child, milliseconds limit)
{
	auto end = Clock::now() + limit;

	for (;;) {
		pollfd wait = {child.pidfd.get(), POLLIN, 0};
		int ready = ::poll(&wait, 1, remaining(end));
		if (ready > 0)
			return true;
		if (ready == 0)
			return false;
		if (errno != EINTR)
			return false;
	}
}

Result<Outcome> ending(const Child &child)
{
	siginfo_t info = {};

	if (waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return Error::from_errno("cannot wait for process " + std::to_string(child.pid), errno);
	if (info.si_pid == 0)
		return Error{"process " + std::to_string(child.pid) + " still runs", "", ""};
	Outcome outcome;
	if (info.si_code == CLD_EXITED)
		outcome.exit_status = info.si_status;
	else
		outcome.signal = info.si_status;
	return outcome;
}

Status stop(const Child &child, milliseconds grace)
{
	if (!ended(child)) {
		::kill(-child.pid, SIGTERM);
		// A stopped program cannot act on SIGTERM.
		::kill(-child.pid, SIGCONT);
		wait_end(child, grace);
	}
	// As long as the leader is not reaped its number, and so the group's, cannot be another's.
	::kill(-child.pid, SIGKILL);
	if (!wait_end(child, kill_grace))
		return Error{"cannot end process " + std::to_string(child.pid),
			     "it survives SIGKILL, waiting in the kernel", "look for I/O that hangs"};
	waitpid(child.pid, nullptr, WNOHANG);
	if (!group_gone(child.pid, kill_grace))
		return Error{"cannot end the process group " + std::to_string(child.pid),
			     "a member survives SIGKILL", "look for I/O that hangs"};
	return {};
}

} // namespace knell::process
