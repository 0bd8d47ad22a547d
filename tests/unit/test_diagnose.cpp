// SPDX-License-Identifier: GPL-2.0
// knellctl diagnose: what follows from what the nodes say.
#include "cli/diagnose.hpp"
#include "cli_snapshot.hpp"
#include "util/version.hpp"

#include <catch2/catch.hpp>

using namespace knell;
using namespace knell::cli;

namespace {

constexpr std::uint64_t noon = 1795172400'000000000;

Testimony node_b()
{
	talk::Facts facts;

	facts.id = 3;
	facts.version = version;
	facts.sha256 = "0badcafe";
	facts.clock_ns = noon;
	return {3, "b", facts, noon + 4'000000000};
}

/// What is said beyond what the snapshot says by itself.
std::vector<std::string> said(const Testimony &testimony)
{
	const Snapshot s = sample();
	const auto all = diagnosis(s, "0badcafe", {testimony});
	const auto own = problems(s).size();

	REQUIRE(all.size() >= own);
	return {all.begin() + static_cast<std::ptrdiff_t>(own), all.end()};
}

} // namespace

TEST_CASE("a node that is well gives nothing to say", "[diagnose]")
{
	CHECK(said(node_b()).empty());
	CHECK(notes(sample(), {node_b()}).empty());
}

TEST_CASE("a cluster file that is not what is in force is worth knowing, not wrong", "[diagnose]")
{
	auto t = node_b();

	t.facts->file = "/etc/knell/cluster.yaml says something else\x1b";
	CHECK(said(t).empty());
	CHECK(notes(sample(), {t, {4, "c", Error{"no answer from node 4", "", ""}, noon}}) ==
	      std::vector<std::string>{"node b: /etc/knell/cluster.yaml says something else?"});
}

TEST_CASE("a machine in no cluster that is logged in here is worth knowing; a router that does not know us is wrong", "[diagnose]")
{
	Snapshot s = sample();
	netlink::LinkInfo link;
	const auto before = problems(s).size();

	link.name = "iqn.2026-11.example:new";
	link.kind = KNELL_LINK_TARGET;
	link.state = KNELL_LINK_STRANGER;
	s.links.push_back(link);
	CHECK(problems(s).size() == before);
	CHECK(notes(s, {}) ==
	      std::vector<std::string>{"iqn.2026-11.example:new is logged in and no member (knellctl node add)"});
	s.links.back().kind = KNELL_LINK_INITIATOR;
	CHECK(problems(s).size() == before + 1);
	CHECK(problems(s).back().find(" is stranger") != std::string::npos);
	CHECK(notes(s, {}).empty());
}

TEST_CASE("each thing wrong with a node is said once, with its name and what to do", "[diagnose]")
{
	auto t = node_b();
	auto &facts = *t.facts;
	std::string expected;

	SECTION("health")
	{
		facts.problems = {"link 2:0:0:1 is \x1b down"};
		expected = "node b: link 2:0:0:1 is ? down";
	}
	SECTION("number")
	{
		facts.id = 4;
		expected = "node b: answers as node 4";
	}
	SECTION("version")
	{
		facts.version = "9";
		expected = "node b: runs knell 9";
	}
	SECTION("description")
	{
		facts.sha256 = "other";
		expected = "knellctl mib diff b";
	}
	SECTION("candidate")
	{
		facts.candidate = 1;
		expected = "start of day";
	}
	SECTION("clock ahead")
	{
		facts.clock_ns += 60'000000000;
		expected = "node b: its clock is 56 s ahead";
	}
	SECTION("clock behind")
	{
		facts.clock_ns -= 60'000000000;
		expected = "node b: its clock is 64 s behind";
	}
	SECTION("silence")
	{
		t.facts = Error{"no answer from node 3", "waited 4000 ms", "is knelld running there"};
		expected = "no answer from node 3: waited 4000 ms (is knelld running there)";
	}
	const auto list = said(t);
	REQUIRE(list.size() == 1);
	CHECK(list[0].find(expected) != std::string::npos);
}

TEST_CASE("what this node knows of itself is not said twice", "[diagnose]")
{
	auto t = node_b();

	t.id = 4;
	t.node = "c";
	t.facts->id = 4;
	t.facts->problems = {"link 2:0:0:1 is down"};
	CHECK(said(t).empty());
}
