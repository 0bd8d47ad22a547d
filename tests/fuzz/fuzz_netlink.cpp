// SPDX-License-Identifier: GPL-2.0
// libFuzzer: a netlink message of any content is read within its bounds or refused.
#include <cstdint>
#include <cstring>
#include <linux/genetlink.h>
#include <vector>

#include "netlink/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	// The kernel gives a whole message with a right length; the rest may be anything.
	std::vector<std::uint8_t> message(sizeof(nlmsghdr) + size);
	nlmsghdr header{};

	header.nlmsg_len = static_cast<std::uint32_t>(message.size());
	header.nlmsg_type = 0x20;
	std::memcpy(message.data(), &header, sizeof(header));
	if (size)
		std::memcpy(message.data() + sizeof(header), data, size);
	const auto content = knell::netlink::parse(reinterpret_cast<nlmsghdr *>(message.data()));
	if (content && size < sizeof(genlmsghdr))
		__builtin_trap();
	return 0;
}
