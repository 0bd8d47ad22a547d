// SPDX-License-Identifier: GPL-2.0
// One request and its answer on a generic netlink socket, with the kernel's own words
// in an error.
#pragma once

#include "netlink/codec.hpp"
#include "util/result.hpp"

#include <functional>
#include <netlink/socket.h>

namespace knell::netlink {

using Socket = Handle<nl_sock, nl_socket_free>;

/// A socket and the number the kernel gave to the family.
struct Connected {
	Socket socket;
	int family = 0;
	int events_group = 0;
};

/// Open a socket and find the family; an error if the module is not loaded.
Result<Connected> open_family();

/// A request message for `command`, with room for `size` octets.
Msg make_request(int family, std::uint8_t command, int flags, std::size_t size);

/// Send `msg` and read all of the answer. `doing` completes "cannot ...". An answer
/// that was interrupted by a change has error code EINTR.
Status transact(nl_sock *socket, nl_msg *msg, const char *doing,
		const std::function<void(const Content &)> &each);

} // namespace knell::netlink
