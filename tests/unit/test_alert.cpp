// SPDX-License-Identifier: GPL-2.0
// Alerts on their way: spelling, journal, file, mail and command; limits, queues and the reporter.
#include "alert/deliver.hpp"
#include "alert/service.hpp"

#include "cli/alert.hpp"
#include "util/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace knell;
using namespace std::chrono_literals;
using alert::Alert;
using model::AlertEvent;
using model::AlertKind;
using model::AlertTarget;

namespace {

const alert::Origin origin{"demo", "c"};

/// A directory that goes with the test.
class Directory {
public:
	Directory()
	{
		char name[] = "/tmp/knell-alert-XXXXXX";
		path_ = mkdtemp(name);
	}
	~Directory() { std::filesystem::remove_all(path_); }
	Directory(const Directory &) = delete;
	Directory &operator=(const Directory &) = delete;
	[[nodiscard]] std::string at(const std::string &name) const { return path_ + "/" + name; }

	/// A program with this body.
	[[nodiscard]] std::string program(const std::string &name, const std::string &body) const
	{
		const auto path = at(name);

		std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
		chmod(path.c_str(), 0755);
		return path;
	}

private:
	std::string path_;
};

std::string content(const std::string &path)
{
	std::ifstream in(path);
	std::ostringstream text;

	text << in.rdbuf();
	return text.str();
}

bool has(const std::string &text, const std::string &part)
{
	return text.find(part) != std::string::npos;
}

AlertTarget target(AlertKind kind, const std::string &path = {})
{
	AlertTarget made;

	made.name = "log";
	made.kind = kind;
	made.path = path;
	return made;
}

Alert down()
{
	Alert alert;

	alert.event = AlertEvent::node_down;
	alert.severity = model::severity_of(alert.event);
	alert.time_ns = 1795172400'000000000;
	alert.node = "a";
	alert.reason = "panic";
	alert.text = "node a is down (panic)";
	return alert;
}

/// Collects what would be delivered; wait() returns when there are enough.
class Collector {
public:
	alert::Courier::Deliver deliver()
	{
		return [this](const AlertTarget &to, const Alert &alert, const alert::Origin &,
			      const alert::Surroundings &) -> Status {
			std::unique_lock lock(mutex_);
			changed_.wait(lock, [this] { return !held_; });
			got_.push_back(to.name + " " + std::string(model::name(alert.event)));
			texts_.push_back(alert.text);
			changed_.notify_all();
			return {};
		};
	}
	bool wait(std::size_t count)
	{
		std::unique_lock lock(mutex_);
		return changed_.wait_for(lock, 20s, [&] { return got_.size() >= count; });
	}
	void hold(bool on)
	{
		const std::lock_guard lock(mutex_);
		held_ = on;
		changed_.notify_all();
	}
	std::vector<std::string> got()
	{
		const std::lock_guard lock(mutex_);
		return got_;
	}
	std::vector<std::string> texts()
	{
		const std::lock_guard lock(mutex_);
		return texts_;
	}

private:
	std::mutex mutex_;
	std::condition_variable changed_;
	std::vector<std::string> got_, texts_;
	bool held_ = false;
};

netlink::NodeRecord node(std::uint16_t id, const char *name, std::uint8_t status)
{
	netlink::NodeRecord record;

	record.id = id;
	record.name = name;
	record.status = status;
	record.epoch = 7;
	return record;
}

netlink::Event of(const netlink::NodeRecord &record)
{
	netlink::Event event;

	event.command = KNELL_CMD_NODE_GET;
	event.node = record;
	return event;
}

} // namespace

TEST_CASE("an alert is one line, whatever it is about")
{
	auto alert = down();

	CHECK(line_of(alert, origin) ==
	      "2026-11-20T11:00:00Z crit node-down: node a is down (panic) [cluster demo, told by c]");
	alert.text = "two\nlines\x1b[2J";
	CHECK(has(line_of(alert, origin), "two?lines?[2J"));
	CHECK_FALSE(has(mail_of(alert, origin, target(AlertKind::email)), "two\n"));
	CHECK(has(journal_of(alert, origin), "MESSAGE=two?lines?[2J\nPRIORITY=2\n"));
}

