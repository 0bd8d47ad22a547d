// SPDX-License-Identifier: GPL-2.0
// Which events become alerts, and which node sends those that one sends for all.
#include "alert/judge.hpp"

#include <catch2/catch.hpp>

using namespace knell;
using namespace std::chrono_literals;
using alert::Alert;
using model::AlertEvent;

namespace {

constexpr std::uint32_t hash = 0x0badcafe;
const alert::Time start{1000s};

netlink::NodeRecord node(std::uint16_t id, const char *name, std::uint8_t status, std::uint32_t epoch = 7)
{
	netlink::NodeRecord record;

	record.id = id;
	record.name = name;
	record.status = status;
	record.reason = status == KNELL_STATUS_DOWN ? KNELL_REASON_PANIC : KNELL_REASON_NONE;
	record.epoch = epoch;
	record.mib_hash = hash;
	record.stamp_ns = 1795172400'000000000;
	return record;
}

netlink::AppRecord app(std::uint8_t state, std::uint16_t owner, std::uint16_t from, std::uint32_t version)
{
	netlink::AppRecord record;

	record.id = 1;
	record.name = "records";
	record.state = state;
	record.reason = KNELL_REASON_TAKEOVER;
	record.owner = owner;
	record.owner_epoch = 7;
	record.from = from;
	record.version = version;
	return record;
}

netlink::Event of(netlink::NodeRecord record)
{
	netlink::Event event;

	event.command = KNELL_CMD_NODE_GET;
	event.node = std::move(record);
	return event;
}

netlink::Event of(netlink::AppRecord record)
{
	netlink::Event event;

	event.command = KNELL_CMD_APP_GET;
	event.app = std::move(record);
	return event;
}

/// r is a router, a serves records, this node is c.
alert::Judge judge()
{
	alert::Judge made({4, hash, {}});

	made.know(node(1, "r", KNELL_STATUS_ACTIVE));
	made.know(node(2, "a", KNELL_STATUS_ACTIVE));
	made.know(node(4, "c", KNELL_STATUS_STANDBY));
	made.know(app(KNELL_APP_RUNNING, 2, KNELL_NODE_NONE, 3));
	return made;
}

std::vector<AlertEvent> events(const std::vector<Alert> &alerts)
{
	std::vector<AlertEvent> list;

	for (const Alert &alert : alerts)
		list.push_back(alert.event);
	return list;
}

using List = std::vector<AlertEvent>;

} // namespace

