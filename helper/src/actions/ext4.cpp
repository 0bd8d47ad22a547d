// SPDX-License-Identifier: GPL-2.0
// The ext4 superblock, as Documentation/filesystems/ext4/globals.rst of the kernel has it.
#include "actions/ext4.hpp"

#include "util/handle.hpp"

#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace knell::actions {

namespace {

constexpr std::size_t superblock_offset = 1024;
constexpr std::size_t at_mount_count = 0x34, at_max_mounts = 0x36, at_magic = 0x38, at_state = 0x3a,
		      at_last_check = 0x40, at_interval = 0x44, at_error_count = 0x194;
constexpr std::uint32_t magic = 0xef53, state_errors = 0x0002;

std::uint32_t little(std::span<const std::uint8_t> data, std::size_t at, int size)
{
	std::uint32_t value = 0;

	for (int i = size - 1; i >= 0; i--)
		value = value << 8 | data[at + static_cast<std::size_t>(i)];
	return value;
}

} // namespace

bool ext4_wants_check(std::span<const std::uint8_t> superblock, std::time_t now)
{
	if (superblock.size() < ext4_superblock_size || little(superblock, at_magic, 2) != magic)
		return true;
	auto mounts = static_cast<std::int16_t>(little(superblock, at_mount_count, 2));
	auto max_mounts = static_cast<std::int16_t>(little(superblock, at_max_mounts, 2));
	auto last = static_cast<std::time_t>(little(superblock, at_last_check, 4));
	auto interval = static_cast<std::time_t>(little(superblock, at_interval, 4));

	return (little(superblock, at_state, 2) & state_errors) || little(superblock, at_error_count, 4) ||
	       (max_mounts > 0 && mounts >= max_mounts) || (interval && now >= last + interval);
}

Result<bool> ext4_wants_check(const std::string &device)
{
	UniqueFd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
	std::array<std::uint8_t, ext4_superblock_size> superblock{};

	if (!fd)
		return Error::from_errno("cannot open " + device, errno);
	if (::pread(fd.get(), superblock.data(), superblock.size(), superblock_offset) !=
	    static_cast<ssize_t>(superblock.size()))
		return Error::from_errno("cannot read the superblock of " + device, errno);
	return ext4_wants_check(superblock, std::time(nullptr));
}

bool ext4_has_errors(const std::string &device)
{
	std::ifstream file("/sys/fs/ext4/" + device.substr(device.rfind('/') + 1) + "/errors_count");
	unsigned long count = 0;

	return (file >> count) && count > 0;
}

} // namespace knell::actions
