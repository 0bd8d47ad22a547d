// SPDX-License-Identifier: GPL-2.0
// Questions out, answers in, by number; parts put together.
#include "talk/asker.hpp"

#include <algorithm>
#include <cerrno>

namespace knell::talk {

namespace {

constexpr int starts_max = 3;	// contents that change all the time are reported, not spun on

std::string words(std::string_view body)
{
	std::string text(body.substr(0, body_max));

	for (char &letter : text)
		if (static_cast<unsigned char>(letter) < ' ' && letter != '\n')
			letter = '?';
	return text;
}

Error spoken(const std::string &what, const Packet &packet)
{
	switch (Outcome{packet.outcome}) {
	case Outcome::refused: return {what + " refuses", words(packet.body), "", EREMOTEIO};
	case Outcome::failed: return {what + " failed", words(packet.body), "", EREMOTEIO};
	case Outcome::unknown_method:
	case Outcome::unknown_version:
		return {what + " does not know this request", "its knell is of another version",
			"install the same version on all nodes", EPROTO};
	default: return {what + " gave an answer that makes no sense", "", "is its knell of another version?", EPROTO};
	}
}

Error senseless(const std::string &what)
{
	return spoken(what, Packet{.outcome = static_cast<std::uint8_t>(Outcome::malformed), .body = {}});
}

/// A question under way.
struct Flight {
	std::uint64_t number = 0;
	std::string octets;
	Clock::time_point again;	///< send then
	Clock::time_point end;		///< give up then
	bool begun = false;
	bool done = false;
	Status sent;			///< how the last attempt to send went
};

} // namespace

std::vector<Result<Answer>> Asker::ask(const std::vector<Question> &questions, milliseconds limit)
{
	std::vector<Result<Answer>> answers(questions.size(), Result<Answer>(Error{}));
	std::vector<Flight> flights(questions.size());
	std::size_t open = questions.size();

	while (open) {
		const auto now = transport_.now();
		auto wake = now + retry;
		std::size_t flying = 0;

		for (std::size_t i = 0; i < flights.size(); i++) {
			Flight &flight = flights[i];
			if (flight.done || (!flight.begun && flying >= window))
				continue;
			if (!flight.begun) {
				Packet packet{.method = static_cast<std::uint8_t>(questions[i].method),
					      .body = questions[i].body};
				while (!packet.number)
					packet.number = random_();
				flight = {packet.number, encode(packet), now, now + limit, true, false, {}};
			} else if (now >= flight.end) {
				flight.done = true;
				open--;
				answers[i] = Error{"no answer from " + transport_.name(questions[i].node),
						   flight.sent ? "waited " + std::to_string(limit.count()) + " ms" :
								 flight.sent.error().text(),
						   "is knelld running there, and the link up (knellctl fabric)?",
						   ETIMEDOUT};
				continue;
			}
			if (now >= flight.again) {
				flight.sent = transport_.send(questions[i].node, flight.octets);
				flight.again = now + retry;
			}
			flying++;
			wake = std::min({wake, flight.again, flight.end});
		}
		if (!open)
			break;
		auto letter = transport_.receive(wake);
		if (!letter) {
			for (std::size_t i = 0; i < flights.size(); i++)
				if (!flights[i].done)
					answers[i] = letter.error();
			break;
		}
		if (!*letter)
			continue;
		const auto packet = decode((*letter)->octets);
		if (!packet || packet->kind != Kind::answer)
			continue;
		for (std::size_t i = 0; i < flights.size(); i++) {
			Flight &flight = flights[i];
			// Whoever knows the number of a question to another node cannot answer it.
			if (flight.done || !flight.begun || flight.number != packet->number ||
			    questions[i].node != (*letter)->node ||
			    packet->method != static_cast<std::uint8_t>(questions[i].method))
				continue;
			flight.done = true;
			open--;
			const auto outcome = Outcome{packet->outcome};
			if (packet->version == packet_version &&
			    (outcome == Outcome::ok || outcome == Outcome::working || outcome == Outcome::again))
				answers[i] = Answer{outcome, packet->body};
			else
				answers[i] = spoken(transport_.name(questions[i].node), *packet);
		}
	}
	return answers;
}

std::vector<Result<std::string>> Asker::pull(const std::vector<std::uint16_t> &nodes, What what,
					     std::uint32_t argument, milliseconds limit)
{
	struct Reading {
		std::string content;
		std::uint64_t tag = 0;
		int starts = 1;
		bool done = false;
	};
	std::vector<Reading> readings(nodes.size());
	std::vector<Result<std::string>> results(nodes.size(), Result<std::string>(Error{}));

	for (;;) {
		std::vector<Question> questions;
		std::vector<std::size_t> whose;

		for (std::size_t i = 0; i < nodes.size(); i++) {
			const Reading &reading = readings[i];
			if (reading.done)
				continue;
			whose.push_back(i);
			questions.push_back({nodes[i], Method::read,
					     body_of(ReadRequest{what, static_cast<std::uint32_t>(reading.content.size()),
								 reading.tag, argument})});
		}
		if (questions.empty())
			return results;
		auto answers = ask(questions, limit);
		for (std::size_t q = 0; q < answers.size(); q++) {
			Reading &reading = readings[whose[q]];
			auto finish = [&](Result<std::string> result) {
				results[whose[q]] = std::move(result);
				reading.done = true;
			};
			if (!answers[q]) {
				finish(answers[q].error());
				continue;
			}
			if (answers[q]->outcome == Outcome::again) {
				if (reading.starts >= starts_max)
					finish(Error{"cannot read from " + transport_.name(nodes[whose[q]]),
						     "what is read changes all the time", "", EAGAIN});
				else
					reading = {{}, 0, reading.starts + 1, false};
				continue;
			}
			const auto got = part(answers[q]->body);
			if (answers[q]->outcome != Outcome::ok || !got || got->offset != reading.content.size() ||
			    (reading.tag && got->tag != reading.tag)) {
				finish(senseless(transport_.name(nodes[whose[q]])));
				continue;
			}
			reading.tag = got->tag;
			reading.content += got->octets;
			if (reading.content.size() >= got->total)
				finish(std::move(reading.content));
		}
	}
}

std::vector<Status> Asker::push(const std::vector<std::uint16_t> &nodes, std::uint64_t transaction,
				const std::string &content, milliseconds limit)
{
	struct Writing {
		std::size_t offset = 0;
		int starts = 1;
		bool done = false;
	};
	std::vector<Writing> writings(nodes.size());
	std::vector<Status> results(nodes.size());
	const auto total = static_cast<std::uint32_t>(content.size());

	if (content.empty() || content.size() > content_max)
		return {nodes.size(), Status(Error{"cannot send the description",
						   "it has " + std::to_string(content.size()) + " octets, possible are 1 to " +
							   std::to_string(content_max), "", EMSGSIZE})};
	for (;;) {
		std::vector<Question> questions;
		std::vector<std::size_t> whose;

		for (std::size_t i = 0; i < nodes.size(); i++) {
			const Writing &writing = writings[i];
			if (writing.done)
				continue;
			whose.push_back(i);
			questions.push_back({nodes[i], Method::write,
					     body_of(WriteRequest{transaction, total,
								  static_cast<std::uint32_t>(writing.offset),
								  content.substr(writing.offset, part_max)})});
		}
		if (questions.empty())
			return results;
		auto answers = ask(questions, limit);
		for (std::size_t q = 0; q < answers.size(); q++) {
			Writing &writing = writings[whose[q]];
			auto finish = [&](Status result) {
				results[whose[q]] = std::move(result);
				writing.done = true;
			};
			if (!answers[q]) {
				finish(answers[q].error());
				continue;
			}
			if (answers[q]->outcome == Outcome::again) {
				if (writing.starts >= starts_max)
					finish(Error{"cannot write to " + transport_.name(nodes[whose[q]]),
						     "somebody else writes to it", "", EAGAIN});
				else
					writing = {0, writing.starts + 1, false};
				continue;
			}
			const auto have = written(answers[q]->body);
			// It must go on, or it would never end.
			if (answers[q]->outcome != Outcome::ok || !have || *have <= writing.offset ||
			    *have > content.size()) {
				finish(senseless(transport_.name(nodes[whose[q]])));
				continue;
			}
			writing.offset = *have;
			if (writing.offset == content.size())
				finish({});
		}
	}
}

} // namespace knell::talk
