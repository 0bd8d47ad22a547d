// SPDX-License-Identifier: GPL-2.0
// configfs by system calls.
#include "actions/configfs.hpp"

#include "util/handle.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace knell::actions {

namespace fs = std::filesystem;

bool Configfs::exists(const std::string &path) const
{
	struct stat status;

	return ::lstat(at(path).c_str(), &status) == 0;
}

Status Configfs::make(const std::string &directory)
{
	for (auto slash = directory.find('/');; slash = directory.find('/', slash + 1)) {
		const auto part = at(directory.substr(0, slash));
		if (::mkdir(part.c_str(), 0755) < 0 && errno != EEXIST)
			return Error::from_errno("cannot make " + part, errno);
		if (slash == std::string::npos)
			return {};
	}
}

Status Configfs::remove(const std::string &directory)
{
	if (::rmdir(at(directory).c_str()) < 0 && errno != ENOENT)
		return Error::from_errno("cannot remove " + at(directory), errno);
	return {};
}

Status Configfs::link(const std::string &target, const std::string &path)
{
	if (::symlink(at(target).c_str(), at(path).c_str()) < 0 && errno != EEXIST)
		return Error::from_errno("cannot link " + at(path), errno);
	return {};
}

Status Configfs::unlink(const std::string &path)
{
	if (::unlink(at(path).c_str()) < 0 && errno != ENOENT)
		return Error::from_errno("cannot unlink " + at(path), errno);
	return {};
}

Status Configfs::write(const std::string &attribute, const std::string &text)
{
	UniqueFd fd(::open(at(attribute).c_str(), O_WRONLY | O_CLOEXEC));

	if (!fd)
		return Error::from_errno("cannot open " + at(attribute), errno);
	// One attribute takes one write.
	if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
		return Error::from_errno("cannot write '" + text + "' to " + at(attribute), errno);
	return {};
}

Result<std::string> Configfs::read(const std::string &attribute) const
{
	UniqueFd fd(::open(at(attribute).c_str(), O_RDONLY | O_CLOEXEC));
	std::string text(4096, '\0');

	if (!fd)
		return Error::from_errno("cannot open " + at(attribute), errno);
	const auto got = ::read(fd.get(), text.data(), text.size());
	if (got < 0)
		return Error::from_errno("cannot read " + at(attribute), errno);
	text.resize(static_cast<std::size_t>(got));
	while (!text.empty() && text.back() == '\n')
		text.pop_back();
	return text;
}

std::vector<std::string> Configfs::list(const std::string &directory) const
{
	std::vector<std::string> names;
	std::error_code error;

	for (fs::directory_iterator entry(at(directory), error), end; !error && entry != end; entry.increment(error))
		if (entry->is_symlink() || entry->is_directory())
			names.push_back(entry->path().filename());
	std::sort(names.begin(), names.end());
	return names;
}

} // namespace knell::actions
