// SPDX-License-Identifier: GPL-2.0
// Test reports to JSON and back; asking for one until it is there.
#include "talk/examination.hpp"

#include "talk/responder.hpp"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

namespace knell::talk {

namespace {

using json = nlohmann::json;

constexpr milliseconds poll_interval{300};
constexpr milliseconds answer_patience{10000};	// the answering thread may wait for its disk
constexpr int clock_readings = 5;

std::int64_t wall_ns()
{
	using namespace std::chrono;
	return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

std::string serialize(const std::vector<TestLine> &lines)
{
	json list = json::array();

	for (const TestLine &line : lines)
		list.push_back({{"application", line.application},
				{"kind", line.kind},
				{"passed", line.passed},
				{"subject", line.subject},
				{"words", line.words}});
	return list.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::vector<TestLine>> read_tests(std::string_view text)
{
	try {
		const json list = json::parse(text);
		std::vector<TestLine> lines;

		for (const json &j : list.get_ref<const json::array_t &>()) {
			TestLine line;
			j.at("application").get_to(line.application);
			j.at("kind").get_to(line.kind);
			j.at("passed").get_to(line.passed);
			j.at("subject").get_to(line.subject);
			j.at("words").get_to(line.words);
			lines.push_back(std::move(line));
		}
		return lines;
	} catch (const json::exception &e) {
		return Error{"cannot read a node's tests", e.what(), "install the same version on all nodes", EPROTO};
	}
}

Result<std::vector<TestLine>> examine(Asker &asker, std::uint16_t node, milliseconds limit)
{
	Transport &transport = asker.transport();
	const auto end = transport.now() + limit;
	std::uint64_t number = 0;

	while (!static_cast<std::uint32_t>(number))
		number = asker.random();
	const std::vector<Question> question{{node, Method::test, body_of_test(number)}};
	for (;;) {
		auto answer = asker.ask(question, answer_patience)[0];
		if (!answer)
			return answer.error();
		if (answer->outcome == Outcome::ok)
			break;
		if (transport.now() >= end)
			return Error{"node " + std::to_string(node) + " still tests",
				     "waited " + std::to_string(limit.count() / 1000) + " s",
				     "does a disk not answer there? (knellctl health, iscsiadm -m session -P 3)",
				     ETIMEDOUT};
		// What comes meanwhile is of no interest.
		for (const auto next = transport.now() + poll_interval; transport.now() < next;)
			if (auto letter = transport.receive(next); !letter)
				return letter.error();
	}
	auto text = asker.pull({node}, What::test, static_cast<std::uint32_t>(number))[0];
	if (!text)
		return text.error();
	return read_tests(*text);
}

Result<TimedFacts> timed_facts(Asker &asker, std::uint16_t node)
{
	std::optional<TimedFacts> best;

	for (int i = 0; i < clock_readings; i++) {
		const auto begin = std::chrono::steady_clock::now();
		const auto asked = wall_ns();
		auto text = asker.pull({node}, What::facts)[0];
		const std::int64_t way = std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
		if (!text)
			return text.error();
		auto facts = read_facts(*text);
		if (!facts)
			return facts.error();
		// Unsigned: whatever is told, the difference is some number.
		const auto apart = static_cast<std::int64_t>(facts->clock_ns - static_cast<std::uint64_t>(asked + way / 2));
		if (!best || way / 2 < best->clock_error_ns)
			best = TimedFacts{std::move(*facts), apart, way / 2};
	}
	return std::move(*best);
}

Examination::Asked Examination::ask(std::string_view body)
{
	const auto number = test_number(body);

	if (!number)
		return {say(Outcome::malformed)};
	if (*number == finished_)
		return {say(Outcome::ok)};
	if (running_ && running_ != *number)
		return {say(Outcome::refused, "another test is under way there; ask again when it is over")};
	const bool start = !running_;
	running_ = *number;
	return {say(Outcome::working), start};
}

void Examination::done(std::string report)
{
	finished_ = std::exchange(running_, 0);
	report_ = std::move(report);
}

Result<std::string> Examination::report(std::uint32_t argument) const
{
	if (!finished_ || static_cast<std::uint32_t>(finished_) != argument)
		return Error{"the report of this test is not here", "another test ran meanwhile", "", ESTALE};
	return report_;
}

} // namespace knell::talk
