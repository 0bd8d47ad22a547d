// SPDX-License-Identifier: GPL-2.0
// knell-snmp: two processes, one that reads the kernel and one that talks to snmpd.
#include "snmp/privilege.hpp"
#include "snmp/reader.hpp"
#include "snmp/speaker.hpp"
#include "util/handle.hpp"
#include "util/log.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

using namespace knell;

namespace {

constexpr timeval patience{10, 0};	// for a speaker that does not read

int tell(const Status &done)
{
	if (done)
		return 0;
	log::error("{}", done.error().text());
	return 1;
}

/// The half that talks to snmpd: whatever comes from there finds no privilege here.
int speak(UniqueFd from_reader, const std::string &master)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, nullptr);
	if (auto done = snmp::drop_capabilities(); !done)
		return tell(done);
	return tell(snmp::speak(from_reader.get(), master));
}

int read(UniqueFd to_speaker, UniqueFd stop, const std::string &state_dir)
{
	setsockopt(to_speaker.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	sd_notify(0, "READY=1");
	snmp::Reader reader(to_speaker.get(), state_dir);

	return tell(reader.run(stop.get()));
}

} // namespace

int main(int argc, char **argv)
{
	CLI::App app("knell-snmp - tells SNMP managers about the knell failover cluster");
	std::string master = "/var/agentx/master", state_dir = "/var/lib/knell";
	int ends[2];
	sigset_t ending;

	app.add_option("--agentx", master, "AgentX socket of snmpd")->capture_default_str();
	app.add_option("--state-dir", state_dir, "directory of knelld's state")->capture_default_str();
	app.set_version_flag("--version", "knell-snmp 0.1.0");
	CLI11_PARSE(app, argc, argv);

	log::setup(log::Level::info);
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigprocmask(SIG_BLOCK, &ending, nullptr);
	if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return tell(Error::from_errno("cannot make a socket pair", errno));
	UniqueFd reader_end(ends[0]), speaker_end(ends[1]);
	const pid_t speaker = ::fork();
	if (speaker < 0)
		return tell(Error::from_errno("cannot start the AgentX half", errno));
	if (speaker == 0) {
		reader_end.reset();
		return speak(std::move(speaker_end), master);
	}
	speaker_end.reset();
	UniqueFd stop(::signalfd(-1, &ending, SFD_CLOEXEC));
	if (!stop)
		return tell(Error::from_errno("cannot wait for signals", errno));
	const int status = read(std::move(reader_end), std::move(stop), state_dir);
	// The speaker ends with the reader's end of the pair.
	while (::waitpid(speaker, nullptr, 0) < 0 && errno == EINTR)
		;
	return status;
}
