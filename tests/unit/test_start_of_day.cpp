// SPDX-License-Identifier: GPL-2.0
// Start of day for a running cluster; consoles that end at any moment, and two at a time.
#include "start_of_day_site.hpp"

using namespace knell;
using namespace knell::talk;

TEST_CASE("a start of day confirms the next generation everywhere, over a bad network")
{
	for (unsigned seed = 0; seed < 10; seed++) {
		Site site(seed);

		site.network.loss = 0.15;
		site.network.doubling = 0.2;
		site.network.delay_max = 300ms;
		const auto report = site.run(long_file());
		INFO("seed " << seed << ": " << report.why);
		CHECK(report.end == DayReport::End::confirmed);
		CHECK(report.generation == 2);
		CHECK(site.in_force(2) == 3);
		CHECK(site.same());
		for (auto *node : site.all) {
			CHECK(*node->store->distributed(2));
			CHECK_FALSE(*node->store->distributed(1));
			CHECK_FALSE(*node->store->candidate());
		}
	}
}

TEST_CASE("one node that says no, is absent or another: nothing changes anywhere")
{
	Site site;
	std::string stage = "refused", why;

	SECTION("a test fails")
	{
		site.b.problems = {"cannot find /dev/disk/by-id/wwn-1"};
		why = "cannot find /dev/disk/by-id/wwn-1";
	}
	SECTION("it does not answer")
	{
		site.network.stations.erase(2);
		stage = "absent";
		why = "no answer";
	}
	SECTION("its disk gives back something else")
	{
		site.b.damages = true;
		stage = "different";
		why = "differs";
	}
	SECTION("it says that it is another node")
	{
		site.b.facts.id = 3;
		why = "answers as node 3";
	}
	SECTION("another initiator")
	{
		site.b.facts.initiator = "iqn.other";
		why = "iqn.other";
	}
	SECTION("another role")
	{
		site.b.facts.role = "router";
		why = "router";
	}
	SECTION("another version")
	{
		site.b.facts.version = "2";
		why = "its knell is 2";
	}
	SECTION("another cluster")
	{
		site.b.facts.cluster = 1;
		why = "another cluster";
	}
	const auto report = site.run(long_file());
	CHECK(report.end == DayReport::End::refused);
	CHECK_FALSE(report.why.empty());
	CHECK(site.in_force(1) == 3);
	CHECK(report.nodes[0].good);
	CHECK_FALSE(report.nodes[1].good);
	CHECK(report.nodes[1].stage == stage);
	CHECK(report.nodes[1].why.find(why) != std::string::npos);
	for (auto *node : site.all)
		CHECK_FALSE(*node->store->candidate());
}

TEST_CASE("a member that the file forgets, or a node the cluster does not know, is told")
{
	Site site;
	auto file = long_file();

	auto report = site.run(file, {{1, "a", true, "standby"}, {2, "b", true, "standby"}});
	CHECK(report.end == DayReport::End::refused);
	CHECK(report.nodes[2].why.find("nobody answers") != std::string::npos);
	report = site.run(file, {{1, "a", true, ""}, {2, "b", false, "down"}, {3, "c", true, ""}});
	CHECK(report.nodes[1].why == "it is down");
	report = site.run(file, {{1, "a", true, ""}, {2, "b", true, ""}, {3, "c", true, ""}, {4, "d", true, ""}});
	CHECK(report.nodes[3].why.find("does not name it") != std::string::npos);
	CHECK(site.in_force(1) == 3);
}

TEST_CASE("a console that ends at any moment leaves the old or the new description, everywhere the same")
{
	bool old_seen = false, new_seen = false;

	for (std::size_t packets = 1; packets < 80; packets++) {
		Site site(static_cast<unsigned>(packets));
		INFO("after " << packets << " packets");
		site.network.stop = [&] { return site.network.sent >= packets; };
		const auto report = site.run(long_file());
		if (report.end == DayReport::End::confirmed)
			break;
		// Nobody hears of the console again. Now the records.
		site.network.lose_all();
		site.flood();
		CHECK(site.same());
		(site.in_force(2) ? new_seen : old_seen) = true;
		CHECK((report.end == DayReport::End::decided || !site.in_force(2)));
		// Candidates do not stand in the way for ever, also not after a restart.
		site.b.restart();
		const auto later = site.network.now() + Candidacy::lifetime;
		for (auto *node : site.all) {
			REQUIRE(node->candidacy.expire(*node->store, later));
			CHECK_FALSE(*node->store->candidate());
		}
		site.network.stop = {};
		CHECK(site.run(long_file()).end == DayReport::End::confirmed);
		CHECK(site.same());
	}
	CHECK(old_seen);
	CHECK(new_seen);
}