TEST_CASE("a file gets a line at a time, also after it was rotated away")
{
	Directory directory;
	const auto path = directory.at("alerts.log");
	const auto to = target(AlertKind::file, path);

	REQUIRE(deliver(to, down(), origin, {}));
	REQUIRE(deliver(to, down(), origin, {}));
	CHECK(content(path) == line_of(down(), origin) + "\n" + line_of(down(), origin) + "\n");
	std::filesystem::rename(path, path + ".1");
	REQUIRE(deliver(to, down(), origin, {}));
	CHECK(content(path) == line_of(down(), origin) + "\n");
	struct stat st {};
	REQUIRE(stat(path.c_str(), &st) == 0);
	CHECK((st.st_mode & 0007) == 0);
}

TEST_CASE("a file that cannot take it is an error that says why")
{
	Directory directory;
	auto full = deliver(target(AlertKind::file, "/dev/full"), down(), origin, {});

	REQUIRE_FALSE(full);
	CHECK(has(full.error().text(), "alert target log: cannot write /dev/full: No space left on device"));
	auto missing = deliver(target(AlertKind::file, directory.at("no/file")), down(), origin, {});
	REQUIRE_FALSE(missing);
	CHECK(missing.error().code == ENOENT);
	// Somebody's link in a directory others may write leads nowhere.
	std::filesystem::create_symlink(directory.at("victim"), directory.at("link"));
	CHECK_FALSE(deliver(target(AlertKind::file, directory.at("link")), down(), origin, {}));
	CHECK_FALSE(std::filesystem::exists(directory.at("victim")));
	// A pipe without a reader does not hold anybody up.
	REQUIRE(mkfifo(directory.at("pipe").c_str(), 0600) == 0);
	CHECK_FALSE(deliver(target(AlertKind::file, directory.at("pipe")), down(), origin, {}));
}

TEST_CASE("the journal gets its own protocol, with fields to search for")
{
	Directory directory;
	const auto path = directory.at("socket");
	const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	sockaddr_un address{};
	char datagram[4096];

	address.sun_family = AF_UNIX;
	path.copy(address.sun_path, sizeof(address.sun_path) - 1);
	REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0);
	REQUIRE(deliver(target(AlertKind::journal), down(), origin, {path, -1}));
	const auto got = ::recv(fd.get(), datagram, sizeof(datagram), MSG_DONTWAIT);
	REQUIRE(got > 0);
	const std::string text(datagram, static_cast<std::size_t>(got));
	CHECK(has(text, "MESSAGE=node a is down (panic)\nPRIORITY=2\nSYSLOG_IDENTIFIER=knelld\n"));
	CHECK(has(text, "\nKNELL_EVENT=node-down\n"));
	CHECK(has(text, "\nKNELL_NODE=a\n"));

	auto none = deliver(target(AlertKind::journal), down(), origin, {directory.at("none"), -1});
	REQUIRE_FALSE(none);
	CHECK(has(none.error().text(), "is systemd-journald running?"));
}

TEST_CASE("mail goes to sendmail with recipients as arguments and a header")
{
	Directory directory;
	auto to = target(AlertKind::email, directory.program("sendmail", "echo \"$@\" > " + directory.at("argv") +
								 "; cat > " + directory.at("mail")));

	to.recipients = {"root", "ops@example.org"};
	REQUIRE(deliver(to, down(), origin, {}));
	CHECK(content(directory.at("argv")) == "-i root ops@example.org\n");
	const auto mail = content(directory.at("mail"));
	CHECK(has(mail, "To: root,\n ops@example.org\nSubject: [knell demo] crit: node a is down (panic)\nDate: "));
	CHECK(has(mail, "\nAuto-Submitted: auto-generated\n"));
	CHECK(has(mail, "\n\nnode a is down (panic)\n\n"));
	CHECK(has(mail, "KNELL_REPORTER    c\n"));
}

TEST_CASE("a sendmail that does not read, fails or is missing is told")
{
	Directory directory;
	auto to = target(AlertKind::email, directory.program("deaf", "exit 0"));

	to.recipients = {"root"};
	CHECK(deliver(to, down(), origin, {}));
	to.path = directory.program("refuses", "echo 'no such user' >&2; exit 67");
	auto refused = deliver(to, down(), origin, {});
	REQUIRE_FALSE(refused);
	CHECK(has(refused.error().text(), "exited with status 67: no such user"));
	to.path = directory.at("missing");
	CHECK_FALSE(deliver(to, down(), origin, {}));
	CHECK_FALSE(alert::inspect(to));
}

