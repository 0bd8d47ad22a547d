// SPDX-License-Identifier: GPL-2.0
// KNELL-MIB: what an image holds, how it gets from one process to the other, and that a real snmpd
// serves it, loses its subagent, and gets it back.
#include "snmp/pipe.hpp"
#include "snmp/privilege.hpp"
#include "snmp/speaker.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>

#include "cli_snapshot.hpp"
#include "util/process.hpp"

using namespace knell;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

metrics::Facts facts()
{
	const auto s = sample();
	metrics::Facts f;

	f.cluster = s.cluster;
	f.nodes = s.nodes;
	f.apps = s.apps;
	f.sample = statistics::Sample{};
	f.sample->time_ns = 1795172400'700000000; // 2026-11-20 11:00:00.7 UTC
	f.sample->cpu_busy = 0.125;
	f.sample->load = 0.5;
	f.sample->delay_ms = 1.5;
	f.sample->memory_total = 1ull << 30;
	f.sample->memory_available = 1ull << 29;
	f.sample->volumes = {{"/dev/disk/by-id/x", 4, 5'000'000'000, 2.5, std::nullopt}};
	f.sample->responses = {{"records", 12.5}, {"removed", 1.0}, {"web", std::nullopt}};
	return f;
}

model::Cluster cluster()
{
	model::Cluster c;
	model::Application app;

	app.id = 1;
	app.volumes = {{"/dev/disk/by-id/x", "/srv/x", "ext4", {}, model::Fsck::automatic},
		       {"/dev/disk/by-id/y", "/srv/y", "xfs", {}, model::Fsck::automatic}};
	app.addresses = {{"192.168.77.100", 24, "lan0"}, {"fd00::1", 64, "lan1"}};
	c.applications.push_back(app);
	return c;
}

/// Where modules are: what of the standard's is needed, ours, and Net-SNMP's.
std::string modules()
{
	return std::string(KNELL_TOP) + "/tests/snmp/mibs:" + KNELL_TOP + "/helper/snmp:/usr/share/snmp/mibs";
}

/// Two ends of what joins reader and speaker.
struct Ends {
	Ends()
	{
		int fds[2];

		REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
		reader.reset(fds[0]);
		speaker.reset(fds[1]);
	}
	UniqueFd reader, speaker;
};

/// A program that runs beside the test and ends with it.
class Running {
public:
	explicit Running(pid_t pid) : pid_(pid) {}
	Running(Running &&other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
	Running(const Running &) = delete;
	Running &operator=(const Running &) = delete;
	Running &operator=(Running &&) = delete;
	~Running() { end(); }

	/// Its exit status, -1 if it was killed.
	int wait()
	{
		int status = 0;

		if (pid_ < 0 || ::waitpid(std::exchange(pid_, -1), &status, 0) < 0 || !WIFEXITED(status))
			return -1;
		return WEXITSTATUS(status);
	}
	void end()
	{
		if (pid_ > 0)
			::kill(pid_, SIGKILL);
		wait();
	}
	[[nodiscard]] pid_t pid() const { return pid_; }

private:
	pid_t pid_;
};

/// snmpd with an AgentX socket and SNMP over a unix socket: nothing on a network.
class Site {
public:
	Site()
	{
		char pattern[] = "/tmp/knell-snmp.XXXXXX";

		REQUIRE(::mkdtemp(pattern));
		folder = pattern;
		std::ofstream(folder / "snmpd.conf")
			<< "master agentx\nagentXSocket " << agentx() << "\nagentXPerms 0700 0700\n"
			<< "com2secunix local default public\ngroup local v2c local\nview all included .1\n"
			<< "access local \"\" any noauth exact all none all\n"
			<< "trap2sink unix:" << (folder / "traps").string() << " public\n";
		std::ofstream(folder / "snmptrapd.conf") << "disableAuthorization yes\n";
	}
	~Site() { fs::remove_all(folder); }
	Site(const Site &) = delete;
	Site &operator=(const Site &) = delete;

	[[nodiscard]] std::string agentx() const { return (folder / "agentx").string(); }

	[[nodiscard]] Running start(std::vector<std::string> argv) const
	{
		const pid_t pid = ::fork();

		REQUIRE(pid >= 0);
		if (pid)
			return Running(pid);
		const std::string mibs = "MIBDIRS=" + modules(), state = "SNMP_PERSISTENT_DIR=" + (folder / "state").string();
		std::vector<char *> words;
		for (auto &word : argv)
			words.push_back(word.data());
		words.push_back(nullptr);
		std::string all = "MIBS=";
		char *environment[] = {const_cast<char *>(mibs.c_str()), const_cast<char *>(state.c_str()), all.data(), nullptr};
		::execve(words[0], words.data(), environment);
		::_exit(127);
	}
	[[nodiscard]] Running master() const
	{
		return start({"/usr/sbin/snmpd", "-f", "-C", "-c", (folder / "snmpd.conf").string(), "-Lf",
			      (folder / "snmpd.log").string(), "unix:" + (folder / "snmp").string()});
	}
	[[nodiscard]] Running trap_daemon() const
	{
		return start({"/usr/sbin/snmptrapd", "-f", "-C", "-c", (folder / "snmptrapd.conf").string(), "-On", "-Lf",
			      (folder / "traps.log").string(), "unix:" + (folder / "traps").string()});
	}

	/// A client of net-snmp with KNELL-MIB; its output whatever its status.
	[[nodiscard]] std::string ask(const std::string &tool, const std::vector<std::string> &what) const
	{
		process::Command command;

		command.argv = {"/usr/bin/" + tool, "-v2c", "-c", "public", "-M", modules(), "-m", "KNELL-MIB", "-r", "0", "-t",
				"5", "unix:" + (folder / "snmp").string()};
		command.argv.insert(command.argv.end(), what.begin(), what.end());
		command.environment = {{"SNMP_PERSISTENT_DIR", (folder / "state").string()}};
		auto outcome = process::run(command);
		REQUIRE(outcome);
		return outcome->output;
	}
	/// Asked until the answer has `text` in it.
	std::string ask_until(const std::string &text, const std::string &tool,
					    const std::vector<std::string> &what) const
	{
		std::string answer;
		const auto end = std::chrono::steady_clock::now() + 40s;

		do
			answer = ask(tool, what);
		while (answer.find(text) == answer.npos && std::chrono::steady_clock::now() < end);
		INFO(answer);
		CHECK(answer.find(text) != answer.npos);
		return answer;
	}
	[[nodiscard]] std::string file(const char *name) const
	{
		std::ifstream in(folder / name);
		std::stringstream text;

		text << in.rdbuf();
		return text.str();
	}
	[[nodiscard]] bool file_has(const char *name, const std::string &text) const
	{
		const auto end = std::chrono::steady_clock::now() + 20s;

		while (file(name).find(text) == std::string::npos) {
			if (std::chrono::steady_clock::now() > end)
				return false;
			std::this_thread::yield();
		}
		return true;
	}

private:
	fs::path folder;
};

Running speaker(Ends &ends, const std::string &master)
{
	const pid_t pid = ::fork();

	REQUIRE(pid >= 0);
	if (pid) {
		ends.speaker.reset();
		return Running(pid);
	}
	ends.reader.reset();
	::_exit(snmp::speak(ends.speaker.get(), master) ? 0 : 1);
}

snmp::Value at(const snmp::Image &image, const snmp::Oid &oid)
{
	const auto found = image.find(oid);

	REQUIRE(found != image.end());
	return found->second;
}

} // namespace

TEST_CASE("an image holds what the kernel says, by number")
{
	const auto image = snmp::make_image(facts(), cluster());

	CHECK(at(image, {1, 1, 1, 0}).number == 1);
	CHECK(at(image, {1, 1, 2, 0}).octets == "demo");
	CHECK(at(image, {1, 1, 5, 0}).number == 4);
	CHECK(at(image, {1, 1, 6, 0}).number == 2);
	CHECK(at(image, {1, 2, 1, 2, 2}).octets == "a");
	CHECK(at(image, {1, 2, 1, 4, 2}).number == KNELL_STATUS_DOWN);
	CHECK(at(image, {1, 2, 1, 5, 2}).number == KNELL_REASON_PANIC);
	CHECK(at(image, {1, 2, 1, 10, 4}) == snmp::Value{snmp::Type::gauge, 1, {}});
	CHECK(at(image, {1, 3, 1, 5, 1}).number == 4);
	CHECK(at(image, {1, 3, 1, 6, 1}).number == 2);
	CHECK(at(image, {1, 4, 1, 3, 1, 2}).octets == "/srv/y");
	CHECK(at(image, {1, 4, 1, 6, 1, 1}).number == 0xffffffff);	// beyond a gauge
	CHECK(at(image, {1, 4, 1, 7, 1, 1}).number == 2500);
	CHECK_FALSE(image.contains({1, 4, 1, 8, 1, 1}));		// there was no write to time
	CHECK_FALSE(image.contains({1, 4, 1, 5, 1, 2}));		// no sample of y
	CHECK(at(image, {1, 5, 1, 3, 1, 1}).octets == std::string("\xc0\xa8\x4d\x64"));
	CHECK(at(image, {1, 5, 1, 3, 1, 2}).octets.size() == 16);
	CHECK(at(image, {1, 6, 1, 1, 4}).octets == std::string("\x07\xea\x0b\x14\x0b\0\0\x07+\0\0", 11));
	CHECK(at(image, {1, 6, 1, 2, 4}).number == 125);
	CHECK(at(image, {1, 6, 1, 6, 4}).number == 1 << 19);
	CHECK(at(image, {1, 7, 1, 1, 1}).number == 1);
	CHECK(at(image, {1, 7, 1, 2, 1}) == snmp::Value{snmp::Type::gauge, 12500, {}});
	CHECK(at(image, {1, 7, 1, 1, 2}).number == 2);
	CHECK_FALSE(image.contains({1, 7, 1, 2, 2}));			// it did not answer
	CHECK(image.upper_bound({1, 7, 1, 2, 1}) == image.end());	// nor is there one that has no number
	CHECK(snmp::make_image(std::nullopt, cluster()).size() == 1);
}

TEST_CASE("nothing is wrong with KNELL-MIB, by smilint's strictest level")
{
	process::Command command;
	const auto check = [&command](const std::string &file) {
		command.argv = {"/usr/bin/smilint", "-l", "6", file};
		command.environment = {{"SMIPATH", modules()}};
		auto outcome = process::run(command);
		REQUIRE(outcome);
		return outcome->output;
	};

	CHECK(check(std::string(KNELL_TOP) + "/helper/snmp/KNELL-MIB.txt").empty());
	CHECK_FALSE(check(std::string(KNELL_TOP) + "/README.md").empty());	// it does look
}

TEST_CASE("images and notifications get through the pipe whole")
{
	Ends ends;
	snmp::Inbox inbox(ends.speaker.get());
	const auto image = snmp::make_image(facts(), cluster());
	const auto notification = snmp::takeover(sample().apps[0]);

	REQUIRE(inbox.read());
	REQUIRE(snmp::send(ends.reader.get(), image));
	REQUIRE(snmp::send(ends.reader.get(), notification));
	auto all = inbox.read();
	REQUIRE(all);
	REQUIRE(all->size() == 2);
	CHECK(std::get<snmp::Image>((*all)[0]) == image);
	CHECK(std::get<snmp::Notification>((*all)[1]) == notification);
	// Octet by octet.
	const auto packet = snmp::encode(notification);
	const auto size = static_cast<std::uint32_t>(packet.size());
	const std::string raw = std::string(reinterpret_cast<const char *>(&size), sizeof(size)) + packet;
	for (std::size_t i = 0; i < raw.size(); i++) {
		REQUIRE(::send(ends.reader.get(), &raw[i], 1, 0) == 1);
		all = inbox.read();
		REQUIRE(all);
		CHECK(all->size() == (i + 1 == raw.size() ? 1 : 0));
	}
	ends.reader.reset();
	CHECK(inbox.read());
	CHECK(inbox.ended());
}

TEST_CASE("what is no packet is refused")
{
	const auto packet = snmp::encode(snmp::make_image(facts(), cluster()));
	std::mt19937 random(5731);

	CHECK_FALSE(snmp::decode(""));
	for (int i = 0; i < 200; i++) {
		auto spoiled = packet.substr(0, random() % packet.size());
		CHECK_FALSE(snmp::decode(spoiled));
		spoiled = packet;
		spoiled[random() % spoiled.size()] = static_cast<char>(random());
		(void)snmp::decode(spoiled).ok();	// an answer, and no fault
	}
	Ends ends;
	snmp::Inbox inbox(ends.speaker.get());
	REQUIRE(::send(ends.reader.get(), "\xff\xff\xff\xff", 4, 0) == 4);
	CHECK_FALSE(inbox.read());
}

TEST_CASE("the half that talks to snmpd has no capability left")
{
	const pid_t pid = ::fork();

	REQUIRE(pid >= 0);
	if (!pid) {
		if (!snmp::drop_capabilities())
			::_exit(1);
		std::ifstream status("/proc/self/status");
		unsigned none = 0;
		for (std::string line; std::getline(status, line);)
			for (const char *set : {"CapEff:\t0000000000000000", "CapPrm:\t0000000000000000",
						"CapInh:\t0000000000000000", "CapAmb:\t0000000000000000", "NoNewPrivs:\t1"})
				none += line == set;
		::_exit(none == 5 ? 0 : 2);
	}
	CHECK(Running(pid).wait() == 0);
}

TEST_CASE("a real snmpd serves KNELL-MIB, and a manager hears of a death, a takeover and a return")
{
	Site site;
	Ends ends;
	const auto traps = site.trap_daemon();
	// The master opens its way to the manager once, as it starts: the socket must be there.
	CHECK(site.file_has("traps.log", "NET-SNMP version"));
	auto master = site.master();
	CHECK(site.file_has("snmpd.log", "NET-SNMP version"));
	auto speaks = speaker(ends, site.agentx());

	REQUIRE(snmp::send(ends.reader.get(), snmp::make_image(facts(), cluster())));
	auto all = site.ask_until("knellResponseTime.1 = Gauge32", "snmpwalk", {"knellMIB"});
	for (const char *line :
	     {"knellAnswering.0 = INTEGER: true(1)", "knellClusterName.0 = STRING: demo", "knellClusterSelf.0 = INTEGER: 4",
	      "knellNodeStatus.2 = INTEGER: down(7)", "knellNodeReason.2 = INTEGER: panic(1)",
	      "knellNodeSince.2 = STRING: 2026-11-20,11:0:1.5,+0:0", "knellApplicationState.1 = INTEGER: running(4)",
	      "knellApplicationOwner.1 = INTEGER: 4", "knellVolumeMount.1.2 = STRING: /srv/y",
	      "knellVolumeReadTime.1.1 = Gauge32: 2500 microseconds", "knellAddressType.1.2 = INTEGER: ipv6(2)",
	      "knellAddressPrefix.1.1 = Gauge32: 24", "knellStatisticsCpuBusy.4 = Gauge32: 125 0.1 percent",
	      "knellResponseAnswered.2 = INTEGER: false(2)", "knellResponseTime.1 = Gauge32: 12500 microseconds"}) {
		INFO(all << "\nlacks " << line);
		CHECK(all.find(std::string("KNELL-MIB::") + line) != all.npos);
	}
	// Every object has a name and a type in the module: none is told by number, none as the wrong type.
	CHECK(all.find("Wrong Type") == all.npos);
	CHECK(all.find("knellMIB.") == all.npos);
	CHECK(all.find("knellObjects.") == all.npos);
	CHECK(static_cast<std::size_t>(std::ranges::count(all, '\n')) == snmp::make_image(facts(), cluster()).size());
	CHECK(site.ask("snmpget", {"knellNodeName.9"}).find("No Such Instance") != std::string::npos);
	CHECK(site.ask("snmpbulkwalk", {"knellMIB"}) == all);
	CHECK(site.ask("snmpset", {"knellNodeName.2", "s", "x"}).find("Error in packet") != std::string::npos);
	const auto table = site.ask("snmptable", {"-Cf", "|", "-Ci", "knellNodeTable"});
	INFO(table);
	CHECK(table.find("2|a|server|down|panic|7|1|true|") != table.npos);
	const auto applications = site.ask("snmptable", {"-Cf", "|", "knellApplicationTable"});
	CHECK(applications.find("records|running|takeover|4|2|2|") != applications.npos);

	// A new image replaces the old one.
	REQUIRE(snmp::send(ends.reader.get(), snmp::make_image(std::nullopt, {})));
	site.ask_until("KNELL-MIB::knellAnswering.0 = INTEGER: false(2)\n", "snmpwalk", {"knellMIB"});
	CHECK(site.ask("snmpwalk", {"knellMIB"}).find("knellNode") == std::string::npos);

	const std::string id = ".1.3.6.1.4.1.8072.9999.9999.5731.0.";
	REQUIRE(snmp::send(ends.reader.get(), snmp::node_down(sample().nodes[1])));
	CHECK(site.file_has("traps.log", id + "1"));
	REQUIRE(snmp::send(ends.reader.get(), snmp::takeover(sample().apps[0])));
	CHECK(site.file_has("traps.log", id + "2"));
	REQUIRE(snmp::send(ends.reader.get(), snmp::recovered(sample().nodes[1])));
	CHECK(site.file_has("traps.log", id + "3"));
	CHECK(site.file("traps.log").find(".5731.1.3.1.2.1 = STRING: \"records\"") != std::string::npos);

	ends.reader.reset();
	CHECK(speaks.wait() == 0);	// a speaker without its reader ends
}

TEST_CASE("an AgentX master that is not there yet, or vanishes, is found again")
{
	Site site;
	Ends ends;
	auto speaks = speaker(ends, site.agentx());

	REQUIRE(snmp::send(ends.reader.get(), snmp::make_image(facts(), cluster())));
	for (int round = 0; round < 2; round++) {
		auto master = site.master();
		site.ask_until("STRING: demo", "snmpget", {"knellClusterName.0"});
		master.end();
		// It goes on hearing its reader meanwhile, and notifications for nobody do not harm it.
		for (int i = 0; i < 100; i++)
			REQUIRE(snmp::send(ends.reader.get(), snmp::node_down(sample().nodes[1])));
		CHECK(::kill(speaks.pid(), 0) == 0);
	}
}