TEST_CASE("a second start of day is refused while one is under way; the first is not disturbed")
{
	Site site;
	const auto digest = *model::sha256("x");
	auto ask = [&](TestNode &node, Method method, std::string body) {
		return Outcome{node.serve(9, method, body).outcome};
	};
	const auto document = model::serialize([] {
		auto other = three_nodes(2);
		other.options.lost_grace = 9s;
		return other;
	}());
	const Decision mine{7, *model::sha256(document)};

	CHECK(ask(site.b, Method::write, body_of(WriteRequest{7, std::uint32_t(document.size()), 0, document})) ==
	      Outcome::ok);
	CHECK(ask(site.b, Method::prepare, body_of(mine)) == Outcome::working);
	CHECK(ask(site.b, Method::prepare, body_of(mine)) == Outcome::ok);
	// It has begun to write to another node as well; so neither forgets.
	CHECK(ask(site.c, Method::write, body_of(WriteRequest{7, std::uint32_t(document.size()), 0, document})) ==
	      Outcome::ok);
	CHECK(ask(site.c, Method::prepare, body_of(mine)) == Outcome::working);
	const auto report = site.run(long_file());
	CHECK(report.end == DayReport::End::refused);
	CHECK(report.nodes[1].why.find("another start of day") != std::string::npos);
	// The other console's commit still counts, another hash or another start of day does not.
	CHECK(ask(site.b, Method::commit, body_of(Decision{7, digest})) == Outcome::refused);
	CHECK(ask(site.b, Method::commit, body_of(Decision{8, mine.sha256})) == Outcome::refused);
	CHECK(ask(site.b, Method::abort, body_of(Decision{8, mine.sha256})) == Outcome::ok);
	CHECK(ask(site.b, Method::commit, body_of(mine)) == Outcome::ok);
	CHECK(ask(site.b, Method::commit, body_of(mine)) == Outcome::ok);
	CHECK(site.b.facts.generation == 2);
}

TEST_CASE("what arrives damaged, cut, too old or for another cluster is no candidate")
{
	Site site;
	std::uint64_t transaction = 100;
	auto offer = [&](const std::string &text, const model::Sha256 &sha) {
		transaction++;
		const WriteRequest whole{transaction, std::uint32_t(text.size()), 0, text};
		CHECK(Outcome{site.b.serve(1, Method::write, body_of(whole)).outcome} == Outcome::ok);
		return site.b.serve(1, Method::prepare, body_of(Decision{transaction, sha}));
	};
	const auto good = model::serialize(three_nodes(2));
	auto other = three_nodes(2);
	other.id = 5;

	CHECK(offer(good, *model::sha256("other")).body.find("SHA-256") != std::string::npos);
	CHECK(offer(good.substr(1), *model::sha256(good.substr(1))).body.find("MIB document") != std::string::npos);
	const auto old = model::serialize(three_nodes(1)), foreign = model::serialize(other);
	CHECK(offer(old, *model::sha256(old)).body.find("generation 1 is in force") != std::string::npos);
	CHECK(offer(foreign, *model::sha256(foreign)).body.find("another cluster") != std::string::npos);
	// Not all of it has come.
	CHECK(Outcome{site.b.serve(1, Method::write, body_of(WriteRequest{55, 100, 0, "begin"})).outcome} == Outcome::ok);
	CHECK(Outcome{site.b.serve(1, Method::prepare, body_of(Decision{55, {}})).outcome} == Outcome::again);
	CHECK(Outcome{site.b.serve(1, Method::write, body_of(WriteRequest{55, 100, 50, "end"})).outcome} ==
	      Outcome::again);
	CHECK(Outcome{site.b.serve(1, Method::prepare, "short").outcome} == Outcome::malformed);
	CHECK_FALSE(*site.b.store->candidate());
	CHECK(site.in_force(1) == 3);
}

TEST_CASE("a candidate that passed outlives a restart and follows a peer; one in tests does not")
{
	Site site;
	const auto text = model::serialize(three_nodes(2));
	const auto sha = *model::sha256(text);

	REQUIRE(site.b.store->put_candidate({7, 1, false, {2, text, model::hex(sha), 0}}));
	site.b.restart();
	CHECK_FALSE(*site.b.store->candidate());
	REQUIRE(site.b.store->put_candidate({7, 1, true, {2, text, model::hex(sha), 0}}));
	site.b.restart();
	CHECK_FALSE(*site.b.candidacy.follow(*site.b.store, 2, model::short_hash(sha) ^ 1));
	CHECK_FALSE(*site.b.candidacy.follow(*site.b.store, 3, model::short_hash(sha)));
	CHECK(*site.b.candidacy.follow(*site.b.store, 2, model::short_hash(sha)));
	CHECK((*site.b.store->newest_generation())->number == 2);
	CHECK_FALSE(*site.b.candidacy.follow(*site.b.store, 2, model::short_hash(sha)));
}
