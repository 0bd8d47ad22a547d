// SPDX-License-Identifier: GPL-2.0
// Who waits for which answer.
#include "talk/relay.hpp"

#include "talk/seal.hpp"
#include "talk/methods.hpp"

#include <algorithm>

namespace knell::talk {

std::string body_of(const Passed &passed)
{
	return Writer()
		.u8(static_cast<std::uint8_t>(passed.name.size()))
		.rest(passed.name)
		.rest(passed.octets)
		.take();
}

std::optional<Passed> passed(std::string_view body)
{
	Reader reader(body);
	Passed found;

	found.name = reader.octets(reader.u8());
	found.octets = reader.rest();
	if (!reader.good() || found.name.empty() || found.octets.empty())
		return std::nullopt;
	return found;
}

void Relay::forget(Clock::time_point now)
{
	while (!waiting_.empty() && (waiting_.front().until < now || waiting_.size() >= waiting_max))
		waiting_.pop_front();
}

std::optional<Passed> Relay::take(const Origin &from, const Packet &request, Clock::time_point now)
{
	auto wish = passed(request.body);

	if (!wish)
		return std::nullopt;
	const auto inside = Seal::peek(wish->octets);
	if (!inside || inside->kind != Kind::request || inside->number != request.number)
		return std::nullopt;
	forget(now);
	const auto same = std::ranges::find_if(waiting_, [&](const Waiting &waiting) {
		return waiting.from == from && waiting.name == wish->name && waiting.number == request.number;
	});
	if (same == waiting_.end())
		waiting_.push_back({from, wish->name, request.number, now + patience});
	return wish;
}

std::optional<Relay::Reply> Relay::pass_back(const std::string &name, std::string_view octets, Clock::time_point now)
{
	const auto inside = Seal::peek(octets);

	if (!inside || inside->kind != Kind::answer)
		return std::nullopt;
	forget(now);
	const auto found = std::ranges::find_if(waiting_, [&](const Waiting &waiting) {
		return waiting.name == name && waiting.number == inside->number;
	});
	if (found == waiting_.end())
		return std::nullopt;
	Packet reply{.kind = Kind::answer, .method = static_cast<std::uint8_t>(Method::pass), .number = inside->number,
		     .body = body_of(Passed{name, std::string(octets)})};
	Reply result{found->from, encode(reply)};
	waiting_.erase(found);
	return result;
}

} // namespace knell::talk
