// SPDX-License-Identifier: GPL-2.0
// libFuzzer: the kernel's side of netlink, its policies and commands, compiled in user space. Whatever
// requests come, each error is explained, the cluster that is installed is whole, and the helper
// understands every answer.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <linux/genetlink.h>
#include <linux/knell.h>
#include <openssl/sha.h>
#include <vector>

#include "attributes.hpp"
#include "kernel/request.h"
#include "netlink/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t max_size,
					       unsigned seed);
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t max_size);

namespace {

void must(bool holds)
{
	if (!holds)
		std::abort();
}

void read_reply(std::uint8_t *reply, std::size_t size)
{
	while (size) {
		nlmsghdr header;

		must(size >= sizeof(header));
		std::memcpy(&header, reply, sizeof(header));
		must(header.nlmsg_len >= NLMSG_HDRLEN + GENL_HDRLEN && header.nlmsg_len <= size);
		must(knell::netlink::parse(reinterpret_cast<nlmsghdr *>(reply)).has_value());
		reply += header.nlmsg_len;
		size -= header.nlmsg_len;
	}
}

/// One request; the sanitizer sees a step over its end because it has a copy of its own.
void request(fuzz::Octets message)
{
	const auto length = static_cast<std::uint32_t>(message.size());
	answer got{};

	message.shrink_to_fit();
	std::memcpy(message.data(), &length, sizeof(length));
	family_request(message.data(), message.size(), &got);
	must(got.error <= 0);
	must(got.error == 0 || got.explained);
	read_reply(got.reply, got.reply_len);
	std::free(got.reply);
	family_check();
}

/// Netlink messages one after the other; a length that does not fit ends at the input's end.
std::vector<fuzz::Octets> split(const std::uint8_t *data, std::size_t size)
{
	std::vector<fuzz::Octets> messages;

	while (size >= NLMSG_HDRLEN + GENL_HDRLEN) {
		nlmsghdr header;

		std::memcpy(&header, data, sizeof(header));
		if (header.nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN || header.nlmsg_len > size) {
			messages.emplace_back(data, data + size);
			break;
		}
		messages.emplace_back(data, data + header.nlmsg_len);
		const std::size_t step = std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), size);
		data += step;
		size -= step;
	}
	return messages;
}

fuzz::Attribute *find(std::vector<fuzz::Attribute> &attributes, int type)
{
	for (fuzz::Attribute &attribute : attributes)
		if ((attribute.type & NLA_TYPE_MASK) == type)
			return &attribute;
	return nullptr;
}

/// No mutation would ever find the hash of a document: make a chunk a whole one.
void complete_document(std::vector<fuzz::Attribute> &tree)
{
	fuzz::Attribute *document = find(tree, KNELL_A_MIB);
	if (!document)
		return;
	const fuzz::Attribute *chunk = find(document->nested, KNELL_A_MIB_CHUNK);
	fuzz::Attribute *hash = find(document->nested, KNELL_A_MIB_SHA256);
	fuzz::Attribute *total = find(document->nested, KNELL_A_MIB_TOTAL);
	if (!chunk || !hash || !total)
		return;
	const auto size = static_cast<std::uint32_t>(chunk->data.size());
	hash->data.resize(SHA256_DIGEST_LENGTH);
	SHA256(chunk->data.data(), chunk->data.size(), hash->data.data());
	total->data.resize(sizeof(size));
	std::memcpy(total->data.data(), &size, sizeof(size));
}

/// Change the attributes of one message; true if they could be read.
bool mutate(fuzz::Octets &message, std::minstd_rand &random)
{
	constexpr std::size_t before = NLMSG_HDRLEN + GENL_HDRLEN;
	std::vector<fuzz::Attribute> tree;

	if (message.size() < before || !fuzz::read(message.data() + before, message.size() - before, tree))
		return false;
	fuzz::mutate(tree, random);
	if (random() % 4 == 0)
		complete_document(tree);
	message.resize(before);
	fuzz::write(tree, message);
	return true;
}

/// All of them, with lengths that are right.
fuzz::Octets join(const std::vector<fuzz::Octets> &messages)
{
	fuzz::Octets out;

	for (const fuzz::Octets &message : messages) {
		const auto length = static_cast<std::uint32_t>(message.size());
		const std::size_t start = out.size();

		out.insert(out.end(), message.begin(), message.end());
		std::memcpy(out.data() + start, &length, sizeof(length));
		out.resize(NLMSG_ALIGN(out.size()));
	}
	return out;
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t max_size,
					       unsigned seed)
{
	std::minstd_rand random(seed);
	std::vector<fuzz::Octets> messages = split(data, size);
	const auto draw = [&](std::size_t below) { return static_cast<std::ptrdiff_t>(random() % below); };

	if (messages.empty() || random() % 4 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	const auto which = messages.begin() + draw(messages.size());
	switch (random() % 16) {
	case 0:
		messages.erase(which);
		break;
	case 1: {
		const fuzz::Octets copy = *which;
		messages.insert(messages.begin() + draw(messages.size()), copy);
		break;
	}
	case 2:
		// The command.
		(*which)[NLMSG_HDRLEN] = static_cast<std::uint8_t>(random() % (KNELL_CMD_MAX + 2));
		break;
	default:
		if (!mutate(*which, random))
			return LLVMFuzzerMutate(data, size, max_size);
		break;
	}
	const fuzz::Octets out = join(messages);
	if (out.empty() || out.size() > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	std::memcpy(data, out.data(), out.size());
	return out.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	[[maybe_unused]] static const bool started = (family_start(), true);

	for (const fuzz::Octets &message : split(data, size))
		request(message);
	family_reset();
	return 0;
}
