// SPDX-License-Identifier: GPL-2.0
// A node is asked to test itself: over a bad network, twice at a time, by somebody else; clocks.
#include "cli/node_test.hpp"
#include "talk/examination.hpp"
#include "talk_network.hpp"

#include <catch2/catch.hpp>

using namespace knell;
using namespace knell::talk;
using namespace std::chrono_literals;

namespace {

const std::vector<TestLine> found{{"records", "fence", "/dev/sda", true, "1 path"},
				  {"records", "mount", "/srv", false, "no such\ndirectory \"x\""}};

/// A node whose tests take some requests' time.
struct Tested : Service {
	Examination examination;
	Responder responder;
	Facts facts;
	int starts = 0;
	int takes = 3;		///< requests until the tests have ended

	Result<std::string> read(What what, std::uint32_t argument) override
	{
		if (what == What::facts)
			return serialize(facts);
		return examination.report(argument);
	}
	Packet serve(std::uint16_t, Method method, std::string_view body) override
	{
		REQUIRE(method == Method::test);
		auto asked = examination.ask(body);
		starts += asked.start;
		if (starts && takes && !--takes)
			examination.done(serialize(found));
		return asked.reply;
	}
	Network::Station at()
	{
		return [this](std::uint16_t from, std::string_view octets) {
			return responder.answer(*this, from, octets);
		};
	}
};

Asker asker_on(Network &network)
{
	return {network, [&network] { return network.number(); }};
}

cli::Ours ours()
{
	return {"1.2", "abc"};
}

TimedFacts alike()
{
	TimedFacts theirs;

	theirs.facts.version = "1.2";
	theirs.facts.sha256 = "abc";
	theirs.facts.host = "b";
	theirs.clock_difference_ns = 3'000'000;
	theirs.clock_error_ns = 1'000'000;
	return theirs;
}

const TestLine &line(const std::vector<TestLine> &lines, const std::string &kind)
{
	return *std::ranges::find(lines, kind, &TestLine::kind);
}

} // namespace

TEST_CASE("a test report survives the way to JSON and back; nothing else is one")
{
	CHECK(read_tests(serialize(found)).value() == found);
	CHECK(read_tests("[]").value().empty());
	for (const char *text : {"", "{}", "null", "[1]", R"([{"application":"a"}])",
				 R"([{"application":1,"kind":"","passed":true,"subject":"","words":""}])",
				 R"([{"application":"","kind":"","passed":"yes","subject":"","words":""}])"})
		CHECK_FALSE(read_tests(text));
}

TEST_CASE("a node is tested once, whatever the network loses, doubles and reorders")
{
	for (unsigned seed = 0; seed < 40; seed++) {
		INFO("seed " << seed);
		Network network(seed);
		Tested node;
		network.loss = 0.3;
		network.doubling = 0.3;
		network.delay_max = 300ms;
		network.stations[2] = node.at();
		auto asker = asker_on(network);
		auto lines = examine(asker, 2);
		REQUIRE(lines);
		CHECK(*lines == found);
		CHECK(node.starts == 1);
	}
}

TEST_CASE("tests that do not end are given up, and no second one begins beside them")
{
	Network network(1);
	Tested node;
	node.takes = 0;
	network.stations[2] = node.at();
	auto asker = asker_on(network);
	const auto begin = network.now();

	auto first = examine(asker, 2, 5s);
	REQUIRE_FALSE(first);
	CHECK(first.error().code == ETIMEDOUT);
	CHECK(network.now() - begin >= 5s);
	auto second = examine(asker, 2, 5s);
	REQUIRE_FALSE(second);
	CHECK(second.error().code == EREMOTEIO);
	CHECK(second.error().why.find("under way") != std::string::npos);
	CHECK(node.starts == 1);

	node.examination.done(serialize(found));	// the disk answered at last
	node.takes = 1;
	CHECK(examine(asker, 2, 5s));
	CHECK(node.starts == 2);
}

TEST_CASE("asking for a test can be interrupted")
{
	Network network(1);
	Tested node;
	node.takes = 0;
	network.stations[2] = node.at();
	network.stop = [&network, begin = network.now()] { return network.now() - begin > 2s; };
	auto asker = asker_on(network);
	auto lines = examine(asker, 2);

	REQUIRE_FALSE(lines);
	CHECK(lines.error().code == EINTR);
}

