// SPDX-License-Identifier: GPL-2.0
// knellctl's two languages on fixed data: text for people, JSON for programs.
#include <catch2/catch.hpp>

#include "cli/check.hpp"
#include "cli/fabric.hpp"
#include "cli/health.hpp"
#include "cli/history.hpp"
#include "cli/mib.hpp"
#include "cli/monitor.hpp"
#include "cli/stats.hpp"
#include "cli/status.hpp"
#include "cli/text.hpp"
#include "cli_snapshot.hpp"

using namespace knell;
using namespace knell::cli;
using namespace std::chrono_literals;

namespace {

class TimeZone {
    public:
	TimeZone()
	{
		setenv("TZ", "UTC", 1);
		tzset();
	}
};

} // namespace

TEST_CASE("status tells who is well and who serves what", "[cli]")
{
	const TimeZone utc;
	const std::string text = status_text(sample());

	CHECK(text == "cluster demo (0x4b4e0001), generation 1, seen from node c\n"
		      "\n"
		      "NODE  ROLE    STATUS  REASON  SERVES  SINCE\n"
		      "r     router  active  -       -       2026-11-20 11:00:00.000\n"
		      "a     server  down    panic   -       2026-11-20 11:00:01.500\n"
		      "b     server  active  -       1       2026-11-20 11:00:00.000\n"
		      "c     server  active  -       1       2026-11-20 11:00:00.000\n"
		      "\n"
		      "APPLICATION  STATE    NODE  FROM  REASON    SINCE\n"
		      "records      running  c     a     takeover  2026-11-20 11:00:02.250\n"
		      "web          running  b     -     start     2026-11-20 11:00:00.000\n"
		      "\n"
		      "! node a is down (panic)\n");
}

TEST_CASE("status in JSON is versioned and has null for what is absent", "[cli]")
{
	const json j = status_json(sample());

	CHECK(j["version"] == 1);
	CHECK(j["command"] == "status");
	CHECK(j["cluster"]["id"] == "0x4b4e0001");
	CHECK(j["cluster"]["self"] == "c");
	CHECK(j["nodes"][1]["status"] == "down");
	CHECK(j["nodes"][1]["reason"] == "panic");
	CHECK(j["nodes"][1]["since"] == "2026-11-20T11:00:01.500000000Z");
	CHECK(j["nodes"][3]["self"] == true);
	CHECK(j["applications"][0]["owner"] == "c");
	CHECK(j["applications"][0]["from"] == "a");
	CHECK(j["applications"][0]["candidates"] == json({"a", "c"}));
	CHECK(j["applications"][1]["from"].is_null());
	CHECK(j["problems"] == json({"node a is down (panic)"}));
}

TEST_CASE("what needs attention is said with the way out", "[cli]")
{
	Snapshot s = sample();

	s.nodes[1].status = KNELL_STATUS_LOST;
	s.nodes[1].reason = KNELL_REASON_NEXUS;
	s.nodes[2].mib_hash = 0xdeadbeef;
	s.apps[0].state = KNELL_APP_FAILED;
	s.apps[1].state = KNELL_APP_ORPHAN;
	s.links[0].state = KNELL_LINK_DOWN;
	s.links[0].name = "2:0:0:1\x1b";
	s.checks[1].answer = KNELL_ANSWER_NO;
	s.cluster.maintenance = true;
	CHECK(problems(s) ==
	      std::vector<std::string>{
		      "maintenance is on: nobody takes over (knellctl maintenance off)",
		      "node a is lost (nexus)",
		      "node b holds another cluster description (deadbeef, here 0badcafe; "
		      "see knellctl mib verify)",
		      "application records failed on every candidate (mend the cause, then "
		      "knellctl reset records)",
		      "application web is served by nobody",
		      "link 2:0:0:1? is down",
		      "health check cpu says no: cpu 1",
	      });
}

