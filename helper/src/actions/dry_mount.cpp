// SPDX-License-Identifier: GPL-2.0
// The configuration half of mounting.
#include "actions/dry_mount.hpp"

#include "util/handle.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libmount/libmount.h>
#include <memory>
#include <sys/mount.h>
#include <unistd.h>

namespace knell::actions {

namespace {

using Text = std::unique_ptr<char, decltype([](char *text) { std::free(text); })>;

/// What the file system itself is told; `noatime` and the like are the mount's.
Result<Text> of_file_system(const std::vector<std::string> &options)
{
	char *own = nullptr;

	if (mnt_split_optstr(fmt::format("{}", fmt::join(options, ",")).c_str(), nullptr, nullptr, &own, 0, 0) != 0)
		return Error{"cannot read the mount options", "", "check the cluster file"};
	return Text(own);
}

/// "e ext4: Unknown parameter 'x'" without its mark; what the kernel has to say of the last call.
std::string kernel_says(const UniqueFd &file_system)
{
	std::array<char, 256> line{};
	const auto got = ::read(file_system.get(), line.data(), line.size());

	return got > 2 ? std::string(line.data() + 2, static_cast<std::size_t>(got) - 2) : std::string();
}

} // namespace

Status dry_mount(const std::string &type, const std::vector<std::string> &options)
{
	UniqueFd file_system(::fsopen(type.c_str(), FSOPEN_CLOEXEC));

	if (file_system.get() < 0)
		return Error::from_errno("cannot mount " + type + " on this node", errno,
					 errno == ENODEV ? "its kernel has no such file system" : "");
	auto own = of_file_system(options);
	if (!own)
		return own.error();
	char *rest = own->get(), *name = nullptr, *value = nullptr;
	std::size_t name_size = 0, value_size = 0;
	while (rest && mnt_optstr_next_option(&rest, &name, &name_size, &value, &value_size) == 0) {
		const std::string key(name, name_size), setting(value ? value : "", value ? value_size : 0);
		const int done = value ? ::fsconfig(file_system.get(), FSCONFIG_SET_STRING, key.c_str(), setting.c_str(), 0) :
					 ::fsconfig(file_system.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0);
		if (done < 0) {
			const int error = errno;
			auto why = kernel_says(file_system);
			return Error{fmt::format("cannot mount {} with option {}{}{}", type, key, value ? "=" : "", setting),
				     why.empty() ? Error::from_errno("", error).why : why, "check the cluster file", error};
		}
	}
	return {};
}

} // namespace knell::actions
