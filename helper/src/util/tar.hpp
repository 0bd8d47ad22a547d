// SPDX-License-Identifier: GPL-2.0
// An archive of small files in the ustar format of POSIX, made in memory. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace knell {

class Tar {
public:
	/// `mtime`: seconds since 1970, of every member.
	explicit Tar(std::uint64_t mtime) : mtime_(mtime) {}

	/// A file that only its owner may read. False, and nothing is added, if the name is empty or
	/// longer than 99 octets, or the content is of 8 GiB or more.
	[[nodiscard]] bool add(std::string_view name, std::string_view content);

	/// The archive so far, with its end.
	[[nodiscard]] std::string octets() const;

private:
	std::uint64_t mtime_;
	std::string members_;
};

} // namespace knell
