// SPDX-License-Identifier: GPL-2.0
// Headers of 512 octets, contents filled up to as many, two empty blocks at the end.
#include "util/tar.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace knell {

namespace {

constexpr std::size_t block = 512;
constexpr std::size_t name_max = 99;
constexpr std::uint64_t size_max = 077777777777;	// what eleven octal digits hold

// Places and sizes of the fields, as POSIX has them.
struct Field {
	std::size_t at, size;
};
constexpr Field mode{100, 8}, uid{108, 8}, gid{116, 8}, length{124, 12}, mtime{136, 12}, checksum{148, 8}, type{156, 1},
	magic{257, 8}, user{265, 32}, group{297, 32};

void put(std::string &header, Field field, std::string_view text)
{
	std::ranges::copy(text.substr(0, field.size), header.begin() + static_cast<std::ptrdiff_t>(field.at));
}

void put(std::string &header, Field field, std::uint64_t number)
{
	put(header, field, fmt::format("{:0{}o}", number, field.size - 1));
}

} // namespace

bool Tar::add(std::string_view name, std::string_view content)
{
	std::string header(block, '\0');

	if (name.empty() || name.size() > name_max || content.size() > size_max)
		return false;
	std::ranges::copy(name, header.begin());
	put(header, mode, 0600);
	put(header, uid, 0);
	put(header, gid, 0);
	put(header, length, content.size());
	put(header, mtime, std::min(mtime_, size_max));
	put(header, type, "0");
	put(header, magic, std::string_view("ustar\00000", magic.size));
	put(header, user, "root");
	put(header, group, "root");
	// The sum is taken with spaces in its own place.
	put(header, checksum, "        ");
	const auto sum = std::accumulate(header.begin(), header.end(), 0U, [](unsigned total, char octet) {
		return total + static_cast<unsigned char>(octet);
	});
	put(header, checksum, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
	members_ += header;
	members_ += content;
	members_.resize((members_.size() + block - 1) / block * block, '\0');
	return true;
}

std::string Tar::octets() const
{
	return members_ + std::string(2 * block, '\0');
}

} // namespace knell
