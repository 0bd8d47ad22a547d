// SPDX-License-Identifier: GPL-2.0
// libFuzzer: a netlink message of any content is read within its bounds or refused.
#include <cstdint>
#include <cstring>
#include <linux/genetlink.h>
#include <vector>

#include "attributes.hpp"
#include "netlink/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t max_size,
					       unsigned seed);
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t max_size,
					       unsigned seed)
{
	std::minstd_rand random(seed);
	std::vector<fuzz::Attribute> tree;

	if (random() % 4 == 0 || size < GENL_HDRLEN || !fuzz::read(data + GENL_HDRLEN, size - GENL_HDRLEN, tree))
		return LLVMFuzzerMutate(data, size, max_size);
	fuzz::mutate(tree, random);
	fuzz::Octets out(data, data + GENL_HDRLEN);
	fuzz::write(tree, out);
	if (out.size() > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	std::memcpy(data, out.data(), out.size());
	return out.size();
}

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
