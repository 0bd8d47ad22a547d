// SPDX-License-Identifier: GPL-2.0
// Add and remove an address by rtnetlink (libnl-route).
#include "actions/address.hpp"

#include "actions/announce.hpp"
#include "util/handle.hpp"
#include "util/log.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>

namespace knell::actions {

namespace {

constexpr int announcements = 5;		// neighbours may miss the first ones
constexpr milliseconds announce_interval{200};
constexpr int probes = 2;			// duplicate detection, RFC 5227 and RFC 4862 in short
constexpr milliseconds probe_interval{100};
constexpr int inspection_probes = 5;		// the first answer ends it
constexpr milliseconds inspection_interval{200};
constexpr milliseconds former_owner_leaves{3000};	// planned switch: the other side removes it first

using Socket = Handle<nl_sock, nl_socket_free>;
using Cache = Handle<nl_cache, nl_cache_free>;
using RtAddress = Handle<rtnl_addr, rtnl_addr_put>;
using NlAddress = Handle<nl_addr, nl_addr_put>;

Result<Socket> open_route()
{
	Socket socket(nl_socket_alloc());

	if (!socket)
		return Error{"cannot open a route socket", "out of memory", "", ENOMEM};
	if (int failed = nl_connect(socket.get(), NETLINK_ROUTE); failed < 0)
		return Error{"cannot open a route socket", nl_geterror(failed), ""};
	return socket;
}

Result<RtAddress> make(const model::FloatingAddress &address)
{
	auto octets = parse_address(address.address);
	if (!octets)
		return octets.error();
	unsigned index = if_nametoindex(address.interface.c_str());
	if (!index)
		return Error::from_errno("cannot use the interface " + address.interface, errno,
					 "it must exist on every candidate of the application");
	bool v4 = octets->size() == 4;
	RtAddress rt(rtnl_addr_alloc());
	NlAddress local(nl_addr_build(v4 ? AF_INET : AF_INET6, octets->data(), octets->size()));
	if (!rt || !local)
		return Error{"cannot build the address", "out of memory", "", ENOMEM};
	nl_addr_set_prefixlen(local.get(), static_cast<int>(address.prefix));
	rtnl_addr_set_ifindex(rt.get(), static_cast<int>(index));
	rtnl_addr_set_local(rt.get(), local.get());
	// The kernel's own detection would keep the address tentative, of no use to clients, for a
	// second; run() has asked where asking makes sense.
	if (!v4)
		rtnl_addr_set_flags(rt.get(), IFA_F_NODAD);
	return rt;
}

Result<bool> present(nl_sock *socket, const model::FloatingAddress &address)
{
	auto rt = make(address);
	if (!rt)
		return rt.error();
	nl_cache *raw = nullptr;
	if (int failed = rtnl_addr_alloc_cache(socket, &raw); failed < 0)
		return Error{"cannot list the addresses", nl_geterror(failed), ""};
	Cache cache(raw);
	RtAddress found(rtnl_addr_get(cache.get(), rtnl_addr_get_ifindex(rt->get()),
				      rtnl_addr_get_local(rt->get())));
	return found != nullptr;
}

} // namespace

std::string Address::subject() const
{
	return fmt::format("{}/{}", address_.address, address_.prefix);
}

std::string Address::dry_run() const
{
	return fmt::format("add {} to {}, tell the neighbours", subject(), address_.interface);
}

Status Address::test() const
{
	if (auto octets = parse_address(address_.address); !octets)
		return octets.error();
	auto mac = hardware_address(address_.interface);
	if (!mac && mac.error().code != EAFNOSUPPORT)
		return mac.error();
	return {};
}

Result<std::string> Address::inspect(const Situation &situation) const
{
	if (auto done = test(); !done)
		return done.error();
	if (!situation.served)
		return "on " + address_.interface;
	auto octets = parse_address(address_.address);
	if (!octets)
		return octets.error();
	// What it was before and after: in between somebody may have come or gone.
	const Served before = situation.served();
	auto used = taken(address_.interface, *octets, inspection_probes, inspection_interval);
	const Served after = situation.served();
	if (!used && used.error().code == EAFNOSUPPORT)
		return address_.interface + " has no neighbours to be asked";
	if (!used)
		return used.error();
	return judge_answer(before == after ? before : Served::changing, *used);
}

Result<std::string> Address::judge_answer(Served served, bool answered) const
{
	switch (served) {
	case Served::nobody:
		if (answered)
			return in_use();
		return "nobody answers for it on " + address_.interface;
	case Served::here:
		if (answered)
			return in_use();
		return std::string("served here, nobody else answers for it");
	case Served::elsewhere:
		if (!answered)
			return Error{"cannot reach the address " + subject(),
				     "its node serves it, and nobody answers for it on " + address_.interface,
				     "is " + address_.interface + " in the network of the other candidates?"};
		return "its node answers for it on " + address_.interface;
	default:
		return std::string("its application is changing its node");
	}
}

Status Address::run(const Control &control)
{
	auto socket = open_route();
	if (!socket)
		return socket.error();
	auto octets = parse_address(address_.address);
	if (!octets)
		return octets.error();
	auto there = present(socket->get(), address_);
	if (!there)
		return there.error();
	if (!*there && control.planned) {
		const auto patience = Clock::now() + former_owner_leaves;
		for (;;) {
			auto used = taken(address_.interface, *octets, probes, probe_interval);
			if (!used && used.error().code == EAFNOSUPPORT)
				break;
			if (!used)
				return used.error();
			if (!*used)
				break;
			if (Clock::now() > patience || control.over())
				return in_use();
		}
	}
	auto rt = make(address_);
	if (!rt)
		return rt.error();
	int failed = *there ? 0 : rtnl_addr_add(socket->get(), rt->get(), 0);
	if (failed < 0 && failed != -NLE_EXIST)
		return Error{fmt::format("cannot add {} to {}", subject(), address_.interface),
			     nl_geterror(failed), "is the interface up?"};
	if (auto done = announce(address_.interface, *octets); !done && done.error().code != EAFNOSUPPORT)
		return done;
	keep_announcing();
	return {};
}

Error Address::in_use() const
{
	const bool v4 = address_.address.find(':') == std::string::npos;
	const std::string find = v4 ? "arping -I " + address_.interface + " " + address_.address
				    : "ping -I " + address_.interface + " " + address_.address +
					      "; ip neigh show dev " + address_.interface;

	return {"cannot take the address " + subject(), "another host answers for it on " + address_.interface,
		"find it: " + find, EADDRINUSE};
}

void Address::keep_announcing()
{
	auto octets = parse_address(address_.address);

	if (!octets)
		return;
	announcer_ = std::jthread([interface = address_.interface, octets = *octets](std::stop_token stop) {
		Control control{Clock::now() + announcements * announce_interval, std::move(stop), false};
		while (control.pause(announce_interval))
			if (auto done = announce(interface, octets); !done) {
				log::debug("{}", done.error().text());
				return;
			}
	});
}

Status Address::undo(Release, const Control &)
{
	announcer_ = {};
	// No interface, no address on it.
	if (!if_nametoindex(address_.interface.c_str()))
		return {};
	auto socket = open_route();
	if (!socket)
		return socket.error();
	auto rt = make(address_);
	if (!rt)
		return rt.error();
	int failed = rtnl_addr_delete(socket->get(), rt->get(), 0);
	if (failed < 0 && failed != -NLE_NOADDR && failed != -NLE_OBJ_NOTFOUND)
		return Error{fmt::format("cannot remove {} from {}", subject(), address_.interface),
			     nl_geterror(failed), ""};
	return {};
}

Status Address::verify()
{
	auto socket = open_route();
	if (!socket)
		return socket.error();
	auto there = present(socket->get(), address_);
	if (!there)
		return there.error();
	if (!*there)
		return Error{subject() + " is not on " + address_.interface, "", ""};
	return {};
}

} // namespace knell::actions
