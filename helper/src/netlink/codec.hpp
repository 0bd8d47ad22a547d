// SPDX-License-Identifier: GPL-2.0
// Netlink attributes from and to records. Pure: no socket.
#pragma once

#include "netlink/records.hpp"
#include "util/handle.hpp"

#include <netlink/msg.h>

namespace knell::netlink {

using Msg = Handle<nl_msg, nlmsg_free>;

// Writers append one nest each; false = the message has no room left.
bool put(nl_msg *msg, const ClusterConfig &config);
bool put(nl_msg *msg, const AppRecord &record);
bool put(nl_msg *msg, const Order &order);
bool put(nl_msg *msg, const Probe &probe);
bool put(nl_msg *msg, const Message &message);
bool put_strangers(nl_msg *msg, bool welcome);

/// Room a CLUSTER_SET message of this cluster needs, in octets.
std::size_t size_of(const ClusterConfig &config);

/// Everything the kernel may put into one message: the reply of a get and an event alike.
struct Content {
	Event event;
	std::vector<Counter> counters;
	std::uint32_t mib_generation = 0;
	std::uint32_t mib_total = 0;
	std::uint32_t mib_offset = 0;
	std::string mib_chunk;
	std::array<std::uint8_t, 32> mib_sha256{};
};

/// Read a generic netlink message of the family; std::nullopt = malformed.
/// Attributes this version does not know are skipped.
std::optional<Content> parse(nlmsghdr *header);

} // namespace knell::netlink
