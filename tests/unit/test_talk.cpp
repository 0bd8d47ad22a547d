// SPDX-License-Identifier: GPL-2.0
// The talk between helpers: packets, bodies, asking and answering over a bad network.
#include "talk/facts.hpp"
#include "talk/history.hpp"
#include "talk/samples.hpp"
#include "talk_network.hpp"

#include <catch2/catch.hpp>

using namespace knell;
using namespace knell::talk;

namespace {

/// A node that has contents.
struct Holder : Service {
	std::map<What, std::string> contents;
	Packet reply = say(Outcome::ok);
	int served = 0;

	Result<std::string> read(What what, std::uint32_t) override
	{
		if (!contents.contains(what))
			return Error{"not told", "", "", ENOTSUP};
		return contents[what];
	}
	Packet serve(std::uint16_t, Method, std::string_view) override
	{
		served++;
		return reply;
	}
};

/// Holder and responder on the network as one node.
struct Station {
	Holder holder;
	Responder responder;

	Network::Station at()
	{
		return [this](std::uint16_t from, std::string_view octets) {
			return responder.answer(holder, from, octets);
		};
	}
};

std::string long_text(std::size_t size, unsigned seed)
{
	std::mt19937 random(seed);
	std::string text(size, 0);

	for (char &letter : text)
		letter = static_cast<char>(random());
	return text;
}

Asker asker_on(Network &network)
{
	return {network, [&network] { return network.number(); }};
}

} // namespace

TEST_CASE("a packet survives the way to octets and back; no other octets are a packet")
{
	const Packet packet{.kind = Kind::answer, .method = 9, .outcome = 3, .number = 0x0102030405060708,
			    .body = "because"};
	const std::string octets = encode(packet);
	const auto back = decode(octets);

	REQUIRE(octets.size() == packet_header + 7);
	CHECK(octets.substr(0, 4) == "KNLT");
	REQUIRE(back);
	CHECK(back->kind == Kind::answer);
	CHECK(back->method == 9);
	CHECK(back->outcome == 3);
	CHECK(back->number == packet.number);
	CHECK(back->body == "because");
	for (std::size_t size = 0; size < packet_header; size++)
		CHECK_FALSE(decode(octets.substr(0, size)));
	CHECK(decode(octets.substr(0, packet_header)));
	CHECK_FALSE(decode(octets + std::string(packet_max, 'x')));
	for (std::size_t at : {0, 3, 5}) {
		std::string bad = octets;
		bad[at] = 9;
		CHECK_FALSE(decode(bad));
	}
	std::string unnumbered = octets;
	unnumbered.replace(8, 8, 8, '\0');
	CHECK_FALSE(decode(unnumbered));
	std::string unversioned = octets;
	unversioned[4] = 0;
	CHECK_FALSE(decode(unversioned));
	CHECK_FALSE(decode(encode({.outcome = 1, .number = 1, .body = {}})));
}

TEST_CASE("bodies survive the way to octets and back; shorter or longer ones are refused")
{
	const ReadRequest read{What::mib, 7, 8, 9};
	const Part content{5, 10, 4, "abcdef"};
	const WriteRequest write{6, 10, 4, "abcdef"};
	const Decision decided{7, *model::sha256("x")};

	CHECK(read_request(body_of(read)) == read);
	CHECK(part(body_of(content)) == content);
	CHECK(write_request(body_of(write)) == write);
	CHECK(decision(body_of(decided)) == decided);
	CHECK(written(body_of_written(77)) == 77);
	for (const std::string &body : {body_of(read), body_of(decided), body_of_written(1)}) {
		CHECK_FALSE(read_request(body + "x"));
		CHECK_FALSE(decision(body + "x"));
		CHECK_FALSE(written(body + "x"));
		CHECK_FALSE(read_request(body.substr(1)));
		CHECK_FALSE(decision(body.substr(1)));
		CHECK_FALSE(written(body.substr(1)));
	}
	// Outside of what it is a part of, beyond the limit, without end.
	CHECK_FALSE(part(body_of(Part{5, 10, 5, "abcdef"})));
	CHECK_FALSE(part(body_of(Part{5, 10, 4, ""})));
	CHECK_FALSE(part(body_of(Part{0, 10, 4, "abcdef"})));
	CHECK_FALSE(part(body_of(Part{5, content_max + 1, 0, "a"})));
	CHECK_FALSE(write_request(body_of(WriteRequest{6, 10, 4, ""})));
	CHECK_FALSE(write_request(body_of(WriteRequest{0, 10, 4, "a"})));
	CHECK_FALSE(write_request(body_of(WriteRequest{6, content_max + 1, 0, "a"})));
	CHECK_FALSE(write_request(body_of(WriteRequest{6, part_max + 1, 0, std::string(part_max + 1, 'a')})));
	CHECK_FALSE(read_request(body_of(ReadRequest{What::mib, 7, 0, 0})));
}

