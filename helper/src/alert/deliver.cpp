// SPDX-License-Identifier: GPL-2.0
// Journal, file, sendmail(8) and command. Programs get an argument vector, never a shell.
#include "alert/deliver.hpp"

#include "util/handle.hpp"
#include "util/process.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace knell::alert {

namespace {

constexpr std::size_t output_kept = 400;	// of a program that fails
constexpr mode_t file_mode = 0640;

/// Its own datagram rather than libsystemd, which waits when the journal does not read.
Status to_journal(const Alert &alert, const Origin &origin, const std::string &path)
{
	const char *hint = "is systemd-journald running?";
	const std::string datagram = journal_of(alert, origin);
	const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	sockaddr_un address{};

	if (!fd)
		return Error::from_errno("cannot open a socket", errno);
	if (path.size() >= sizeof(address.sun_path))
		return Error{"cannot write to the journal", "its path is too long", ""};
	address.sun_family = AF_UNIX;
	std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
	if (::sendto(fd.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
		     reinterpret_cast<const sockaddr *>(&address), sizeof(address)) < 0)
		return Error::from_errno("cannot write to the journal at " + path, errno, hint);
	return {};
}

/// Opened for every alert: a file that was rotated away gets no more lines.
Status to_file(const Alert &alert, const Origin &origin, const std::string &path)
{
	const std::string line = line_of(alert, origin) + "\n";
	const std::string what = "cannot write " + path;
	const UniqueFd fd(::open(path.c_str(),
				 O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
				 file_mode));
	struct stat before {};

	if (!fd || ::fstat(fd.get(), &before) < 0)
		return Error::from_errno(what, errno, "does its directory exist? A link is not followed");
	const ssize_t wrote = ::write(fd.get(), line.data(), line.size());
	if (wrote == static_cast<ssize_t>(line.size()))
		return {};
	const int errnum = wrote < 0 ? errno : ENOSPC;
	// Half a line would run into the next one.
	if (wrote > 0 && S_ISREG(before.st_mode) && ::ftruncate(fd.get(), before.st_size) < 0)
		return Error::from_errno(what, errnum, "half a line stays in it; make room on its file system");
	return Error::from_errno(what, errnum, "make room on its file system, or write to another one");
}

Status run(const std::string &what, const process::Command &command)
{
	if (auto good = process::inspect(command.argv[0]); !good)
		return good;
	auto outcome = process::run(command);

	if (!outcome)
		return outcome.error();
	if (outcome->ok())
		return {};
	std::string why = outcome->text();
	if (!outcome->output.empty())
		why += ": " + outcome->output;
	while (!why.empty() && why.back() == '\n')
		why.pop_back();
	return Error{what, why, "try it by hand: knellctl alert test"};
}

Status to_email(const model::AlertTarget &target, const Alert &alert, const Origin &origin, int cancel)
{
	process::Command command;

	// -i: a line with a single dot is text. A recipient cannot look like an option (config/syntax.cpp).
	command.argv = {target.path, "-i"};
	command.argv.insert(command.argv.end(), target.recipients.begin(), target.recipients.end());
	command.deadline = target.deadline;
	command.output_limit = output_kept;
	command.input = mail_of(alert, origin, target);
	command.cancel = cancel;
	return run("cannot send mail by " + target.path, command);
}

Status to_command(const model::AlertTarget &target, const Alert &alert, const Origin &origin, int cancel)
{
	process::Command command;

	command.argv = {target.path};
	command.argv.insert(command.argv.end(), target.arguments.begin(), target.arguments.end());
	command.environment = environment_of(alert, origin);
	command.deadline = target.deadline;
	command.output_limit = output_kept;
	command.cancel = cancel;
	return run(target.path + " failed", command);
}

Status send(const model::AlertTarget &target, const Alert &alert, const Origin &origin,
	    const Surroundings &surroundings)
{
	switch (target.kind) {
	case model::AlertKind::journal:
		return to_journal(alert, origin, surroundings.journal);
	case model::AlertKind::file:
		return to_file(alert, origin, target.path);
	case model::AlertKind::email:
		return to_email(target, alert, origin, surroundings.cancel);
	case model::AlertKind::command:
		return to_command(target, alert, origin, surroundings.cancel);
	}
	return Error{"cannot send an alert", "its kind is unknown", ""};
}

} // namespace

Status deliver(const model::AlertTarget &target, const Alert &alert, const Origin &origin,
	       const Surroundings &surroundings)
{
	auto done = send(target, alert, origin, surroundings);

	return done ? Status() : done.error().within("alert target " + target.name);
}

Status inspect(const model::AlertTarget &target)
{
	const std::string within = "alert target " + target.name;

	if (target.kind == model::AlertKind::email || target.kind == model::AlertKind::command) {
		if (auto good = process::inspect(target.path); !good)
			return good.error().within(within);
	} else if (target.kind == model::AlertKind::file) {
		const auto directory = target.path.substr(0, target.path.rfind('/') + 1);
		if (::access(directory.c_str(), W_OK) != 0)
			return Error::from_errno("cannot write into " + directory, errno, "make the directory")
				.within(within);
	}
	return {};
}

Alert test_alert(const Origin &origin)
{
	Alert alert;

	alert.time_ns = now_ns();
	alert.node = origin.node;
	alert.text = "this is a test of the alerts of cluster " + origin.cluster + ", sent by hand on node " +
		     origin.node + "; nothing has happened";
	return alert;
}

} // namespace knell::alert
