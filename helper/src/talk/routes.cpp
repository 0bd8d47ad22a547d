// SPDX-License-Identifier: GPL-2.0
// Envelopes put on and taken off.
#include "talk/routes.hpp"

#include <algorithm>
#include <cerrno>

namespace knell::talk {

std::uint16_t Routes::add(Route route)
{
	const auto same = std::ranges::find_if(routes_, [&](const Route &known) {
		return known.link == route.link && known.through == route.through && known.name == route.name;
	});

	if (same != routes_.end())
		return static_cast<std::uint16_t>(stranger_first + (same - routes_.begin()));
	routes_.push_back(std::move(route));
	return static_cast<std::uint16_t>(stranger_first + routes_.size() - 1);
}

std::uint16_t Routes::over(std::uint32_t link)
{
	return add({.link = link, .name = {}, .called = "the machine behind link " + std::to_string(link)});
}

std::uint16_t Routes::through(std::uint16_t through, const std::string &name)
{
	return add({.link = {}, .through = through, .name = name, .called = name});
}

void Routes::call(std::uint16_t address, std::string name)
{
	if (Route *route = find(address))
		route->called = std::move(name);
}

std::string Routes::name(std::uint16_t node) const
{
	const std::size_t index = node - std::size_t{stranger_first};

	return node < stranger_first ? Transport::name(node) :
	       index < routes_.size() ? routes_[index].called :
					"a machine nobody knows";
}

Routes::Route *Routes::find(std::uint16_t address)
{
	const std::size_t index = address - std::size_t{stranger_first};

	return address >= stranger_first && index < routes_.size() ? &routes_[index] : nullptr;
}

Status Routes::send(std::uint16_t node, std::string_view octets)
{
	if (node < stranger_first)
		return carrier_.send(node, octets);
	Route *route = find(node);
	const auto packet = decode(octets);
	if (!route || !packet)
		return Error{"nobody has this address", "", "", EHOSTUNREACH};
	if (!seal_)
		return Error{"cannot ask " + route->called, "it is in no cluster, and the secret is not known here",
			     "copy the secret to this node", EKEYREJECTED};
	const std::string sealed = seal_->close(route->challenge, octets);
	if (sealed.empty())
		return Error{"cannot seal a packet", "libcrypto failed", "check the installation of OpenSSL", EIO};
	if (route->link)
		return carrier_.send_over(*route->link, sealed);
	// Its number is that of what is inside: so whoever passes it on recognises the answer.
	return send(route->through, encode({.method = static_cast<std::uint8_t>(Method::pass), .number = packet->number,
					    .body = body_of(Passed{route->name, sealed})}));
}

/// Takes off one envelope after the other; `from` is who sent these octets.
std::optional<Letter> Routes::unwrap(std::uint16_t from, std::string_view octets)
{
	const auto packet = decode(octets);

	if (!packet || packet->kind != Kind::answer)
		return std::nullopt;
	if (packet->method != static_cast<std::uint8_t>(Method::pass))
		return Letter{from, std::string(octets)};
	const auto inner = passed(packet->body);
	if (!inner || !seal_ || Outcome{packet->outcome} != Outcome::ok)
		return std::nullopt;
	for (std::size_t i = 0; i < routes_.size(); i++) {
		if (routes_[i].link || routes_[i].through != from || routes_[i].name != inner->name)
			continue;
		auto opened = seal_->open(inner->octets);
		if (!opened)
			return std::nullopt;
		routes_[i].challenge = opened->challenge;
		return unwrap(static_cast<std::uint16_t>(stranger_first + i), opened->packet);
	}
	return std::nullopt;
}

Result<std::optional<Letter>> Routes::receive(Clock::time_point until)
{
	for (;;) {
		auto letter = carrier_.receive(until);
		if (!letter || !*letter)
			return letter;
		std::optional<Letter> found;
		if (!(*letter)->link) {
			found = unwrap((*letter)->node, (*letter)->octets);
		} else if (auto opened = seal_ ? seal_->open((*letter)->octets) : std::nullopt) {
			for (std::size_t i = 0; i < routes_.size(); i++)
				if (routes_[i].link == (*letter)->link) {
					const auto inside = decode(opened->packet);
					if (inside && inside->kind == Kind::answer)
						routes_[i].challenge = opened->challenge;
					found = unwrap(static_cast<std::uint16_t>(stranger_first + i), opened->packet);
					break;
				}
		}
		if (found)
			return found;
	}
}

} // namespace knell::talk