TEST_CASE("facts survive the way to JSON and back; what is no facts is refused")
{
	Facts facts;

	facts.cluster = 0x4b4e0001;
	facts.id = 3;
	facts.name = "b";
	facts.addresses = {"10.0.3.2", "fd00::3"};
	facts.clock_ns = 1795172400'000000000;
	facts.problems = {"link 2:0:0:1 is down"};
	const std::string text = serialize(facts);
	CHECK(*read_facts(text) == facts);
	// A later knell says more.
	CHECK(*read_facts("{\"zeal\":1," + text.substr(1)) == facts);
	CHECK_FALSE(read_facts(""));
	CHECK_FALSE(read_facts("{}"));
	CHECK_FALSE(read_facts(text.substr(0, text.size() / 2)));
	for (const char *value : {"70000", "-1", "3.5", "\"3\""}) {
		std::string bad = text;
		bad.replace(bad.find("\"id\":3"), 6, std::string("\"id\":") + value);
		CHECK_FALSE(read_facts(bad));
	}
}

TEST_CASE("contents of any length are read from many nodes, over a network that loses, doubles and reorders")
{
	for (unsigned seed = 0; seed < 20; seed++) {
		Network network(seed);
		std::map<std::uint16_t, Station> nodes;
		std::vector<std::uint16_t> asked;

		network.loss = 0.2;
		network.doubling = 0.2;
		network.delay_max = milliseconds(600);
		for (std::uint16_t node = 1; node <= 20; node++) {
			nodes[node].holder.contents[What::mib] = long_text(node * 997, node);
			network.stations[node] = nodes[node].at();
			asked.push_back(node);
		}
		auto asker = asker_on(network);
		const auto read = asker.pull(asked, What::mib, 0, milliseconds(60000));
		REQUIRE(read.size() == asked.size());
		for (std::size_t i = 0; i < asked.size(); i++) {
			INFO("seed " << seed << " node " << asked[i]);
			REQUIRE(read[i]);
			CHECK(*read[i] == nodes[asked[i]].holder.contents[What::mib]);
		}
	}
}

TEST_CASE("a node that is not there costs its time-out, once for all of them")
{
	Network network(1);
	Station good;

	good.holder.contents[What::facts] = "here";
	network.stations[2] = good.at();
	auto asker = asker_on(network);
	const auto begin = network.now();
	const auto read = asker.pull({1, 2, 3}, What::facts, 0, milliseconds(2000));
	CHECK(read[0].error().code == ETIMEDOUT);
	CHECK(*read[1] == "here");
	CHECK(read[2].error().code == ETIMEDOUT);
	CHECK(network.now() - begin < milliseconds(2500));
}

TEST_CASE("contents that change while they are read are never mixed")
{
	Network network(3);
	Station node;
	int parts = 0;

	node.holder.contents[What::mib] = long_text(20000, 1);
	network.stations[1] = [&](std::uint16_t from, std::string_view octets) {
		if (++parts == 3) {
			node.holder.contents[What::mib] = long_text(20000, 2);
			for (unsigned other = 10; other < 10 + Responder::kept_max; other++) {
				// So many others read meanwhile that the old contents are not kept.
				node.holder.contents[What::history] = long_text(20000, other);
				(void)node.responder.answer(node.holder, 2, encode({.method = 1, .number = 5,
					.body = body_of(ReadRequest{What::history, 0, 0, other})}));
			}
		}
		return node.responder.answer(node.holder, from, octets);
	};
	auto asker = asker_on(network);
	const auto read = asker.pull({1}, What::mib);
	REQUIRE(read[0]);
	CHECK(*read[0] == long_text(20000, 2));
}

TEST_CASE("answers to another question, of another node or not to be understood are no answers")
{
	Network network(5);
	Station liar;

	liar.holder.contents[What::facts] = "lie";
	network.stations[2] = liar.at();
	network.stations[1] = [&](std::uint16_t from, std::string_view octets) {
		Packet wrong = *decode(octets);
		// Node 2 somehow knows the number and answers for node 1.
		(void)network.send(2, octets);
		wrong.kind = Kind::answer;
		wrong.number ^= 1;
		(void)from;
		return std::optional<std::string>(encode(wrong));
	};
	auto asker = asker_on(network);
	CHECK(asker.pull({1}, What::facts)[0].error().code == ETIMEDOUT);
	network.stations[1] = [](std::uint16_t, std::string_view octets) {
		Packet odd = *decode(octets);
		odd.kind = Kind::answer;
		odd.body = "no part";
		return std::optional<std::string>(encode(odd));
	};
	CHECK(asker.pull({1}, What::facts)[0].error().code == EPROTO);
}

