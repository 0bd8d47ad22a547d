// SPDX-License-Identifier: GPL-2.0
// ARP and neighbour advertisement frames, and the packet socket they leave by.
#include "actions/announce.hpp"

#include "util/handle.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace knell::actions {

namespace {

constexpr std::size_t ethernet_header = 14, arp_length = 28, ip6_header = 40;
constexpr std::size_t advertisement_length = 32, solicitation_length = 24;
constexpr std::uint8_t solicitation = 135, advertisement = 136;
constexpr std::uint8_t never_routed = 255;	// hop limit of what a neighbour itself has sent

class Writer {
public:
	Writer &u8(unsigned value)
	{
		octets_.push_back(static_cast<std::uint8_t>(value));
		return *this;
	}
	Writer &u16(unsigned value) { return u8(value >> 8).u8(value); }
	Writer &u32(std::uint32_t value) { return u16(value >> 16).u16(value & 0xffff); }
	template <class Octets>
	Writer &all(const Octets &octets)
	{
		octets_.insert(octets_.end(), octets.begin(), octets.end());
		return *this;
	}
	std::vector<std::uint8_t> take() { return std::move(octets_); }

private:
	std::vector<std::uint8_t> octets_;
};

std::vector<std::uint8_t> arp_request(const MacAddress &mac, const IpAddress &sender, const IpAddress &target)
{
	MacAddress broadcast;

	broadcast.fill(0xff);
	return Writer()
		.all(broadcast).all(mac).u16(ETH_P_ARP)
		.u16(ARPHRD_ETHER).u16(ETH_P_IP).u8(6).u8(4).u16(ARPOP_REQUEST)
		.all(mac).all(sender).all(MacAddress{}).all(target)
		.take();
}

/// Internet checksum (RFC 1071) over the IPv6 pseudo header and an ICMPv6 message.
std::uint16_t icmp6_checksum(const IpAddress &from, const IpAddress &to, std::span<const std::uint8_t> body)
{
	std::uint32_t sum = IPPROTO_ICMPV6 + static_cast<std::uint32_t>(body.size());
	auto add = [&](std::span<const std::uint8_t> octets) {
		for (std::size_t i = 0; i + 1 < octets.size(); i += 2)
			sum += static_cast<std::uint32_t>(octets[i] << 8 | octets[i + 1]);
	};

	add(from);
	add(to);
	add(body);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<std::uint16_t>(~sum);
}

/// IPv6 header without flow label, of one ICMPv6 message between neighbours.
Writer &ip6(Writer &writer, std::size_t length, const IpAddress &from, const IpAddress &to)
{
	return writer.u32(0x60000000).u16(static_cast<unsigned>(length)).u8(IPPROTO_ICMPV6).u8(never_routed)
		.all(from).all(to);
}

bool claims_address4(std::span<const std::uint8_t> frame, const MacAddress &mac, const IpAddress &address)
{
	constexpr std::size_t hardware = 14, protocol = 16, lengths = 18, sender_mac = 22, sender_ip = 28;

	if (frame.size() < ethernet_header + arp_length)
		return false;
	auto word = [&](std::size_t at) { return static_cast<unsigned>(frame[at] << 8 | frame[at + 1]); };
	return word(hardware) == ARPHRD_ETHER && word(protocol) == ETH_P_IP && word(lengths) == 0x0604 &&
	       !std::equal(mac.begin(), mac.end(), frame.begin() + sender_mac) &&
	       std::equal(address.begin(), address.end(), frame.begin() + sender_ip);
}

bool claims_address6(std::span<const std::uint8_t> frame, const MacAddress &mac, const IpAddress &address)
{
	constexpr std::size_t source_mac = 6, next_header = 20, hop_limit = 21, type = 54, code = 55, target = 62;

	return frame.size() >= ethernet_header + ip6_header + solicitation_length &&
	       frame[next_header] == IPPROTO_ICMPV6 && frame[hop_limit] == never_routed &&
	       frame[type] == advertisement && frame[code] == 0 &&
	       !std::equal(mac.begin(), mac.end(), frame.begin() + source_mac) &&
	       std::equal(address.begin(), address.end(), frame.begin() + target);
}

Result<UniqueFd> packet_socket(const std::string &interface, std::uint16_t protocol)
{
	UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(protocol)));
	sockaddr_ll where = {};

	if (!fd)
		return Error::from_errno("cannot open a packet socket", errno, "CAP_NET_RAW is needed");
	where.sll_family = AF_PACKET;
	where.sll_protocol = htons(protocol);
	where.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
	if (::bind(fd.get(), reinterpret_cast<sockaddr *>(&where), sizeof(where)) < 0)
		return Error::from_errno("cannot use the interface " + interface, errno);
	return fd;
}

Status send_frame(int fd, const std::string &interface, const std::vector<std::uint8_t> &frame)
{
	if (::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL) < 0)
		return Error::from_errno("cannot announce the address on " + interface, errno);
	return {};
}

} // namespace

Result<IpAddress> parse_address(const std::string &text)
{
	IpAddress address(16);

	if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1)
		return address;
	address.resize(4);
	if (inet_pton(AF_INET, text.c_str(), address.data()) == 1)
		return address;
	return Error{"cannot use the address " + text, "it is not a numeric address", "check the cluster file"};
}

