// SPDX-License-Identifier: GPL-2.0
// How a cluster is watched: what the cluster file says, and what the MIB document keeps of it.
#include "config/config.hpp"
#include "model/diff.hpp"
#include "model/document.hpp"

#include <catch2/catch.hpp>

using namespace knell;
using namespace std::chrono_literals;
using model::AlertEvent;
using model::AlertKind;

namespace {

/// 9 lines; what a test adds begins at line 10.
const std::string base = R"(version: 1
cluster: {name: demo, id: 0x4b4e0001, secret_file: /etc/knell/secret}
nodes:
  - {name: r, id: 1, role: router, addresses: [10.0.2.1]}
  - name: a
    id: 2
    role: server
    initiator: iqn.2026-11.example:a
    addresses: [10.0.2.2]
)";

const std::string watching = R"(alerts:
  - {name: journal, to: journal}
  - {name: log, to: file, path: /var/log/knell.log, severity: err}
  - name: mail
    to: email
    recipients: [root, ops+knell@example.org]
    events: [node-down, node-lost]
    limit: 5
    period: 1h
  - {name: pager, to: command, program: /usr/local/bin/page, arguments: [-q, "two words"], deadline: 5s}
statistics: {period: 30s, keep: 24h}
metrics: {listen: "127.0.0.1:9131"}
)";

config::Inspection read(const std::string &added)
{
	return config::inspect_text("c.yaml", base + added);
}

struct Wrong {
	const char *added; ///< from line 10 on
	int line;
	const char *what;
};

const Wrong table[] = {
	{"alerts: {name: x}\n", 10, "a list is expected here"},
	{"alerts:\n  - {to: journal}\n", 11, "key 'name' is missing"},
	{"alerts:\n  - {name: x}\n", 11, "key 'to' is missing"},
	{"alerts:\n  - {name: x, to: pigeon}\n", 11, "'pigeon' is not known here"},
	{"alerts:\n  - {name: x, to: file}\n", 11, "an alert target of kind file needs 'path'"},
	{"alerts:\n  - name: x\n    to: file\n    path: log\n", 13, "not an absolute path"},
	{"alerts:\n  - name: x\n    to: journal\n    path: /var/log/x\n", 13, "kind journal has no 'path'"},
	{"alerts:\n  - name: x\n    to: journal\n    deadline: 5s\n", 13, "kind journal has no 'deadline'"},
	{"alerts:\n  - {name: x, to: email}\n", 11, "kind email needs 'recipients'"},
	{"alerts:\n  - name: x\n    to: email\n    recipients: []\n", 13, "nobody would get this e-mail"},
	{"alerts:\n  - name: x\n    to: email\n    recipients: [-froot]\n", 13, "'-froot' is not a recipient"},
	{"alerts:\n  - name: x\n    to: email\n    recipients: [\"a b\"]\n", 13, "'a b' is not a recipient"},
	{"alerts:\n  - name: x\n    to: email\n    recipients: [\"a@-b\"]\n", 13, "is not a recipient"},
	{"alerts:\n  - name: x\n    to: email\n    recipients: [\"a@b@c\"]\n", 13, "is not a recipient"},
	{"alerts:\n  - {name: x, to: command}\n", 11, "kind command needs 'program'"},
	{"alerts:\n  - name: x\n    to: journal\n    severity: bad\n", 13, "'bad' is not known here"},
	{"alerts:\n  - name: x\n    to: journal\n    events: [node-up]\n", 13, "'node-up' is no event of an alert"},
	{"alerts:\n  - name: x\n    to: journal\n    events: [test]\n", 13, "'test' is no event of an alert"},
	{"alerts:\n  - name: x\n    to: journal\n    limit: 0\n", 13, "'0' is out of range"},
	{"alerts:\n  - name: x\n    to: journal\n    period: 25h\n", 13, "'25h' is out of range"},
	{"alerts:\n  - {name: x, to: journal}\n  - {name: x, to: journal}\n", 12, "alert target x is there already"},
	{"alerts:\n  - {name: x, to: journal, colour: red}\n", 11, "unknown key 'colour'"},
	{"statistics: {period: 1s}\n", 10, "'1s' is out of range"},
	{"statistics: {keep: 2000h}\n", 10, "is too long"},
	{"metrics: {}\n", 10, "key 'listen' is missing"},
	{"metrics: {listen: 127.0.0.1}\n", 10, "is not an address and a port"},
	{"metrics: {listen: \"localhost:9131\"}\n", 10, "is not an address and a port"},
	{"metrics: {listen: \"127.0.0.1:0\"}\n", 10, "is not an address and a port"},
	{"metrics: {listen: \"127.0.0.1:70000\"}\n", 10, "is not an address and a port"},
	{"metrics: {listen: \"::1:9131\"}\n", 10, "is not an address and a port"},
};

} // namespace

