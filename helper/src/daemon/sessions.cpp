// SPDX-License-Identifier: GPL-2.0
// The socket on which the kernel talks to iscsid.
#include "daemon/sessions.hpp"

#include <array>
#include <cerrno>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace knell::daemon {

namespace {

constexpr std::uint32_t group_iscsid = 1;	// ISCSI_NL_GRP_ISCSID of the kernel's scsi/iscsi_if.h

} // namespace

Result<Sessions> Sessions::open()
{
	const std::string what = "cannot listen for events of iSCSI sessions";
	UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ISCSI));
	sockaddr_nl address{};

	if (!fd)
		return Error::from_errno(what, errno);
	address.nl_family = AF_NETLINK;
	address.nl_groups = group_iscsid;
	if (::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) < 0)
		return Error::from_errno(what, errno);
	return Sessions(std::move(fd));
}

bool Sessions::read()
{
	std::array<char, 64> begin; // the rest of each message is cut off
	bool came = false;

	for (;;) {
		if (::recv(fd_.get(), begin.data(), begin.size(), 0) >= 0) {
			came = true;
			continue;
		}
		// ENOBUFS: more came than there was room for.
		if (errno == ENOBUFS)
			came = true;
		else if (errno != EINTR)
			return came;
	}
}

} // namespace knell::daemon