TEST_CASE("an application whose owner died and that nobody took is a problem", "[cli]")
{
	Snapshot s = sample();

	s.apps[0].owner = 2;
	CHECK(problems(s).back() == "application records was served by node a, which is down");
}

TEST_CASE("a node with one way into the fabric where there are two is told where to log in", "[cli]")
{
	Snapshot s = sample();
	const auto before = problems(s).size();
	auto second = s.nodes[0];

	second.id = 9;
	second.name = "q";
	s.nodes.push_back(second);
	REQUIRE(problems(s).size() == before + 1);
	CHECK(problems(s).back() ==
	      "router r is the only one with a session: log in to the mailbox of q (iscsiadm -m node --login)");

	SECTION("a second path to the same router is no second way")
	{
		s.links.push_back(s.links[0]);
		CHECK(problems(s).back().starts_with("router r is the only one with a session"));
	}
	SECTION("a session that is broken need not be logged in")
	{
		s.links.push_back(s.links[0]);
		s.links.back().peer = 9;
		s.links.back().state = KNELL_LINK_DOWN;
		CHECK(problems(s).size() == before + 1);
		CHECK(problems(s).back() == "link 2:0:0:1 is down");
	}
	SECTION("none at all")
	{
		s.links.clear();
		CHECK(problems(s).back() ==
		      "no session to a router: log in to the mailbox of r, q (iscsiadm -m node --login)");
	}
	SECTION("two are enough")
	{
		s.links.push_back(s.links[0]);
		s.links.back().peer = 9;
		s.nodes.push_back(second);
		s.nodes.back().id = 10;
		CHECK(problems(s).size() == before);
	}
	SECTION("a router that is gone is told of as such")
	{
		s.nodes.back().status = KNELL_STATUS_LOST;
		CHECK(problems(s).size() == before + 1);
		CHECK(problems(s)[1] == "node q is lost (none)");
	}
	SECTION("a router has no need of a second one")
	{
		s.nodes[0].self = true;
		CHECK(problems(s).size() == before);
	}
}

TEST_CASE("monitor: what exists, then what changes", "[cli]")
{
	const Snapshot s = sample();
	const auto lines = exists_lines(s);

	REQUIRE(lines.size() == 1 + 4 + 2 + 1 + 2 + 1);
	CHECK(line_text(lines[0], false).starts_with("exists cluster name:demo id:0x4b4e0001"));
	CHECK(line_text(lines[2], false) ==
	      "exists node name:a id:2 role:server status:down reason:panic self:no epoch:7 "
	      "served:0 generation:1 mib_hash:0badcafe since:2026-11-20T11:00:01.500000000Z");
	CHECK(line_text(lines.back(), false) == "exists -");
	CHECK(line_json(lines.back())["kind"].is_null());

	netlink::Event event;

	event.command = KNELL_CMD_APP_GET;
	event.time_ns = 1795172400'000000042;
	event.app = s.apps[0];
	event.app_old = s.apps[0];
	event.app_old->state = KNELL_APP_STARTING;
	const auto changes = change_lines(s, event);

	REQUIRE(changes.size() == 1);
	CHECK(line_text(changes[0], true) ==
	      "2026-11-20T11:00:00.000000042Z change app name:records id:1 state:running "
	      "reason:takeover owner:c from:a prefer:- record_version:9 "
	      "since:2026-11-20T11:00:02.250000000Z granted:no was:starting");
	const json j = line_json(changes[0]);

	CHECK(j["version"] == 1);
	CHECK(j["event"] == "change");
	CHECK(j["time"] == "2026-11-20T11:00:00.000000042Z");
	CHECK(j["object"]["was"] == "starting");
}