TEST_CASE("a report is given only to who asked for that test")
{
	Examination examination;

	CHECK_FALSE(examination.report(0));
	CHECK(Outcome{examination.ask("").reply.outcome} == Outcome::malformed);
	CHECK(Outcome{examination.ask(body_of_test(0)).reply.outcome} == Outcome::malformed);
	CHECK(Outcome{examination.ask(body_of_test(7) + "x").reply.outcome} == Outcome::malformed);
	CHECK(examination.ask(body_of_test(0x100000007)).start);
	CHECK_FALSE(examination.ask(body_of_test(0x100000007)).start);
	CHECK_FALSE(examination.report(7));	// not yet
	examination.done("x");
	CHECK(Outcome{examination.ask(body_of_test(0x100000007)).reply.outcome} == Outcome::ok);
	CHECK(examination.report(7).value() == "x");
	CHECK_FALSE(examination.report(8));
}

TEST_CASE("a node's clock is told with its error, also if it tells nonsense")
{
	Network network(1);
	Tested node;
	using namespace std::chrono;
	const auto now = static_cast<std::uint64_t>(
		duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
	node.facts.clock_ns = now + 3600'000'000'000;
	network.stations[2] = node.at();
	auto asker = asker_on(network);
	auto facts = timed_facts(asker, 2);

	REQUIRE(facts);
	CHECK(facts->clock_error_ns >= 0);
	CHECK(facts->clock_difference_ns > 3590'000'000'000);
	CHECK(facts->clock_difference_ns <= 3600'000'000'000);
	CHECK_FALSE(line(cli::compare(ours(), *facts), "clock").passed);
	for (const std::uint64_t nonsense : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
		node.facts.clock_ns = nonsense;
		facts = timed_facts(asker, 2);
		REQUIRE(facts);
		CHECK_FALSE(line(cli::compare(ours(), *facts), "clock").passed);
	}
	CHECK_FALSE(timed_facts(asker, 3));
}

TEST_CASE("what a node must have in common with the console is compared")
{
	auto lines = cli::compare(ours(), alike());

	CHECK(lines.size() == 4);
	CHECK(std::ranges::all_of(lines, &TestLine::passed));
	CHECK(line(lines, "clock").words == "3.0 ms ahead, known to 1.0 ms");

	auto other = alike();
	other.facts.version = "1.3";
	other.facts.sha256 = "abd";
	other.facts.problems = {"link x is down", "health check cpu says no"};
	other.clock_difference_ns = -5'100'000'000;
	lines = cli::compare(ours(), other);
	CHECK(std::ranges::none_of(lines, &TestLine::passed));
	CHECK(line(lines, "version").words == "knell 1.3, here it is 1.2");
	CHECK(line(lines, "clock").words ==
	      "5100.0 ms behind, known to 1.0 ms; 5000.0 ms are allowed (set it by NTP)");
	CHECK(line(lines, "health").words == "link x is down; health check cpu says no");

	other = alike();	// the clocks may be alike, but nobody knows
	other.clock_error_ns = 5'500'000'000;
	CHECK_FALSE(line(cli::compare(ours(), other), "clock").passed);
	other.clock_error_ns = 4'990'000'000;
	CHECK(line(cli::compare(ours(), other), "clock").passed);
	other.clock_difference_ns = std::numeric_limits<std::int64_t>::min();
	CHECK_FALSE(line(cli::compare(ours(), other), "clock").passed);
}

TEST_CASE("a test is told as a table and as JSON", "[cli]")
{
	auto lines = cli::compare(ours(), alike());
	const auto good = cli::node_test_json("b", lines);

	CHECK(good["command"] == "node test");
	CHECK(good["passed"] == true);
	CHECK(good["tests"][0]["application"].is_null());
	CHECK(cli::node_test_text("b", lines).ends_with("\nnode b: all 4 tests passed\n"));

	lines.insert(lines.end(), found.begin(), found.end());
	const auto bad = cli::node_test_json("b", lines);
	CHECK(bad["passed"] == false);
	CHECK(bad["tests"][5]["application"] == "records");
	CHECK(bad["tests"][5]["why"] == found[1].words);
	const auto text = cli::node_test_text("b", lines);
	CHECK(text.find("! mount /srv: no such") != std::string::npos);
	CHECK(text.ends_with("\nnode b: 1 of 6 tests failed\n"));
}
