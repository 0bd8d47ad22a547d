// SPDX-License-Identifier: GPL-2.0
// Looked up in the kernel and on the machine.
#include "daemon/neighbours.hpp"

#include "daemon/identity.hpp"
#include "talk/host.hpp"
#include "util/version.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>

namespace knell::daemon {

namespace {

/// What the kernel finds wrong with this host, for people.
std::vector<std::string> own_problems()
{
	auto kernel = netlink::Client::connect();

	if (!kernel)
		return {kernel.error().text()};
	auto nodes = kernel->nodes();
	if (!nodes)
		return {nodes.error().text()};
	auto links = kernel->links();
	if (!links)
		return {links.error().text()};
	auto checks = kernel->checks();
	if (!checks)
		return {checks.error().text()};
	return talk::host_problems(*nodes, *links, *checks);
}

} // namespace

void look_up(talk::Facts &facts)
{
	utsname system{};

	if (::uname(&system) == 0) {
		facts.host = system.nodename;
		facts.kernel = system.release;
	}
	facts.initiator = own_initiator();
	facts.version = version;
	facts.clock_ns = static_cast<std::uint64_t>(
		std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
	facts.problems = own_problems();
}

Result<std::string> neighbours(netlink::Client &kernel)
{
	auto links = kernel.links();
	nlohmann::json names = nlohmann::json::array();

	if (!links)
		return links.error();
	for (const auto &link : *links)
		if (link.state == KNELL_LINK_STRANGER)
			names.push_back(link.name);
	return names.dump();
}

Status pass_to(netlink::Client &kernel, const talk::Passed &passed)
{
	auto links = kernel.links();

	if (!links)
		return links.error();
	for (const auto &link : *links)
		if (link.state == KNELL_LINK_STRANGER && link.name == passed.name)
			return kernel.message({0, passed.octets, link.id, {}});
	return Error{"no machine without a cluster hangs on a link called " + passed.name, "", "", EHOSTUNREACH};
}

std::vector<std::string> own_addresses()
{
	std::vector<std::string> found;
	ifaddrs *list = nullptr;

	if (::getifaddrs(&list))
		return found;
	for (const ifaddrs *entry = list; entry; entry = entry->ifa_next) {
		char text[INET6_ADDRSTRLEN];
		const void *octets = nullptr;

		if (!entry->ifa_addr || (entry->ifa_flags & IFF_LOOPBACK))
			continue;
		const int family = entry->ifa_addr->sa_family;
		if (family == AF_INET)
			octets = &reinterpret_cast<const sockaddr_in *>(entry->ifa_addr)->sin_addr;
		else if (family == AF_INET6 &&
			 !IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6 *>(entry->ifa_addr)->sin6_addr))
			octets = &reinterpret_cast<const sockaddr_in6 *>(entry->ifa_addr)->sin6_addr;
		if (octets && ::inet_ntop(family, octets, text, sizeof(text)))
			found.emplace_back(text);
	}
	::freeifaddrs(list);
	return found;
}

} // namespace knell::daemon
