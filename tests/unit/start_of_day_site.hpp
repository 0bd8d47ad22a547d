// SPDX-License-Identifier: GPL-2.0
// Three nodes with stores of their own and one console, over a network that loses, doubles and
// reorders.
#pragma once

#include "model/names.hpp"
#include "talk/start_of_day.hpp"
#include "talk_network.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

namespace knell::talk {

using namespace std::chrono_literals;

inline model::Cluster three_nodes(std::uint32_t generation)
{
	model::Cluster cluster;

	cluster.id = 0x4b4e0001;
	cluster.name = "demo";
	cluster.generation = generation;
	cluster.secret_file = "/etc/knell/secret";
	for (std::uint16_t id = 1; id <= 3; id++)
		cluster.nodes.push_back({std::string(1, static_cast<char>('`' + id)), id, model::Role::server,
					 "iqn.2026-11.example:" + std::to_string(id),
					 {"10.0.2." + std::to_string(id)}, {}});
	return cluster;
}

/// A node as its daemon would be, with a store on a disk.
struct TestNode : Service {
	std::uint16_t id;
	std::string path;
	std::optional<mib::Store> store;
	Responder responder;
	Candidacy candidacy;
	Facts facts;
	std::vector<std::string> problems;	///< what its tests say
	bool damages = false;			///< its disk gives back something else
	std::uint16_t from = 0;
	Network *network = nullptr;
	int prepares = 0;
	bool refuses_commit = false;
	std::function<void()> commits;		///< it is asked for its commit

	TestNode(std::uint16_t number, Network &net) : id(number), network(&net)
	{
		char name[] = "/tmp/knell-day-XXXXXX";
		REQUIRE(mkdtemp(name));
		path = name;
		open();
		auto cluster = three_nodes(1);
		const auto &self = cluster.nodes[id - 1U];
		facts.id = id;
		facts.cluster = cluster.id;
		facts.name = self.name;
		facts.initiator = self.initiator;
		facts.role = model::name(self.role);
		facts.version = "1";
		auto text = model::serialize(cluster);
		REQUIRE(store->put_generation({1, text, model::hex(*model::sha256(text)), 0}));
		adopt();
		net.stations[id] = [this](std::uint16_t sender, std::string_view octets) -> std::optional<std::string> {
			if (!facts.cluster)
				return std::nullopt;
			from = sender;
			return responder.answer(*this, sender, octets);
		};
	}

	/// It has no description, and answers at another address until it has one.
	void become_stranger(std::uint16_t address)
	{
		REQUIRE(store->forget_description());
		const Facts before = std::exchange(facts, {});
		facts.host = before.name;
		facts.initiator = before.initiator;
		facts.version = before.version;
		network->stations[address] = [this](std::uint16_t, std::string_view octets) -> std::optional<std::string> {
			if (facts.cluster)
				return std::nullopt;
			return responder.answer(*this, 0, octets);
		};
	}
	TestNode(const TestNode &) = delete;
	~TestNode() { std::filesystem::remove_all(path); }

	void open()
	{
		auto opened = mib::Store::open(path);
		REQUIRE(opened);
		store.emplace(std::move(*opened));
	}

	/// The daemon ends and starts again.
	void restart()
	{
		store.reset();
		open();
		candidacy = {};
		REQUIRE(candidacy.resume(*store, network->now()));
		adopt();
	}

	void adopt()
	{
		auto newest = store->newest_generation();
		REQUIRE(newest);
		facts.cluster = model::deserialize((*newest)->document)->id;
		facts.id = id;
		facts.generation = (*newest)->number;
		facts.sha256 = (*newest)->sha256;
	}

	/// A peer's record is seen.
	void see(TestNode &peer)
	{
		if (peer.facts.generation <= facts.generation)
			return;
		auto document = (*peer.store->newest_generation())->document;
		auto done = candidacy.follow(*store, peer.facts.generation, model::short_hash(*model::sha256(document)));
		REQUIRE(done);
		if (!*done)
			REQUIRE(store->put_distributed({peer.facts.generation, document, peer.facts.sha256, 0}));
		adopt();
	}

	Result<std::string> read(What what, std::uint32_t) override
	{
		auto candidate = store->candidate();
		if (what == What::facts) {
			facts.candidate = candidate && *candidate ? (*candidate)->transaction : 0;
			return serialize(facts);
		}
		if (!candidate || !*candidate)
			return Error{"none", "", ""};
		return (*candidate)->generation.document + (damages ? " " : "");
	}

	Packet serve(std::uint16_t sender, Method method, std::string_view body) override
	{
		prepares += method == Method::prepare;
		if (method == Method::commit && commits)
			commits();
		if (method == Method::commit && refuses_commit)
			return say(Outcome::refused, "not here");
		auto served = candidacy.serve(*store, {facts.cluster, facts.generation}, sender, method, body,
					      network->now());
		if (served.test)
			REQUIRE(candidacy.tested(*store, (*store->candidate())->transaction, problems));
		if (served.adopt)
			adopt();
		return served.reply;
	}
};

struct Site {
	Network network;
	TestNode a{1, network}, b{2, network}, c{3, network};
	std::vector<TestNode *> all{&a, &b, &c};

	explicit Site(unsigned seed = 1) : network(seed) {}

	DayReport run(model::Cluster file, std::vector<Member> members = {{1, "a", true, "standby"},
									  {2, "b", true, "standby"},
									  {3, "c", true, "standby"}},
		      std::uint16_t leaving = 0, std::function<Status()> go = {})
	{
		Asker asker(network, [this] { return network.number(); });
		StartOfDay day(asker, "1", [](const std::string &) {}, [] {});
		if (leaving)
			day.dismiss(leaving, std::move(go));
		return day.run(std::move(file), members);
	}

	/// Nobody has a description; a is the router in the file.
	std::vector<Member> strangers()
	{
		std::vector<Member> members;
		for (auto *node : all) {
			const auto address = static_cast<std::uint16_t>(0x8000 + node->id);
			node->become_stranger(address);
			members.push_back({node->id, node->facts.host, true, "in no cluster", address});
		}
		return members;
	}

	/// Records are flooded: everybody sees everybody.
	void flood()
	{
		for (auto *node : all)
			for (auto *peer : all)
				node->see(*peer);
	}

	std::size_t in_force(std::uint32_t generation) const
	{
		return static_cast<std::size_t>(std::ranges::count_if(all, [&](const TestNode *node) {
			return node->facts.generation == generation;
		}));
	}

	/// Everywhere the same, octet by octet.
	bool same()
	{
		return std::ranges::all_of(all, [&](TestNode *node) {
			return (*node->store->newest_generation())->document ==
			       (*a.store->newest_generation())->document;
		});
	}
};

inline model::Cluster long_file()
{
	auto file = three_nodes(1);

	file.options.lost_grace = 7s;
	auto &app = file.applications.emplace_back();
	app.name = "big";
	app.id = app.home = 1;
	app.fence = model::Fence::none;
	app.executables.resize(1);
	app.executables[0].program = "/bin/true";
	app.executables[0].arguments = {std::string(9000, 'x')};
	return file;
}

inline model::Cluster with_router()
{
	auto file = long_file();

	file.nodes[0].role = model::Role::router;
	return file;
}

} // namespace knell::talk