TEST_CASE("a command gets its arguments as they are and a documented environment")
{
	Directory directory;
	auto to = target(AlertKind::command,
			 directory.program("page", "{ echo \"$#:$1\"; env | sort; } > " + directory.at("out")));

	to.arguments = {"a b; $(touch /tmp/never)"};
	REQUIRE(deliver(to, down(), origin, {}));
	const auto out = content(directory.at("out"));
	CHECK(has(out, "1:a b; $(touch /tmp/never)\n"));
	for (const char *line : {"KNELL_EVENT=node-down\n", "KNELL_SEVERITY=crit\n", "KNELL_TIME=2026-11-20T11:00:00Z\n",
				 "KNELL_CLUSTER=demo\n", "KNELL_REPORTER=c\n", "KNELL_NODE=a\n",
				 "KNELL_APPLICATION=\n", "KNELL_REASON=panic\n",
				 "KNELL_TEXT=node a is down (panic)\n", "KNELL_TEST=0\n"})
		CHECK(has(out, line));
	CHECK_FALSE(has(out, "HOME="));
}

TEST_CASE("a command that hangs is killed with all it started")
{
	Directory directory;
	auto to = target(AlertKind::command,
			 directory.program("hang", "sleep 300 & echo $! > " + directory.at("pid") + "; wait"));

	to.deadline = 500ms;
	auto late = deliver(to, down(), origin, {});
	REQUIRE_FALSE(late);
	CHECK(has(late.error().text(), "took longer than"));
	pid_t child = 0;
	std::ifstream(directory.at("pid")) >> child;
	REQUIRE(child > 0);
	// Killed, it may still be on its way out.
	if (auto left = process::adopt(child))
		CHECK(process::wait_end(*left, 20s));
}

TEST_CASE("a program that everybody may write is not started")
{
	Directory directory;
	const auto to = target(AlertKind::command, directory.program("page", "touch " + directory.at("ran")));

	chmod(to.path.c_str(), 0777);
	auto refused = deliver(to, down(), origin, {});
	REQUIRE_FALSE(refused);
	CHECK(has(refused.error().text(), "everybody may write it"));
	CHECK_FALSE(std::filesystem::exists(directory.at("ran")));
	CHECK_FALSE(alert::inspect(to));
}

TEST_CASE("a command is interrupted when knelld ends")
{
	Directory directory;
	auto to = target(AlertKind::command, directory.program("hang", "sleep 300"));
	const UniqueFd cancel(::eventfd(1, EFD_CLOEXEC));
	const auto begin = std::chrono::steady_clock::now();
	auto ended = deliver(to, down(), origin, {"", cancel.get()});

	REQUIRE_FALSE(ended);
	CHECK(has(ended.error().text(), "was interrupted"));
	CHECK(std::chrono::steady_clock::now() - begin < 20s);
}

TEST_CASE("a limit lets so many through in any period, and counts the rest")
{
	alert::RateLimit limit(2, 10s);
	const alert::Time t{1000s};

	CHECK(limit.admit(t));
	CHECK(limit.admit(t + 1s));
	CHECK_FALSE(limit.due());
	CHECK_FALSE(limit.admit(t + 2s));
	CHECK_FALSE(limit.admit(t + 9s));
	REQUIRE(limit.due());
	CHECK(*limit.due() == t + 10s);
	CHECK(limit.tell(t + 10s) == 2);
	CHECK_FALSE(limit.due());
	CHECK(limit.admit(t + 10s));
	CHECK_FALSE(limit.admit(t + 10s));
	CHECK(*limit.due() == t + 20s);	// told once a period
	CHECK(limit.admit(t + 12s));
	limit.miss(3);
	CHECK(limit.missed() == 4);
}

TEST_CASE("a target's severity and events choose, a test passes always")
{
	auto to = target(AlertKind::journal);

	to.severity = model::Severity::err;
	CHECK(wants(to, AlertEvent::node_down, model::Severity::crit));
	CHECK_FALSE(wants(to, AlertEvent::takeover_done, model::Severity::notice));
	CHECK(wants(to, AlertEvent::test, model::Severity::notice));
	to.events = {AlertEvent::node_lost};
	CHECK_FALSE(wants(to, AlertEvent::node_down, model::Severity::crit));
	CHECK(wants(to, AlertEvent::node_lost, model::Severity::crit));
}

