// SPDX-License-Identifier: GPL-2.0
// libFuzzer: a packet of any content from another helper is answered in bounds or not at all; what
// is understood of its body is what would have been written. The same octets as an answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "talk/discovery.hpp"
#include "talk/examination.hpp"
#include "talk/facts.hpp"
#include "talk/relay.hpp"
#include "talk/responder.hpp"
#include "talk/samples.hpp"
#include "talk/seal.hpp"

using namespace knell;
using namespace knell::talk;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace {

void demand(bool truth)
{
	if (!truth)
		std::abort();
}

/// What was read of a body is written again to the same octets.
void both_ways(std::string_view body)
{
	if (const auto read = read_request(body))
		demand(body_of(*read) == body);
	if (const auto got = part(body))
		demand(body_of(*got) == body && got->offset + got->octets.size() <= got->total);
	if (const auto wrote = write_request(body))
		demand(body_of(*wrote) == body && wrote->offset + wrote->octets.size() <= wrote->total);
	if (const auto decided = decision(body))
		demand(body_of(*decided) == body);
	if (const auto octets = written(body))
		demand(body_of_written(*octets) == body);
	if (const auto wish = passed(body))
		demand(body_of(*wish) == body);
	for (const auto &name : read_names(body))
		demand(!name.empty());
	if (const auto number = test_number(body))
		demand(body_of_test(*number) == body);
	if (const auto lines = read_tests(body))
		demand(*read_tests(serialize(*lines)) == *lines);
	if (const auto samples = read_samples(body))
		demand(serialize(*read_samples(serialize(*samples))) == serialize(*samples));
	if (const auto facts = read_facts(body))
		demand(*read_facts(serialize(*facts)) == *facts);
}

/// Long contents, and serves what it is told to.
struct Anybody : Service {
	Result<std::string> read(What what, std::uint32_t argument) override
	{
		if (what == What::report)
			return Error{"none", "", ""};
		return std::string(argument % 10000, 'x');
	}
	Packet serve(std::uint16_t, Method, std::string_view body) override
	{
		return say(Outcome::refused, std::string(body) + std::string(body_max, 'x'));
	}
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string octets(reinterpret_cast<const char *>(data), size);
	static Anybody service;
	Responder responder;

	static const Seal seal{model::Secret()};
	Relay relay;

	both_ways(octets);
	if (const auto opened = seal.open(octets))
		demand(seal.close(opened->challenge, opened->packet) == octets);
	demand(!Seal::peek(octets) || Seal::peek(octets)->body.size() <= octets.size());
	if (const auto asked = decode(octets)) {
		const auto wish = relay.take({1, {}}, *asked, Clock::time_point{});
		demand(!wish || Seal::peek(wish->octets)->number == asked->number);
	}
	const auto packet = decode(octets);
	if (packet)
		both_ways(packet->body);
	for (int twice = 0; twice < 2; twice++) {
		const auto answer = responder.answer(service, 1, octets);
		demand(answer.has_value() == (packet && packet->kind == Kind::request));
		if (!answer)
			continue;
		const auto reply = decode(*answer);
		demand(reply && answer->size() <= packet_max && reply->kind == Kind::answer &&
		       reply->number == packet->number && reply->method == packet->method);
	}
	return 0;
}
