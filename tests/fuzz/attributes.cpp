// SPDX-License-Identifier: GPL-2.0
// Mutations of netlink attributes, see attributes.hpp.
#include "attributes.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <linux/netlink.h>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t max_size);

namespace fuzz {

namespace {

constexpr std::size_t deepest = 4;
constexpr std::size_t longest = 4096;

bool read_level(const std::uint8_t *data, std::size_t size, std::size_t depth, std::vector<Attribute> &out)
{
	while (size) {
		nlattr header;

		if (size < sizeof(header))
			return false;
		std::memcpy(&header, data, sizeof(header));
		if (header.nla_len < NLA_HDRLEN || header.nla_len > size)
			return false;
		Attribute attribute{.type = header.nla_type, .data = {}, .nested = {}};
		const std::uint8_t *payload = data + NLA_HDRLEN;
		const std::size_t length = header.nla_len - std::size_t{NLA_HDRLEN};
		if (!(header.nla_type & NLA_F_NESTED) || depth == deepest ||
		    !read_level(payload, length, depth + 1, attribute.nested)) {
			attribute.nested.clear();
			attribute.data.assign(payload, payload + length);
		}
		out.push_back(std::move(attribute));
		const std::size_t step = std::min<std::size_t>(NLA_ALIGN(header.nla_len), size);
		data += step;
		size -= step;
	}
	return true;
}

/// A place in the tree.
struct Place {
	std::vector<Attribute> *level;
	std::size_t index;

	Attribute &at() const { return (*level)[index]; }
	auto iterator() const { return level->begin() + static_cast<std::ptrdiff_t>(index); }
};

void collect(std::vector<Attribute> &level, std::vector<Place> &out)
{
	for (std::size_t i = 0; i < level.size(); i++) {
		out.push_back({&level, i});
		collect(level[i].nested, out);
	}
}

void resize(Octets &data, std::minstd_rand &random)
{
	constexpr std::array<std::size_t, 16> sizes = {0, 1, 2, 3, 4, 5, 8, 16, 17, 31, 32, 33, 64, 224, 256, 3072};
	const std::size_t now = data.size();

	switch (random() % 4) {
	case 0: return data.resize(now + 1, 'x');
	case 1: return data.resize(now ? now - 1 : 0);
	case 2: return data.resize(std::min(now * 2, longest), 'x');
	default: return data.resize(sizes[random() % sizes.size()], 'x');
	}
}

/// A number near a border, in whatever size the payload has.
void renumber(Octets &data, std::minstd_rand &random)
{
	constexpr std::array<std::uint64_t, 16> numbers = {0, 1, 2, 3, 4, 8, 16, 199, 200, 255, 1023, 1024, 0xffff,
							   600000, 3600000, ~std::uint64_t{0}};
	const std::uint64_t number = numbers[random() % numbers.size()] + random() % 3 - 1;

	if (!data.empty())
		std::memcpy(data.data(), &number, std::min(data.size(), sizeof(number)));
}

void change_payload(Octets &data, std::minstd_rand &random)
{
	const std::size_t now = data.size();

	data.resize(longest);
	data.resize(LLVMFuzzerMutate(data.data(), std::min(now, longest), std::min(now + 1 + random() % 32, longest)));
}

} // namespace

bool read(const std::uint8_t *data, std::size_t size, std::vector<Attribute> &out)
{
	return read_level(data, size, 0, out);
}

void write(const std::vector<Attribute> &attributes, Octets &out)
{
	for (const Attribute &attribute : attributes) {
		const std::size_t start = out.size();

		out.resize(start + NLA_HDRLEN);
		out.insert(out.end(), attribute.data.begin(), attribute.data.end());
		write(attribute.nested, out);
		const nlattr header{.nla_len = static_cast<std::uint16_t>(out.size() - start), .nla_type = attribute.type};
		std::memcpy(out.data() + start, &header, sizeof(header));
		out.resize(start + NLA_ALIGN(out.size() - start));
	}
}

void mutate(std::vector<Attribute> &tree, std::minstd_rand &random)
{
	std::vector<Place> places;

	collect(tree, places);
	if (places.empty()) {
		tree.push_back({.type = static_cast<std::uint16_t>(random() % 24), .data = Octets(4), .nested = {}});
		return;
	}
	const Place place = places[random() % places.size()];
	const Place other = places[random() % places.size()];
	switch (random() % 8) {
	case 0:
		place.level->erase(place.iterator());
		return;
	case 1: {
		const Attribute copy = place.at();
		place.level->insert(place.iterator(), 1 + random() % 20, copy);
		return;
	}
	case 2: {
		const Attribute copy = other.at();
		place.level->insert(place.iterator(), copy);
		return;
	}
	case 3:
		if (random() % 4)
			place.at().type = static_cast<std::uint16_t>(random() % 24 | (place.at().type & NLA_F_NESTED));
		else
			place.at().type ^= NLA_F_NESTED;
		return;
	case 4:
		return resize(place.at().data, random);
	case 5:
	case 6:
		return renumber(place.at().data, random);
	default:
		return change_payload(place.at().data, random);
	}
}

} // namespace fuzz