TEST_CASE("beyond the limit an alert is kept back, and the target is told how many")
{
	Collector collector;
	auto to = target(AlertKind::file, "/nowhere");

	to.limit = 2;
	to.period = 5s;
	alert::Courier courier(to, origin, collector.deliver());
	for (int i = 0; i < 5; i++)
		courier.post(down());
	REQUIRE(collector.wait(3));
	CHECK(collector.got()[2] == "log alerts-suppressed");
	CHECK(has(collector.texts()[2], "3 alerts were not sent to log: there were more than 2 in 5 s"));
}

TEST_CASE("a queue that is full drops and tells, and never waits")
{
	Collector collector;
	auto to = target(AlertKind::file, "/nowhere");

	to.limit = 1000;
	collector.hold(true);
	alert::Courier courier(to, origin, collector.deliver());
	const auto begin = std::chrono::steady_clock::now();
	for (std::size_t i = 0; i < alert::Courier::queue_limit + 100; i++)
		courier.post(down());
	CHECK(std::chrono::steady_clock::now() - begin < 10s);
	collector.hold(false);
	REQUIRE(collector.wait(alert::Courier::queue_limit));
	const auto got = collector.got();
	CHECK(std::ranges::count(got, "log alerts-suppressed") == 1);
}

TEST_CASE("every node writes its own log, and one mails for all")
{
	Collector collector;
	auto mail = target(AlertKind::email, "/nowhere");

	mail.name = "mail";
	alert::Setup setup{origin, {4, 0, {}}, {target(AlertKind::file, "/nowhere"), mail}};
	alert::Service service(setup, {}, collector.deliver());
	service.know({node(1, "r", KNELL_STATUS_ACTIVE), node(2, "a", KNELL_STATUS_ACTIVE),
		      node(4, "c", KNELL_STATUS_STANDBY)}, {});
	service.hear(of(node(2, "a", KNELL_STATUS_DOWN)));
	REQUIRE(collector.wait(1));
	CHECK(collector.got() == std::vector<std::string>{"log node-down"});

	// r, who would have mailed it, dies as well: this node mails both.
	service.hear(of(node(1, "r", KNELL_STATUS_LOST)));
	REQUIRE(collector.wait(4));
	auto got = collector.got();
	std::ranges::sort(got);
	CHECK(got == std::vector<std::string>{"log node-down", "log node-lost", "mail node-down", "mail node-lost"});
}

TEST_CASE("another generation replaces the targets")
{
	Collector collector;
	auto next = target(AlertKind::file, "/nowhere");

	alert::Setup setup{origin, {4, 0, {}}, {next}};
	alert::Service service(setup, {}, collector.deliver());
	service.hear(of(node(2, "a", KNELL_STATUS_DOWN)));
	REQUIRE(collector.wait(1));
	next.name = "other";
	setup.targets = {next};
	service.configure(setup);
	service.hear(of(node(3, "b", KNELL_STATUS_DOWN)));
	REQUIRE(collector.wait(2));
	CHECK(collector.got() == std::vector<std::string>{"log node-down", "other node-down"});
}

TEST_CASE("alert test tells for each target whether it worked")
{
	Directory directory;
	model::Cluster cluster;
	auto good = target(AlertKind::file, directory.at("alerts.log"));
	auto bad = target(AlertKind::command, directory.program("fails", "exit 3"));

	bad.name = "pager";
	cluster.name = "demo";
	good.severity = model::Severity::emerg;	// a test passes every filter
	cluster.watching.alerts = {good, bad};
	auto all = cli::test_alerts(cluster, "", origin, {});
	REQUIRE(all);
	REQUIRE(all->size() == 2);
	CHECK((*all)[0].result);
	CHECK_FALSE((*all)[1].result);
	CHECK(has(content(directory.at("alerts.log")), "notice test: this is a test of the alerts of cluster demo"));
	CHECK(has(cli::alert_text(*all), "log     file     sent\n"));
	const auto document = cli::alert_json(*all);
	CHECK(document["targets"][0]["ok"] == true);
	CHECK(document["targets"][0]["error"] == nullptr);
	CHECK(has(document["targets"][1]["error"], "exited with status 3"));

	CHECK(cli::test_alerts(cluster, "pager", origin, {})->size() == 1);
	auto unknown = cli::test_alerts(cluster, "nobody", origin, {});
	REQUIRE_FALSE(unknown);
	CHECK(unknown.error().hint == "known are: log, pager");
	cluster.watching.alerts.clear();
	CHECK_FALSE(cli::test_alerts(cluster, "", origin, {}));
}
