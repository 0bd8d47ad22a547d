// SPDX-License-Identifier: GPL-2.0
// Who keeps a file system busy, by the links in /proc; stat(2) is not used because it may
// hang on a file system whose device is gone.
#include "actions/holders.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace knell::actions {

namespace fs = std::filesystem;

namespace {

bool below(const std::string &path, const std::string &mount)
{
	return path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/');
}

bool link_below(const fs::path &link, const std::string &mount)
{
	std::error_code error;
	auto target = fs::read_symlink(link, error);

	return !error && below(target.string(), mount);
}

bool any_open(const fs::path &process, const std::string &mount)
{
	std::error_code error;

	for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end;
	     entry.increment(error))
		if (link_below(entry->path(), mount))
			return true;
	return false;
}

bool any_mapped(const fs::path &process, const std::string &mount)
{
	std::ifstream maps(process / "maps");
	std::string line;

	while (std::getline(maps, line))
		if (auto path = line.find('/'); path != std::string::npos && below(line.substr(path), mount))
			return true;
	return false;
}

} // namespace

std::vector<Holder> holders_of(const std::string &mount)
{
	std::vector<Holder> holders;
	std::error_code error;

	for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
	     entry.increment(error)) {
		std::string name = entry->path().filename();
		pid_t pid = 0;
		auto [rest, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
		if (bad != std::errc() || *rest || pid == getpid())
			continue;
		const auto &process = entry->path();
		if (!link_below(process / "cwd", mount) && !link_below(process / "root", mount) &&
		    !link_below(process / "exe", mount) && !any_open(process, mount) &&
		    !any_mapped(process, mount))
			continue;
		Holder holder{pid, {}};
		std::ifstream comm(process / "comm");
		std::getline(comm, holder.command);
		holders.push_back(std::move(holder));
	}
	return holders;
}

std::string text(const std::vector<Holder> &holders)
{
	std::string line;

	for (const auto &holder : holders) {
		if (!line.empty())
			line += ", ";
		line += holder.command + " (" + std::to_string(holder.pid) + ")";
	}
	return line;
}

} // namespace knell::actions