TEST_CASE("a cluster file says how the cluster is watched")
{
	const auto i = read(watching);

	for (const auto &p : i.problems)
		UNSCOPED_INFO(config::format(i.file, p));
	REQUIRE(i.ok());
	const auto &w = i.cluster.watching;
	REQUIRE(w.alerts.size() == 4);
	CHECK(w.alerts[0].kind == AlertKind::journal);
	CHECK(w.alerts[0].severity == model::Severity::notice);
	CHECK(w.alerts[0].limit == 30);
	CHECK(w.alerts[0].period == 10min);
	CHECK(w.alerts[1].path == "/var/log/knell.log");
	CHECK(w.alerts[1].severity == model::Severity::err);
	CHECK(w.alerts[2].path == "/usr/sbin/sendmail");
	CHECK(w.alerts[2].recipients == std::vector<std::string>{"root", "ops+knell@example.org"});
	CHECK(w.alerts[2].events == std::vector{AlertEvent::node_down, AlertEvent::node_lost});
	CHECK(w.alerts[2].limit == 5);
	CHECK(w.alerts[2].period == 1h);
	CHECK(w.alerts[3].path == "/usr/local/bin/page");
	CHECK(w.alerts[3].arguments == std::vector<std::string>{"-q", "two words"});
	CHECK(w.alerts[3].deadline == 5s);
	CHECK(w.statistics == model::Statistics{30s, 24h});
	CHECK(w.metrics == model::Metrics{"127.0.0.1", 9131});
	CHECK(read("metrics: {listen: \"[::1]:9131\"}\n").cluster.watching.metrics == model::Metrics{"::1", 9131});
	CHECK(read("statistics: {period: 0}\n").cluster.watching.statistics.period == 0ms);
}

TEST_CASE("a mistake about watching is told at its line")
{
	for (const Wrong &w : table) {
		const auto i = read(w.added);
		std::string told;
		bool found = false;

		for (const auto &p : i.problems) {
			told += config::format(i.file, p) + "\n";
			found |= p.line == w.line && p.what.find(w.what) != std::string::npos;
			CHECK_FALSE(p.hint.empty());
		}
		INFO(w.added << "told:\n" << told << "expected at line " << w.line << ": " << w.what);
		CHECK(found);
	}
	std::string many = "alerts:\n";
	for (int n = 0; n < 17; n++)
		many += "  - {name: t" + std::to_string(n) + ", to: journal}\n";
	CHECK_FALSE(read(many).ok());
}

TEST_CASE("the MIB document keeps how the cluster is watched, and is what it was without it")
{
	const auto plain = read("").cluster;
	const auto full = read(watching).cluster;

	CHECK(model::serialize(plain).find("watching") == std::string::npos);
	for (const auto &cluster : {plain, full}) {
		const auto text = model::serialize(cluster);
		const auto back = model::deserialize(text);
		REQUIRE(back);
		CHECK(*back == cluster);
	}
	const auto lines = model::describe(model::diff(plain, full), plain, full);
	CHECK(lines == std::vector<std::string>{"change how the cluster is watched"});

	auto text = model::serialize(full);
	text.replace(text.find("node-lost"), 9, "node-gone");
	CHECK_FALSE(model::deserialize(text));
}
