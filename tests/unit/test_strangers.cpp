// SPDX-License-Identifier: GPL-2.0
// Machines without a cluster: sealed packets, ways that lead over others, and who is found.
#include "talk/discovery.hpp"
#include "talk/relay.hpp"
#include "talk/responder.hpp"
#include "talk/routes.hpp"
#include "talk/seal.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <deque>
#include <map>

using namespace knell;
using namespace knell::talk;

namespace {

model::Secret secret(std::uint8_t octet)
{
	model::Secret made;

	made.octets.fill(octet);
	return made;
}

/// A machine that tells its facts and its neighbours, as an unassigned one or a member would.
struct Machine : Service {
	Facts facts;
	std::string neighbours = "[]";
	std::uint64_t challenge = 0;
	Seal seal{secret(1)};
	Responder responder;
	Relay relay;
	std::size_t refused = 0;	///< requests with another challenge

	explicit Machine(std::string host, std::uint64_t instance) : challenge(instance)
	{
		facts.host = std::move(host);
		facts.instance = instance;
	}

	Result<std::string> read(What what, std::uint32_t) override
	{
		if (what == What::facts)
			return serialize(facts);
		if (what == What::neighbours)
			return neighbours;
		return Error{"none", "", "", ENOTSUP};
	}
	Packet serve(std::uint16_t, Method, std::string_view) override { return say(Outcome::ok, "served"); }
};

/// One console and everything it reaches; what is sent arrives at once, in order.
class World : public Carrier {
public:
	std::map<std::uint32_t, Machine *> links;		///< of the console's machine
	std::map<std::uint16_t, Machine *> members;
	std::map<std::string, Machine *> behind;		///< links of routers, by name

	Status send(std::uint16_t node, std::string_view octets) override
	{
		const auto packet = decode(octets);
		auto member = members.find(node);

		if (member == members.end() || !packet)
			return {};
		if (Method{packet->method} == Method::pass)
			pass(*member->second, {node, {}}, *packet);
		else if (auto reply = member->second->responder.answer(*member->second, 1, octets))
			letters_.push_back({node, *reply, {}});
		return {};
	}

	Status send_over(std::uint32_t link, std::string_view octets) override
	{
		auto machine = links.find(link);
		// Who listens on this machine hears what its own processes say.
		if (!link)
			letters_.push_back({0, std::string(octets), 0});
		if (machine == links.end())
			return {};
		const auto opened = machine->second->seal.open(octets);
		const auto packet = opened ? decode(opened->packet) : std::nullopt;
		if (packet && Method{packet->method} == Method::pass)
			pass(*machine->second, {0, link}, *packet);
		else if (auto reply = answer(*machine->second, octets))
			letters_.push_back({0, *reply, link});
		return {};
	}

	Result<std::optional<Letter>> receive(Clock::time_point until) override
	{
		if (letters_.empty()) {
			now_ = std::max(now_, until);
			return std::optional<Letter>{};
		}
		auto letter = std::move(letters_.front());
		letters_.pop_front();
		return std::optional<Letter>(std::move(letter));
	}

	Clock::time_point now() const override { return now_; }

private:
	static std::optional<std::string> answer(Machine &machine, std::string_view octets)
	{
		const auto opened = machine.seal.open(octets);
		if (!opened)
			return std::nullopt;
		const auto packet = decode(opened->packet);
		const auto wanted = read_request(packet->body);
		if (opened->challenge != machine.challenge && !(wanted && wanted->what == What::facts)) {
			machine.refused++;
			auto again = say(Outcome::again);
			again.method = packet->method;
			again.number = packet->number;
			return machine.seal.close(machine.challenge, encode(again));
		}
		auto reply = machine.responder.answer(machine, 0, opened->packet);
		return reply ? std::optional(machine.seal.close(machine.challenge, *reply)) : std::nullopt;
	}

	void pass(Machine &router, const Origin &from, const Packet &request)
	{
		const auto wish = router.relay.take(from, request, now_);
		if (!wish || !behind.contains(wish->name))
			return;
		auto reply = answer(*behind[wish->name], wish->octets);
		if (!reply)
			return;
		auto back = router.relay.pass_back(wish->name, *reply, now_);
		REQUIRE(back);
		CHECK(back->to == from);
		if (back->to.link)
			letters_.push_back({0, router.seal.close(router.challenge, back->packet), back->to.link});
		else
			letters_.push_back({back->to.node, back->packet, {}});
	}

	std::deque<Letter> letters_;
	Clock::time_point now_{};
};

struct Numbers {
	std::uint64_t next = 1000;
	std::uint64_t operator()() { return next++; }
};

std::vector<std::string> hosts(const std::vector<Stranger> &strangers)
{
	std::vector<std::string> names;

	for (const auto &stranger : strangers)
		names.push_back(stranger.facts.host);
	std::ranges::sort(names);
	return names;
}

} // namespace

TEST_CASE("a seal opens with the same secret only, and with nothing changed")
{
	const Seal seal(secret(1)), other(secret(2));
	const auto packet = encode({.method = 1, .number = 7, .body = "who is there"});
	const auto sealed = seal.close(99, packet);

	REQUIRE(sealed.size() == seal_size + packet.size());
	const auto opened = seal.open(sealed);
	REQUIRE(opened);
	CHECK(opened->challenge == 99);
	CHECK(opened->packet == packet);
	CHECK(Seal::peek(sealed)->number == 7);
	CHECK_FALSE(other.open(sealed));
	for (std::size_t i = 0; i < sealed.size(); i++) {
		auto changed = sealed;
		changed[i] = static_cast<char>(changed[i] ^ 1);
		CHECK_FALSE(seal.open(changed));
		CHECK_FALSE(seal.open(sealed.substr(0, i)));
	}
	CHECK_FALSE(Seal::peek(packet));
}

