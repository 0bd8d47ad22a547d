// SPDX-License-Identifier: GPL-2.0
// Who has an address now: gratuitous ARP (RFC 5227), unsolicited neighbour advertisement
// (RFC 4861), and the question whether somebody else has it. Encoding is pure.
#pragma once

#include "util/result.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace knell::actions {

using MacAddress = std::array<std::uint8_t, 6>;

/// A numeric address in network order: 4 or 16 octets.
using IpAddress = std::vector<std::uint8_t>;

/// Parse a numeric IPv4 or IPv6 address.
Result<IpAddress> parse_address(const std::string &text);

/// Ethernet frame, broadcast: ARP request with sender = target = the address.
std::vector<std::uint8_t> gratuitous_arp(const MacAddress &mac, const IpAddress &address);

/// Ethernet frame, broadcast: ARP probe (sender address 0).
std::vector<std::uint8_t> arp_probe(const MacAddress &mac, const IpAddress &address);

/// Ethernet frame to ff02::1: neighbour advertisement with the override flag.
std::vector<std::uint8_t> neighbour_advertisement(const MacAddress &mac, const IpAddress &address);

/// Ethernet frame to the address's solicited-node group: neighbour solicitation from nobody, as
/// duplicate address detection sends it (RFC 4862).
std::vector<std::uint8_t> neighbour_probe(const MacAddress &mac, const IpAddress &address);

/// Does an Ethernet frame say that somebody else than `mac` has the address?
bool claims_address(std::span<const std::uint8_t> frame, const MacAddress &mac, const IpAddress &address);

/// Hardware address of an interface; error if it has none or is down.
Result<MacAddress> hardware_address(const std::string &interface);

/// Tell the neighbours once.
Status announce(const std::string &interface, const IpAddress &address);

/// Ask `probes` times, `interval` apart, whether somebody else has the address.
Result<bool> taken(const std::string &interface, const IpAddress &address, int probes,
		   std::chrono::milliseconds interval);

} // namespace knell::actions
