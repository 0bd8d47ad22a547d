// SPDX-License-Identifier: GPL-2.0
// The multicast group "events" as a non-blocking stream.
#include "netlink/subscription.hpp"

#include "netlink/transport.hpp"

#include <cerrno>
#include <netlink/netlink.h>
#include <sys/socket.h>

namespace knell::netlink {

Result<Subscription> Subscription::open()
{
	auto connected = open_family();

	if (!connected)
		return connected.error();
	nl_sock *socket = connected->socket.get();
	if (connected->events_group < 0)
		return Error{"cannot subscribe to the kernel's events", "the group is not there",
			     "is another version of the module loaded?", ENOENT};
	// Notifications carry no sequence of ours.
	nl_socket_disable_seq_check(socket);
	if (int failed = nl_socket_add_membership(socket, connected->events_group); failed < 0)
		return Error{"cannot subscribe to the kernel's events", nl_geterror(failed),
			     "CAP_NET_ADMIN is needed: run as root", EPERM};
	nl_socket_set_nonblocking(socket);
	return Subscription(std::move(connected->socket), connected->family);
}

int Subscription::fd() const
{
	return nl_socket_get_fd(socket_.get());
}

Result<Subscription::Batch> Subscription::read()
{
	Batch batch;
	alignas(nlmsghdr) static thread_local char buffer[65536];

	for (;;) {
		ssize_t got = ::recv(fd(), buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return batch;
		if (got < 0 && errno == ENOBUFS) {
			batch.lost = true;
			continue;
		}
		if (got <= 0)
			return Error::from_errno("cannot read the kernel's events", got ? errno : EPIPE);
		if (got > static_cast<ssize_t>(sizeof(buffer))) {
			batch.lost = true;
			continue;
		}
		int left = static_cast<int>(got);
		auto *header = reinterpret_cast<nlmsghdr *>(buffer);
		for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) {
			if (header->nlmsg_type != family_)
				continue;
			if (auto content = parse(header))
				batch.events.push_back(std::move(content->event));
			else
				batch.lost = true;
		}
	}
}

} // namespace knell::netlink
