// SPDX-License-Identifier: GPL-2.0
// Atomic replacement of small files.
#include "mib/files.hpp"

#include "util/handle.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace knell::mib {

namespace {

/// Write `temporary` and put it in the place of `path`.
Status replace_file(const std::string &path, const std::string &temporary, std::string_view content)
{
	const std::string what = "cannot write " + path;
	UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));

	if (!fd)
		return Error::from_errno(what, errno);
	while (!content.empty()) {
		ssize_t put = ::write(fd.get(), content.data(), content.size());
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return Error::from_errno(what, errno, "is the file system full?");
		content.remove_prefix(static_cast<std::size_t>(put));
	}
	if (::fsync(fd.get()) < 0)
		return Error::from_errno(what, errno);
	if (::rename(temporary.c_str(), path.c_str()) < 0)
		return Error::from_errno(what, errno);
	auto parent = std::filesystem::path(path).parent_path().string();
	UniqueFd directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (!directory || ::fsync(directory.get()) < 0)
		return Error::from_errno(what, errno);
	return {};
}

} // namespace

Status write_file(const std::string &path, std::string_view content)
{
	const std::string temporary = path + ".new";
	auto done = replace_file(path, temporary, content);

	// On a full file system its octets are needed.
	if (!done)
		(void)::unlink(temporary.c_str());
	return done;
}

Result<std::string> read_file(const std::string &path)
{
	UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
	std::string content;
	char buffer[65536];
	ssize_t got;

	if (!fd)
		return Error::from_errno("cannot read " + path, errno);
	while ((got = ::read(fd.get(), buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return Error::from_errno("cannot read " + path, errno);
		content.append(buffer, static_cast<std::size_t>(got));
	}
	return content;
}

Result<std::string> boot_id()
{
	auto content = read_file("/proc/sys/kernel/random/boot_id");

	if (content)
		while (!content->empty() && content->back() == '\n')
			content->pop_back();
	return content;
}

} // namespace knell::mib