std::vector<std::uint8_t> gratuitous_arp(const MacAddress &mac, const IpAddress &address)
{
	return arp_request(mac, address, address);
}

std::vector<std::uint8_t> arp_probe(const MacAddress &mac, const IpAddress &address)
{
	return arp_request(mac, IpAddress(4, 0), address);
}

std::vector<std::uint8_t> neighbour_advertisement(const MacAddress &mac, const IpAddress &address)
{
	const IpAddress all_nodes = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	auto body = [&](std::uint16_t checksum) {
		return Writer()
			.u8(advertisement).u8(0).u16(checksum)
			.u32(0x20000000).all(address)	// override, unsolicited
			.u8(2).u8(1).all(mac)		// target link-layer address
			.take();
	};
	auto checksum = icmp6_checksum(address, all_nodes, body(0));
	Writer frame;

	frame.all(MacAddress{0x33, 0x33, 0, 0, 0, 1}).all(mac).u16(ETH_P_IPV6);
	return ip6(frame, advertisement_length, address, all_nodes).all(body(checksum)).take();
}

std::vector<std::uint8_t> neighbour_probe(const MacAddress &mac, const IpAddress &address)
{
	const IpAddress nobody(16, 0);
	// The solicited-node group of the address: whoever has it listens there.
	const IpAddress group = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff,
				 address[13], address[14], address[15]};
	auto body = [&](std::uint16_t checksum) {
		return Writer().u8(solicitation).u8(0).u16(checksum).u32(0).all(address).take();
	};
	auto checksum = icmp6_checksum(nobody, group, body(0));
	Writer frame;

	frame.all(MacAddress{0x33, 0x33, 0xff, address[13], address[14], address[15]}).all(mac).u16(ETH_P_IPV6);
	return ip6(frame, solicitation_length, nobody, group).all(body(checksum)).take();
}

bool claims_address(std::span<const std::uint8_t> frame, const MacAddress &mac, const IpAddress &address)
{
	constexpr std::size_t type = 12;

	if (frame.size() < ethernet_header)
		return false;
	switch (frame[type] << 8 | frame[type + 1]) {
	case ETH_P_ARP:
		return address.size() == 4 && claims_address4(frame, mac, address);
	case ETH_P_IPV6:
		return address.size() == 16 && claims_address6(frame, mac, address);
	default:
		return false;
	}
}

Result<MacAddress> hardware_address(const std::string &interface)
{
	UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ifreq request = {};
	MacAddress mac;

	if (interface.size() >= sizeof(request.ifr_name))
		return Error{"cannot use the interface " + interface, "its name is too long", ""};
	std::memcpy(request.ifr_name, interface.data(), interface.size());
	if (!fd || ::ioctl(fd.get(), SIOCGIFFLAGS, &request) < 0)
		return Error::from_errno("cannot use the interface " + interface, errno,
					 "it must exist on every candidate of the application");
	if (!(request.ifr_flags & IFF_UP))
		return Error{"cannot use the interface " + interface, "it is down", "ip link set up"};
	if (::ioctl(fd.get(), SIOCGIFHWADDR, &request) < 0)
		return Error::from_errno("cannot read the hardware address of " + interface, errno);
	if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return Error{"cannot announce addresses on " + interface, "it is not an Ethernet interface", "",
			     EAFNOSUPPORT};
	std::memcpy(mac.data(), request.ifr_hwaddr.sa_data, mac.size());
	return mac;
}

Status announce(const std::string &interface, const IpAddress &address)
{
	auto mac = hardware_address(interface);
	if (!mac)
		return mac.error();
	bool v4 = address.size() == 4;
	// Protocol 0 receives nothing: this socket only sends.
	auto fd = packet_socket(interface, 0);
	if (!fd)
		return fd.error();
	return send_frame(fd->get(), interface,
			  v4 ? gratuitous_arp(*mac, address) : neighbour_advertisement(*mac, address));
}

Result<bool> taken(const std::string &interface, const IpAddress &address, int probes,
		   std::chrono::milliseconds interval)
{
	auto mac = hardware_address(interface);
	if (!mac)
		return mac.error();
	const bool v4 = address.size() == 4;
	auto fd = packet_socket(interface, v4 ? ETH_P_ARP : ETH_P_IPV6);
	if (!fd)
		return fd.error();
	const auto question = v4 ? arp_probe(*mac, address) : neighbour_probe(*mac, address);
	for (int probe = 0; probe < probes; probe++) {
		if (auto done = send_frame(fd->get(), interface, question); !done)
			return done.error();
		auto end = std::chrono::steady_clock::now() + interval;
		for (;;) {
			auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
				end - std::chrono::steady_clock::now());
			pollfd wait = {fd->get(), POLLIN, 0};
			if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0)
				break;
			std::array<std::uint8_t, 128> frame;
			ssize_t got = ::recv(fd->get(), frame.data(), frame.size(), MSG_DONTWAIT);
			if (got > 0 && claims_address({frame.data(), static_cast<std::size_t>(got)}, *mac, address))
				return true;
		}
	}
	return false;
}

} // namespace knell::actions
