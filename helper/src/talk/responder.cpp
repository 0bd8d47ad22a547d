// SPDX-License-Identifier: GPL-2.0
// Requests in, answers out.
#include "talk/responder.hpp"

#include <algorithm>
#include <cerrno>

namespace knell::talk {

Packet say(Outcome outcome, std::string body)
{
	body.resize(std::min(body.size(), answer_max));
	return {.kind = Kind::answer, .outcome = static_cast<std::uint8_t>(outcome), .body = std::move(body)};
}

Packet say(Outcome outcome, const Error &error)
{
	return say(outcome, error.text());
}

std::optional<std::string> Responder::answer(Service &service, std::uint16_t from, std::string_view octets)
{
	const auto request = decode(octets);

	if (!request || request->kind != Kind::request)
		return std::nullopt;
	Packet reply;
	const Method method{request->method};
	if (request->version != packet_version)
		reply = say(Outcome::unknown_version);
	else if (method == Method::read)
		reply = read(service, request->body);
	else if (method == Method::write || method == Method::prepare || method == Method::commit ||
		 method == Method::abort || method == Method::test)
		reply = service.serve(from, method, request->body);
	else
		reply = say(Outcome::unknown_method);
	reply.method = request->method;
	reply.number = request->number;
	return encode(reply);
}

const Responder::Kept *Responder::find(const ReadRequest &request) const
{
	const auto found = std::ranges::find_if(kept_, [&](const Kept &kept) {
		return kept.tag == request.tag && kept.what == request.what && kept.argument == request.argument;
	});

	return found == kept_.end() ? nullptr : &*found;
}

Packet Responder::read(Service &service, std::string_view body)
{
	auto request = read_request(body);

	if (!request)
		return say(Outcome::malformed);
	if (!request->tag) {
		auto content = service.read(request->what, request->argument);
		if (!content)
			return content.error().code == ENOTSUP ? say(Outcome::unknown_method) :
								 say(Outcome::failed, content.error());
		if (content->size() > content_max)
			return say(Outcome::failed, "it has " + std::to_string(content->size()) + " octets, too many");
		const auto digest = model::sha256(*content);
		if (!digest)
			return say(Outcome::failed, digest.error());
		for (std::size_t i = 0; i < sizeof(request->tag); i++)
			request->tag = request->tag << 8 | (*digest)[i];
		request->tag = std::max<std::uint64_t>(request->tag, 1);
		// What fits into one part is not asked for again.
		if (content->size() <= part_max)
			return say(Outcome::ok, body_of(Part{request->tag, static_cast<std::uint32_t>(content->size()), 0,
							     std::move(*content)}));
		if (!find(*request)) {
			if (kept_.size() >= kept_max)
				kept_.pop_front();
			kept_.push_back({request->tag, request->what, request->argument, std::move(*content)});
		}
	}
	const Kept *kept = find(*request);
	if (!kept || request->offset >= kept->content.size())
		return say(Outcome::again);
	return say(Outcome::ok, body_of(Part{request->tag, static_cast<std::uint32_t>(kept->content.size()),
					     request->offset, kept->content.substr(request->offset, part_max)}));
}

} // namespace knell::talk
