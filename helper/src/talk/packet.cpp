// SPDX-License-Identifier: GPL-2.0
// Octets from and to packets and their fields.
#include "talk/packet.hpp"

namespace knell::talk {

namespace {

constexpr std::string_view magic = "KNLT";

} // namespace

std::string encode(const Packet &packet)
{
	return Writer()
		.rest(magic)
		.u8(packet.version)
		.u8(static_cast<std::uint8_t>(packet.kind))
		.u8(packet.method)
		.u8(packet.outcome)
		.u64(packet.number)
		.rest(std::string_view(packet.body).substr(0, body_max))
		.take();
}

std::optional<Packet> decode(std::string_view octets)
{
	Reader reader(octets);
	Packet packet;

	if (octets.size() > packet_max || reader.octets(magic.size()) != magic)
		return std::nullopt;
	packet.version = reader.u8();
	const std::uint8_t kind = reader.u8();
	packet.method = reader.u8();
	packet.outcome = reader.u8();
	packet.number = reader.u64();
	packet.body = reader.rest();
	if (!reader.good() || !packet.version || !packet.number)
		return std::nullopt;
	if (kind != static_cast<std::uint8_t>(Kind::request) && kind != static_cast<std::uint8_t>(Kind::answer))
		return std::nullopt;
	packet.kind = Kind{kind};
	if (packet.kind == Kind::request && packet.outcome)
		return std::nullopt;
	return packet;
}

Writer &Writer::number(std::uint64_t value, int octets)
{
	while (octets--)
		octets_ += static_cast<char>(value >> (8 * octets) & 0xff);
	return *this;
}

std::string_view Reader::octets(std::size_t count)
{
	if (!good_ || count > left_.size()) {
		good_ = false;
		return {};
	}
	const std::string_view taken = left_.substr(0, count);

	left_.remove_prefix(count);
	return taken;
}

std::uint64_t Reader::number(std::size_t count)
{
	std::uint64_t value = 0;

	for (const char octet : octets(count))
		value = value << 8 | static_cast<unsigned char>(octet);
	return value;
}

} // namespace knell::talk