TEST_CASE("a relay gives an answer to who asked, once, and forgets who waits too long")
{
	const Seal seal(secret(1));
	Relay relay;
	const auto begin = Clock::time_point{};
	auto request = [&](std::uint64_t number, std::uint64_t inside) {
		return Packet{.method = static_cast<std::uint8_t>(Method::pass), .number = number,
			      .body = body_of(Passed{"iqn.x", seal.close(0, encode({.method = 1, .number = inside, .body = {}}))})};
	};
	auto answer = [&](std::uint64_t number) {
		return seal.close(5, encode({.kind = Kind::answer, .method = 1, .number = number, .body = "yes"}));
	};

	CHECK_FALSE(relay.take({3, {}}, request(8, 9), begin));	// numbers differ
	CHECK_FALSE(relay.take({3, {}}, {.method = 8, .number = 8, .body = std::string("\5iqn", 4)}, begin));
	REQUIRE(relay.take({3, {}}, request(8, 8), begin));
	REQUIRE(relay.take({3, {}}, request(8, 8), begin));	// a repetition
	CHECK_FALSE(relay.pass_back("iqn.y", answer(8), begin));
	CHECK_FALSE(relay.pass_back("iqn.x", answer(9), begin));
	auto back = relay.pass_back("iqn.x", answer(8), begin);
	REQUIRE(back);
	CHECK(back->to == Origin{3, {}});
	CHECK(passed(decode(back->packet)->body) == Passed{"iqn.x", answer(8)});
	CHECK_FALSE(relay.pass_back("iqn.x", answer(8), begin));

	REQUIRE(relay.take({3, {}}, request(10, 10), begin));
	CHECK_FALSE(relay.pass_back("iqn.x", answer(10), begin + Relay::patience + milliseconds(1)));
	for (std::uint64_t i = 0; i < 2 * Relay::waiting_max; i++)
		REQUIRE(relay.take({3, {}}, request(100 + i, 100 + i), begin));
	CHECK_FALSE(relay.pass_back("iqn.x", answer(100), begin));
	CHECK(relay.pass_back("iqn.x", answer(100 + 2 * Relay::waiting_max - 1), begin));
}

TEST_CASE("whoever has no cluster is found once: here, at the links, behind members and behind strangers")
{
	World world;
	Machine self("self", 1), router("router", 2), near("near", 3), far("far", 4), member("member", 5);

	member.facts.cluster = 7;
	router.neighbours = R"(["iqn.far","iqn.self"])";
	member.neighbours = R"(["iqn.far", 5, "", "iqn.gone"])";
	world.links = {{0, &self}, {11, &router}, {12, &near}};
	world.members = {{5, &member}};
	world.behind = {{"iqn.far", &far}, {"iqn.self", &self}};
	Routes routes(world, Seal(secret(1)));
	Asker asker(routes, Numbers());

	auto found = discover(routes, asker, {.self = true, .links = {11, 12}, .routers = {}});
	CHECK(hosts(found) == std::vector<std::string>{"far", "near", "router", "self"});
	CHECK(hosts(discover(routes, asker, {.self = false, .links = {12}, .routers = {5}})) ==
	      std::vector<std::string>{"far", "near"});
	// A member at the end of such a link is none of them.
	world.links[12] = &member;
	CHECK(hosts(discover(routes, asker, {.self = false, .links = {12}, .routers = {}})).empty());
	CHECK(router.refused == 0);

	// Questions and answers both ways, and in parts.
	const auto stranger = std::ranges::find(found, "far", [](const Stranger &s) { return s.facts.host; });
	auto answers = asker.ask({{stranger->address, Method::commit, "x"}});
	REQUIRE(answers[0]);
	CHECK(answers[0]->body == "served");
	// It was restarted: what is meant for its earlier life is not done, the next question is.
	far.challenge = 44;
	answers = asker.ask({{stranger->address, Method::commit, "x"}});
	REQUIRE(answers[0]);
	CHECK(answers[0]->outcome == Outcome::again);
	CHECK(far.refused == 1);
	CHECK(asker.ask({{stranger->address, Method::commit, "x"}})[0]->body == "served");
}

TEST_CASE("with another secret, or none, nobody without a cluster answers; members do")
{
	World world;
	Machine near("near", 3), member("member", 5);

	world.links = {{12, &near}};
	world.members = {{5, &member}};
	for (auto *seal : std::initializer_list<const Seal *>{new Seal(secret(2)), nullptr}) {
		Routes routes(world, seal ? std::optional<Seal>(*seal) : std::nullopt);
		Asker asker(routes, Numbers());
		CHECK(discover(routes, asker, {.self = false, .links = {12}, .routers = {}}).empty());
		CHECK(asker.pull({5}, What::facts)[0]);
		const auto told = asker.pull({routes.over(12)}, What::facts);
		REQUIRE_FALSE(told[0]);
		CHECK(told[0].error().text().find("link 12") != std::string::npos);
		delete seal;
	}
}

TEST_CASE("names of neighbours are strings of the right length, or nothing")
{
	CHECK(read_names(R"(["a","b"])") == std::vector<std::string>{"a", "b"});
	CHECK(read_names("{}").empty());
	CHECK(read_names("[").empty());
	CHECK(read_names("[1,\"" + std::string(KNELL_INITIATOR_MAX, 'x') + "\"]").empty());
}
