// SPDX-License-Identifier: GPL-2.0
// ARP and neighbour advertisement frames, octet by octet.
#include "actions/announce.hpp"

#include <catch2/catch.hpp>

using namespace knell::actions;

namespace {

const MacAddress mac{0x52, 0x54, 0, 0x4b, 2, 0};
using Octets = std::vector<std::uint8_t>;

Octets part(const Octets &frame, std::size_t begin, std::size_t size)
{
	return Octets(frame.begin() + static_cast<long>(begin), frame.begin() + static_cast<long>(begin + size));
}

/// Over pseudo header and message, checksum included, the sum of a good frame is ffffh.
std::uint32_t icmp6_sum(const Octets &frame)
{
	std::uint32_t sum = 58 + static_cast<std::uint32_t>(frame.size() - 54);

	for (std::size_t i = 14 + 8; i < frame.size(); i += 2)
		sum += static_cast<std::uint32_t>(frame[i] << 8 | frame[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

} // namespace

TEST_CASE("a gratuitous ARP is a broadcast request about the own address")
{
	auto frame = gratuitous_arp(mac, *parse_address("192.168.77.100"));

	CHECK(frame == Octets{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x4b, 2, 0, 0x08, 0x06,
			      0, 1, 0x08, 0, 6, 4, 0, 1,
			      0x52, 0x54, 0, 0x4b, 2, 0, 192, 168, 77, 100,
			      0, 0, 0, 0, 0, 0, 192, 168, 77, 100});
}

TEST_CASE("an ARP probe has no sender address")
{
	auto frame = arp_probe(mac, *parse_address("10.0.0.1"));

	CHECK(part(frame, 28, 4) == Octets{0, 0, 0, 0});
	CHECK(part(frame, 38, 4) == Octets{10, 0, 0, 1});
}

TEST_CASE("an unsolicited neighbour advertisement overrides and has the right checksum")
{
	auto address = *parse_address("fd00::100");
	auto frame = neighbour_advertisement(mac, address);

	REQUIRE(frame.size() == 14 + 40 + 32);
	CHECK(part(frame, 0, 6) == Octets{0x33, 0x33, 0, 0, 0, 1});
	CHECK(part(frame, 12, 2) == Octets{0x86, 0xdd});
	CHECK(frame[14 + 6] == 58);	// ICMPv6
	CHECK(frame[14 + 7] == 255);	// hop limit
	CHECK(frame[54] == 136);
	CHECK(frame[58] == 0x20);	// override, not solicited, not a router
	CHECK(part(frame, 62, 16) == address);
	CHECK(part(frame, 78, 2) == Octets{2, 1});
	CHECK(part(frame, 80, 6) == Octets(mac.begin(), mac.end()));
	CHECK(icmp6_sum(frame) == 0xffff);
}

TEST_CASE("somebody else's claim to an address is recognised")
{
	auto address = *parse_address("192.168.77.100");
	MacAddress other{1, 2, 3, 4, 5, 6};
	auto claim = gratuitous_arp(other, address);

	CHECK(claims_address(claim, mac, address));
	CHECK_FALSE(claims_address(claim, other, address));	// our own
	CHECK_FALSE(claims_address(arp_probe(other, address), mac, address));
	CHECK_FALSE(claims_address(claim, mac, *parse_address("192.168.77.101")));
	claim.resize(41);
	CHECK_FALSE(claims_address(claim, mac, address));
	CHECK_FALSE(claims_address({}, mac, address));
}

TEST_CASE("a neighbour probe asks the solicited-node group, from nobody")
{
	auto address = *parse_address("fd00:77::1:2345");
	auto frame = neighbour_probe(mac, address);

	REQUIRE(frame.size() == 14 + 40 + 24);
	CHECK(part(frame, 0, 6) == Octets{0x33, 0x33, 0xff, 0x01, 0x23, 0x45});
	CHECK(part(frame, 6, 6) == Octets(mac.begin(), mac.end()));
	CHECK(part(frame, 18, 2) == Octets{0, 24});
	CHECK(frame[14 + 7] == 255);
	CHECK(part(frame, 22, 16) == Octets(16, 0));
	CHECK(part(frame, 38, 16) == *parse_address("ff02::1:ff01:2345"));
	CHECK(frame[54] == 135);
	CHECK(part(frame, 62, 16) == address);
	CHECK(icmp6_sum(frame) == 0xffff);
}

TEST_CASE("somebody else's claim to an IPv6 address is recognised")
{
	auto address = *parse_address("fd00:77::100");
	MacAddress other{1, 2, 3, 4, 5, 6};
	auto claim = neighbour_advertisement(other, address);

	CHECK(claims_address(claim, mac, address));
	CHECK_FALSE(claims_address(claim, other, address));	// our own
	CHECK_FALSE(claims_address(neighbour_probe(other, address), mac, address));
	CHECK_FALSE(claims_address(claim, mac, *parse_address("fd00:77::101")));
	CHECK_FALSE(claims_address(claim, mac, *parse_address("192.168.77.100")));
	auto routed = claim;
	routed[21] = 64;
	CHECK_FALSE(claims_address(routed, mac, address));
	claim.resize(14 + 40 + 23);
	CHECK_FALSE(claims_address(claim, mac, address));
}

TEST_CASE("addresses are numeric")
{
	CHECK(parse_address("10.1.2.3")->size() == 4);
	CHECK(parse_address("::1")->size() == 16);
	CHECK_FALSE(parse_address("example.org"));
	CHECK_FALSE(parse_address("10.1.2"));
	CHECK_FALSE(parse_address(""));
}
