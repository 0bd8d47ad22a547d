// SPDX-License-Identifier: GPL-2.0
// Start of day with machines that have no description, with a node that is taken out, and after one
// that was not finished.
#include "start_of_day_site.hpp"

using namespace knell;
using namespace knell::talk;

TEST_CASE("machines without a description become a cluster; the router decides")
{
	for (unsigned seed = 0; seed < 10; seed++) {
		Site site(seed);
		const auto members = site.strangers();

		site.network.loss = seed ? 0.15 : 0;
		site.network.doubling = 0.2;
		site.network.delay_max = 300ms;
		for (auto *node : {&site.b, &site.c})
			node->commits = [&site] { CHECK(site.a.facts.generation == 1); };
		const auto report = site.run(with_router(), members);
		INFO("seed " << seed << ": " << report.why);
		CHECK(report.end == DayReport::End::confirmed);
		CHECK(site.in_force(1) == 3);
		CHECK(site.same());
	}
}

TEST_CASE("a router that refuses the decision: nobody has it")
{
	Site site;
	const auto members = site.strangers();

	site.a.refuses_commit = true;
	const auto report = site.run(with_router(), members);
	CHECK(report.end == DayReport::End::refused);
	CHECK(report.why.find("refuses the decision") != std::string::npos);
	CHECK(site.in_force(0) == 3);
	for (auto *node : site.all)
		CHECK_FALSE(*node->store->candidate());
}

TEST_CASE("a console that ends while machines have no description: they have it if the router has it")
{
	bool none = false, all = false;

	for (std::size_t packets = 1; packets < 80; packets++) {
		Site site(static_cast<unsigned>(packets));
		INFO("after " << packets << " packets");
		const auto members = site.strangers();
		site.network.stop = [&] { return site.network.sent >= packets; };
		if (site.run(with_router(), members).end == DayReport::End::confirmed)
			break;
		site.network.lose_all();
		const bool decided = site.a.facts.generation == 1;
		(decided ? all : none) = true;
		for (auto *node : {&site.b, &site.c}) {
			CHECK((decided || !node->facts.generation));
			node->see(site.a);	// what it hears when it asks the router
		}
		CHECK(site.in_force(decided ? 1 : 0) == 3);
	}
	CHECK(none);
	CHECK(all);
}

TEST_CASE("what one node alone kept of an unfinished start of day is forgotten; what two kept is waited for")
{
	Site site;
	const auto text = model::serialize(three_nodes(2));
	const mib::Candidate left{7, 1, true, {2, text, model::hex(*model::sha256(text)), 0}};

	REQUIRE(site.b.store->put_candidate(left));
	site.b.restart();
	CHECK(site.run(long_file()).end == DayReport::End::confirmed);
	CHECK(site.in_force(2) == 3);

	Site two;
	for (auto *node : {&two.b, &two.c}) {
		REQUIRE(node->store->put_candidate(left));
		node->restart();
	}
	const auto report = two.run(long_file());
	CHECK(report.end == DayReport::End::refused);
	CHECK(report.why.find("forgotten a minute after") != std::string::npos);
	CHECK(report.nodes[1].why.find("another start of day") != std::string::npos);
	CHECK(report.nodes[0].good);
	CHECK(*two.b.store->candidate());
}

TEST_CASE("a node that is taken out leaves before the first commit; if it does not, nothing changes")
{
	Site site;
	auto file = long_file();
	bool gone = false;

	file.nodes.pop_back();
	SECTION("it leaves")
	{
		for (auto *node : {&site.a, &site.b})
			node->commits = [&] { CHECK(gone); };
		const auto report = site.run(file, {{1, "a", true, ""}, {2, "b", true, ""}, {3, "c", true, ""}}, 3, [&] {
			CHECK(site.a.store->candidate());
			gone = true;
			return Status();
		});
		CHECK(report.end == DayReport::End::confirmed);
		CHECK(report.nodes.size() == 2);
		CHECK(site.in_force(2) == 2);
	}
	SECTION("it does not")
	{
		const auto report = site.run(file, {{1, "a", true, ""}, {2, "b", true, ""}, {3, "c", true, ""}}, 3,
					     [] { return Status(Error{"node c has not left", "", ""}); });
		CHECK(report.end == DayReport::End::refused);
		CHECK(report.why.find("has not left") != std::string::npos);
		CHECK(site.in_force(1) == 3);
		CHECK_FALSE(*site.a.store->candidate());
	}
}