TEST_CASE("what is not known is answered as such")
{
	Network network(6);
	Station node;

	network.stations[1] = node.at();
	auto asker = asker_on(network);
	CHECK(asker.pull({1}, What::report)[0].error().code == EPROTO);
	CHECK(asker.ask({{1, Method{99}, ""}})[0].error().code == EPROTO);
	CHECK(node.holder.served == 0);
	node.holder.reply = say(Outcome::refused, "no\x1b[2Jroom");
	const auto refused = asker.ask({{1, Method::commit, "x"}})[0];
	CHECK(refused.error().code == EREMOTEIO);
	CHECK(refused.error().why == "no?[2Jroom");
	// A later version: only the header is understood.
	const auto reply = node.responder.answer(node.holder, 2, encode({.version = 2, .method = 1, .number = 4,
									 .body = "whatever"}));
	REQUIRE(reply);
	CHECK(decode(*reply)->outcome == static_cast<std::uint8_t>(Outcome::unknown_version));
	CHECK(decode(*reply)->number == 4);
	// An answer is not answered: two helpers would go on for ever.
	CHECK_FALSE(node.responder.answer(node.holder, 2, *reply));
	CHECK_FALSE(node.responder.answer(node.holder, 2, "hello"));
}

TEST_CASE("asking ends when it is told to")
{
	Network network(7);

	network.stop = [&] { return network.now() > Clock::time_point(milliseconds(900)); };
	auto asker = asker_on(network);
	const auto read = asker.pull({1, 2}, What::facts);
	CHECK(read[0].error().code == EINTR);
	CHECK(read[1].error().code == EINTR);
}

TEST_CASE("statistics survive the way; what are none is refused, what is too long loses the oldest")
{
	statistics::Sample full;

	full.time_ns = 1795172400'000000001;	// more than a double holds
	full.cpu_busy = 0.1;
	full.load = 1.25;
	full.delay_ms = 0.0625;
	full.memory_total = ~0ull;
	full.memory_available = 1;
	full.volumes = {{"/dev/disk/by-id/x", 10, 0, 2.5, std::nullopt}, {"\x1b\xff", 0, 1, std::nullopt, 0.0}};
	full.responses = {{"records", 12.5}, {"web", std::nullopt}};
	const std::vector<statistics::Sample> samples{statistics::Sample{}, full};
	const auto text = serialize(samples);
	const auto back = read_samples(text);
	REQUIRE(back);
	REQUIRE(back->size() == 2);
	CHECK((*back)[0] == samples[0]);
	CHECK((*back)[1].volumes[0] == full.volumes[0]);
	CHECK((*back)[1].volumes[1].write_ms == 0);
	CHECK((*back)[1].responses == full.responses);
	CHECK((*back)[1].time_ns == full.time_ns);
	CHECK((*back)[1].memory_total == full.memory_total);
	CHECK(serialize(*back) == text);
	CHECK(read_samples("[]")->empty());
	for (const char *bad : {"", "{", "[1]", "[[1,2,3,4,5,6,[]]]", "[[-1,0,0,0,0,0,[],[]]]", "[[1,\"\",0,0,0,0,[],[]]]",
				"[[1,0,0,0,0,0,[[\"x\",1,1,0]],[]]]", "[[1,0,0,0,0,0,[],[[\"x\",\"1\"]]]]",
				"[[1,0,0,0,0,0,[],[[1,1]]]]", "[[1,0,0,0,0,0,1,[]]]"}) {
		INFO(bad);
		CHECK_FALSE(read_samples(bad));
	}
	full.volumes.assign(1, {std::string(content_max / 3, 'x'), 0, 0, std::nullopt, std::nullopt});
	std::vector<statistics::Sample> many(5, full);
	many.back().time_ns = 4;
	const auto cut = serialize(many);
	CHECK(cut.size() <= content_max);
	CHECK(read_samples(cut)->size() == 2);
	CHECK(read_samples(cut)->back().time_ns == 4);
}

TEST_CASE("a history survives the way; what is none is refused, what is too long loses the oldest")
{
	std::vector<mib::HistoryEntry> entries{{1, "node a", "active", "down", "panic"}, {2, "mib", "", "\x1b\xff", ""}};

	auto back = read_history(serialize(entries));
	REQUIRE(back);
	REQUIRE(back->size() == 2);
	CHECK((*back)[0].reason == "panic");
	CHECK((*back)[1].time_ns == 2);
	CHECK(read_history("[]")->empty());
	for (const char *bad : {"", "{", "[1]", "[[1,2,3,4,5]]", "[[1,\"\"]]", "[[-1,\"\",\"\",\"\",\"\"]]"})
		CHECK_FALSE(read_history(bad));
	entries.assign(5, {3, "long", std::string(content_max / 3, 'x'), "", ""});
	entries.back().time_ns = 4;
	const auto cut = serialize(entries);
	CHECK(cut.size() <= content_max);
	CHECK(read_history(cut)->size() == 2);
	CHECK(read_history(cut)->back().time_ns == 4);
}