TEST_CASE("monitor: orders, echoes and messages", "[cli]")
{
	const Snapshot s = sample();
	netlink::Event event;

	event.order = netlink::Order{2, KNELL_ORDER_RELEASE, 1, 4, 3};
	event.probe = netlink::Probe{1, 5, 1500000};
	event.message = netlink::Message{3, "secret"};
	const auto lines = change_lines(s, event);

	REQUIRE(lines.size() == 3);
	CHECK(line_text(lines[0], false) == "order release node:a app:records arg:4 origin:b");
	CHECK(line_text(lines[1], false) == "probe reply node:r rtt_us:1500.0");
	CHECK(line_text(lines[2], false) == "message helper from:b octets:6");
	CHECK(change_lines(s, {}).empty());
}

TEST_CASE("monitor: a cluster was installed", "[cli]")
{
	const Snapshot s = sample();
	netlink::Event event;

	event.cluster = s.cluster;
	const auto lines = change_lines(s, event);

	REQUIRE(lines.size() == 1);
	CHECK(line_text(lines[0], false).starts_with("change cluster name:" + s.cluster.name + " id:0x4b4e0001 epoch:"));
}

TEST_CASE("fabric, health and stats", "[cli]")
{
	const Snapshot s = sample();

	CHECK(fabric_text(s) ==
	      "LINK     KIND       PEER  STATE  SENT  RECEIVED  QUEUED  DROPPED  DUPLICATE  LOGINS  PARKED\n"
	      "2:0:0:1  initiator  r     up     5     17        0       0        0          1       1\n");
	CHECK(fabric_json(s)["links"][0]["peer"] == "r");
	CHECK(fabric_text({}).starts_with("no link"));
	CHECK(health_text(s) == "CHECK   ANSWER  RUNS  MISSED  LIMIT  DETAIL\n"
				"helper  ok      100   0       4      -\n"
				"cpu     ok      50    1       10     cpu 1\n");
	CHECK(health_json(s)["answer"] == "ok");
	CHECK(health_json(s)["checks"][0]["detail"].is_null());
	CHECK(stats_text({{"rx_forged", 3}}) == "COUNTER    VALUE\nrx_forged  3\n");
	CHECK(stats_json({{"rx_forged", 3}})["counters"]["rx_forged"] == 3);
}

TEST_CASE("mib verify compares copies, or what the nodes say they hold", "[cli]")
{
	Snapshot s = sample();

	s.nodes[2].mib_hash = 1;
	auto copies = compare_copies(s, 1, 0x0badcafe);

	REQUIRE(copies.size() == 4);
	CHECK(copies[0].same);
	CHECK_FALSE(copies[1].known);
	CHECK_FALSE(copies[2].same);
	judge(copies[0], std::string("{\"a\":1}"), "{\"a\":1}");
	judge(copies[2], Error{"no answer from node 3", "", ""}, "{\"a\":1}");
	// Its record says the same, its disk does not.
	judge(copies[3], std::string("{\"a\":2}"), "{\"a\":1}");
	CHECK(verify_text(copies, 1, "0badcafe00") ==
	      "generation 1, SHA-256 0badcafe00\n\n"
	      "NODE  STATUS  GENERATION  HASH      COPY\n"
	      "r     active  1           0badcafe  same\n"
	      "a     down    1           0badcafe  not known\n"
	      "b     active  1           00000001  DIFFERENT by hash\n"
	      "c     active  1           0badcafe  DIFFERENT\n"
	      "! its copy was not fetched: node a is down\n"
	      "! its copy was not fetched: no answer from node 3\n");
	const json j = verify_json(copies, 1, "0badcafe00");

	CHECK(j["copies"][0]["why"].is_null());
	CHECK(j["copies"][1]["same"].is_null());
	CHECK(j["copies"][2]["same"] == false);
	CHECK(j["copies"][2]["compared"] == false);
	CHECK(j["copies"][3]["same"] == false);
	CHECK(diff_text(copies) ==
	      "NODE  FIELD  HERE  THERE\n"
	      "c     a      1     2\n"
	      "! a's copy was not fetched: node a is down\n"
	      "! b holds another description; its copy was not fetched: no answer from node 3\n");
	CHECK(diff_json(copies)["copies"][3]["differences"][0] ==
	      json{{"field", "a"}, {"here", "1"}, {"there", "2"}});
	CHECK(diff_json(copies)["copies"][2]["compared"] == false);
	CHECK(diff_text({}) == "no difference\n");
}

