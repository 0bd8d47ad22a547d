// SPDX-License-Identifier: GPL-2.0
// Owner and mode of a file and of its folder.
#include "config/trust.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

namespace knell::config {
namespace {

constexpr mode_t written_by_others = S_IWGRP | S_IWOTH;

Status look_at(const std::string &path, const std::string &what)
{
	struct stat st {};

	if (stat(path.c_str(), &st) != 0)
		return Error{what, path + ": " + std::strerror(errno), "check the path and run as root", errno};
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return Error{what, path + " belongs to somebody else", "chown root " + path};
	if ((st.st_mode & written_by_others) && !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX)))
		return Error{what, "others may write " + path, "chmod go-w " + path};
	return {};
}

} // namespace

Status trusted(const std::string &path)
{
	const std::string what = "cannot trust " + path;
	std::error_code error;
	const auto real = std::filesystem::canonical(path, error);

	if (error)
		return Error{what, error.message(), "check the path and run as root", error.value()};
	// Who can replace a link can replace the file.
	for (const auto &each : {real, real.parent_path(), std::filesystem::absolute(path).parent_path()})
		if (auto good = look_at(each.string(), what); !good)
			return good;
	return {};
}

} // namespace knell::config
