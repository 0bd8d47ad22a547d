// SPDX-License-Identifier: GPL-2.0
// The kernel's events as they happen. Subscribe, dump, then follow; when events were
// lost (the reader was too slow) dump again.
//
// Context and locking: one thread at a time.
#pragma once

#include "netlink/records.hpp"
#include "util/handle.hpp"
#include "util/result.hpp"

#include <netlink/socket.h>
#include <vector>

namespace knell::netlink {

class Subscription {
public:
	/// What one read gave.
	struct Batch {
		std::vector<Event> events;
		bool lost = false;	///< events are missing: dump everything again
	};

	/// Join the multicast group; non-blocking.
	static Result<Subscription> open();

	/// For poll(): readable when events wait.
	int fd() const;

	/// Everything that waits; empty if nothing does. An error means the socket is of no
	/// more use: open a new one.
	Result<Batch> read();

private:
	using Socket = Handle<nl_sock, nl_socket_free>;

	Subscription(Socket socket, int family) : socket_(std::move(socket)), family_(family) {}

	Socket socket_;
	int family_;
};

} // namespace knell::netlink