TEST_CASE("history of all nodes is one history, and says who is missing", "[cli]")
{
	const TimeZone utc;
	const std::vector<Memory> memories{
		{"a", {{1795172401'500000000, "node c", "active", "down", "panic"}}},
		{"b", {{1795172400'000000000, "mib", "", "generation 2 in use", ""},
		       {1795172402'250000000, "application records", "", "b", "takeover"}}}};

	CHECK(history_all_text(memories, {"node c is down"}) ==
	      "TIME                     TOLD BY  WHAT                 BEFORE  AFTER                REASON\n"
	      "2026-11-20 11:00:00.000  b        mib                  -       generation 2 in use  -\n"
	      "2026-11-20 11:00:01.500  a        node c               active  down                 panic\n"
	      "2026-11-20 11:00:02.250  b        application records  -       b                    takeover\n"
	      "! not told: node c is down\n");
	const json j = history_all_json(memories, {"node c is down"});

	CHECK(j["entries"][1]["node"] == "a");
	CHECK(j["entries"][0]["before"].is_null());
	CHECK(j["silent"][0] == "node c is down");
	CHECK(history_all_text({}, {}) == "nothing has happened yet\n");
}

TEST_CASE("history", "[cli]")
{
	const TimeZone utc;
	const std::vector<mib::HistoryEntry> entries{
		{1795172401'500000000, "node a", "active", "down", "panic"},
		{1795172402'250000000, "application records", "", "c", "takeover"}};

	CHECK(history_text(entries) ==
	      "TIME                     WHAT                 BEFORE  AFTER  REASON\n"
	      "2026-11-20 11:00:01.500  node a               active  down   panic\n"
	      "2026-11-20 11:00:02.250  application records  -       c      takeover\n");
	CHECK(history_json(entries)["entries"][1]["before"].is_null());
	CHECK(history_text({}) == "nothing has happened yet\n");
}

TEST_CASE("check tells every node its duties", "[cli]")
{
	const auto inspection = config::inspect(KNELL_TOP "/Documentation/cluster-example.yaml");

	REQUIRE(inspection.ok());
	const auto list = duties(inspection.cluster);

	REQUIRE(list.size() == 2);
	CHECK(list[0].node == "a");
	CHECK(list[0].rank == 0);
	CHECK(list[1].node == "c");
	CHECK(list[1].rank == 1);
	REQUIRE(list[1].steps.size() == 4); // fence, mount, program, address
	const std::string text = duties_text(inspection.cluster, list);

	CHECK(text.find("node r (router)\n  relays notices, grants takeovers\n") != text.npos);
	CHECK(text.find("node c (server)\n  takes over records, place 1 in the standby order\n") != text.npos);
	const json good = check_report_json(inspection, list, {});

	CHECK(good["ok"] == true);
	CHECK(good["duties"][1]["node"] == "c");

	const json bad = check_report_json(config::inspect_text("f.yaml", "version: 2\n"), {}, {});

	CHECK(bad["ok"] == false);
	CHECK(bad["problems"][0]["line"] == 1);
}

TEST_CASE("times, durations and tables", "[cli]")
{
	const TimeZone utc;

	CHECK(time_utc(0) == "1970-01-01T00:00:00.000000000Z");
	CHECK(time_local(0) == "-");
	CHECK(duration(412us) == "412us");
	CHECK(duration(12345us) == "12.3ms");
	CHECK(duration(1250ms) == "1.25s");
	CHECK(hex32(0xab) == "000000ab");
	CHECK(printable("a\x1b[b\n") == "a?[b?");
	CHECK(Table({"A"}).empty());
}