TEST_CASE("a death and its takeover are told step by step, with the time to service")
{
	auto j = judge();
	auto down = j.hear(of(node(2, "a", KNELL_STATUS_DOWN)), start);

	REQUIRE(events(down) == List{AlertEvent::node_down});
	CHECK(down[0].severity == model::Severity::crit);
	CHECK(down[0].text == "node a is down (panic)");
	CHECK(down[0].node == "a");
	CHECK(down[0].reason == "panic");
	CHECK(down[0].time_ns == 1795172400'000000000);

	auto started = j.hear(of(app(KNELL_APP_STARTING, 4, 2, 4)), start + 500ms);
	REQUIRE(events(started) == List{AlertEvent::takeover_started});
	CHECK(started[0].text == "node c takes application records over from node a (takeover)");

	auto done = j.hear(of(app(KNELL_APP_RUNNING, 4, 2, 5)), start + 2500ms);
	REQUIRE(events(done) == List{AlertEvent::takeover_done});
	REQUIRE(done[0].seconds);
	CHECK(*done[0].seconds == Approx(2.5));
	CHECK(done[0].text ==
	      "application records runs on node c, 2.5 s after it was known that node a is down");
	CHECK_FALSE(j.next());
}

TEST_CASE("what is heard again is no news")
{
	auto j = judge();

	CHECK(j.hear(of(node(2, "a", KNELL_STATUS_ACTIVE)), start).empty());
	CHECK(j.hear(of(app(KNELL_APP_RUNNING, 2, KNELL_NODE_NONE, 3)), start).empty());
	CHECK(j.hear(of(node(2, "a", KNELL_STATUS_DOWN)), start).size() == 1);
	CHECK(j.hear(of(node(2, "a", KNELL_STATUS_DOWN)), start).empty());
	CHECK(j.hear(of(node(2, "a", KNELL_STATUS_LOST)), start).empty());	// the same death
	CHECK(j.hear(of(node(2, "a", KNELL_STATUS_LOST, 8)), start).size() == 1);	// the next one
	CHECK(j.hear(of(app(KNELL_APP_STARTING, 4, 2, 4)), start).size() == 1);
	CHECK(j.hear(of(app(KNELL_APP_STARTING, 4, 2, 4)), start).empty());
}

TEST_CASE("a node that comes back is told once, a first start not at all")
{
	auto j = judge();

	j.hear(of(node(2, "a", KNELL_STATUS_LOST)), start);
	auto back = j.hear(of(node(2, "a", KNELL_STATUS_RECOVERED, 8)), start);
	REQUIRE(events(back) == List{AlertEvent::node_recovered});
	CHECK(back[0].text == "node a has come back and is being tested");
	CHECK(j.hear(of(node(2, "a", KNELL_STATUS_STANDBY, 8)), start).empty());
	CHECK(j.hear(of(node(5, "d", KNELL_STATUS_JOINING)), start).empty());
	CHECK(j.hear(of(node(2, "a", KNELL_STATUS_LEFT, 8)), start).empty());

	alert::Judge fresh({4, hash, {}});
	CHECK(fresh.hear(of(app(KNELL_APP_STARTING, 2, KNELL_NODE_NONE, 1)), start).empty());
	CHECK(fresh.hear(of(app(KNELL_APP_RUNNING, 2, KNELL_NODE_NONE, 2)), start).empty());
}

TEST_CASE("a takeover that fails is told, and the last one with what it means")
{
	auto j = judge();

	j.hear(of(node(2, "a", KNELL_STATUS_DOWN)), start);
	j.hear(of(app(KNELL_APP_STARTING, 4, 2, 4)), start);
	auto record = app(KNELL_APP_ORPHAN, 4, 2, 5);
	record.reason = KNELL_REASON_STEP;
	auto failed = j.hear(of(record), start);
	REQUIRE(events(failed) == List{AlertEvent::takeover_failed});
	CHECK(failed[0].text.find("node c could not serve application records (step)") == 0);

	j.hear(of(app(KNELL_APP_STARTING, 1, 4, 6)), start);
	record = app(KNELL_APP_FAILED, 1, 4, 7);
	record.reason = KNELL_REASON_STEP;
	auto last = j.hear(of(record), start);
	REQUIRE(events(last) == List{AlertEvent::application_failed, AlertEvent::takeover_failed});
	CHECK(last[0].text.find("knellctl reset records") != std::string::npos);

	// Released by an order while it was starting: nobody failed.
	auto k = judge();
	k.hear(of(app(KNELL_APP_STARTING, 4, 2, 4)), start);
	record = app(KNELL_APP_ORPHAN, 4, 2, 5);
	record.reason = KNELL_REASON_PLANNED;
	CHECK(k.hear(of(record), start).empty());
}

TEST_CASE("an application nobody serves is told after a while, once")
{
	auto j = judge();

	j.hear(of(node(2, "a", KNELL_STATUS_DOWN)), start);	// its record says RUNNING for ever
	REQUIRE(j.next());
	CHECK(*j.next() == start + 60s);
	CHECK(j.due(start + 59s).empty());
	auto alerts = j.due(start + 61s);
	REQUIRE(events(alerts) == List{AlertEvent::application_orphan});
	CHECK(alerts[0].text.find("nobody has served application records for 61 s") == 0);
	CHECK(j.due(start + 200s).empty());
	CHECK_FALSE(j.next());

	// Served again, and orphaned again: told again.
	j.hear(of(app(KNELL_APP_RUNNING, 4, 2, 5)), start + 300s);
	CHECK_FALSE(j.next());
	j.hear(of(app(KNELL_APP_ORPHAN, 4, 2, 6)), start + 400s);
	CHECK(j.due(start + 461s).size() == 1);
}

TEST_CASE("an owner that came back since does not serve what it served")
{
	auto j = judge();

	j.hear(of(node(2, "a", KNELL_STATUS_RECOVERED, 8)), start);
	CHECK(j.due(start + 61s).size() == 1);
}

TEST_CASE("an application the administrator stopped is no orphan")
{
	auto j = judge();

	j.hear(of(app(KNELL_APP_STOPPED, 2, KNELL_NODE_NONE, 4)), start);
	CHECK_FALSE(j.next());
}

TEST_CASE("maintenance is told when it changes")
{
	auto j = judge();
	netlink::Event event;

	event.command = KNELL_CMD_ORDER;
	event.order = netlink::Order{4, KNELL_ORDER_MAINTENANCE, 0, 1, 1};
	auto on = j.hear(event, start);
	REQUIRE(events(on) == List{AlertEvent::maintenance_on});
	CHECK(on[0].node == "r");
	CHECK(j.hear(event, start).empty());
	event.order->arg = 0;
	CHECK(events(j.hear(event, start)) == List{AlertEvent::maintenance_off});
	event.order->what = KNELL_ORDER_RELEASE;
	CHECK(j.hear(event, start).empty());
}

TEST_CASE("a check that says no is told by the node it is on")
{
	auto j = judge();
	netlink::Event event;

	event.command = KNELL_CMD_HEALTH_GET;
	event.check = netlink::CheckInfo{"storage", KNELL_ANSWER_NO, KNELL_REASON_STORAGE, 9, 3, 3, "sdb: timeout"};
	auto no = j.hear(event, start);
	REQUIRE(events(no) == List{AlertEvent::health_no});
	CHECK(no[0].text == "health check storage of node c says no: sdb: timeout");
	CHECK(no[0].local);
	CHECK(j.hear(event, start).empty());
	event.check->answer = KNELL_ANSWER_OK;
	CHECK(j.hear(event, start).empty());
	event.check->answer = KNELL_ANSWER_NO;
	CHECK(j.hear(event, start).size() == 1);
}

TEST_CASE("another MIB is told after a while, unless it was a file on its way")
{
	auto j = judge();
	auto other = node(2, "a", KNELL_STATUS_ACTIVE);

	other.mib_hash = 1;
	CHECK(j.hear(of(other), start).empty());
	REQUIRE(j.next());
	j.hear(of(node(2, "a", KNELL_STATUS_ACTIVE)), start + 30s);
	CHECK_FALSE(j.next());
	j.hear(of(other), start + 40s);
	auto alerts = j.due(start + 101s);
	REQUIRE(events(alerts) == List{AlertEvent::mib_mismatch});
	CHECK(alerts[0].node == "a");
	CHECK(j.due(start + 300s).empty());

	// A node that is gone, and serves nothing any more, holds what it likes.
	j.hear(of(app(KNELL_APP_RUNNING, 4, 2, 5)), start + 390s);
	other.status = KNELL_STATUS_LEFT;
	j.hear(of(other), start + 400s);
	CHECK_FALSE(j.next());
}

TEST_CASE("the lowest healthy number reports, as far as this node knows")
{
	auto j = judge();

	CHECK(j.reporter() == 1);
	j.hear(of(node(1, "r", KNELL_STATUS_DOWN)), start);
	CHECK(j.reporter() == 2);
	CHECK_FALSE(j.may_report(1));
	j.hear(of(node(2, "a", KNELL_STATUS_LEFT)), start);
	CHECK(j.reporter() == 4);
	j.hear(of(node(4, "c", KNELL_STATUS_DOWN)), start);
	CHECK(j.reporter() == 4);	// nobody else is there: better twice than never
	CHECK(alert::Judge({3, hash, {}}).reporter() == 3);
}
