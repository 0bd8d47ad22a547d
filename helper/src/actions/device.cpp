// SPDX-License-Identifier: GPL-2.0
// Device names, paths and caches, by sysfs and two ioctls.
#include "actions/device.hpp"

#include "actions/scsi_path.hpp"
#include "util/handle.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/fs.h>
#include <map>
#include <sys/ioctl.h>
#include <sys/stat.h>

namespace knell::actions {

namespace fs = std::filesystem;

namespace {

constexpr const char *class_block = "/sys/class/block";

std::string read_line(const fs::path &path)
{
	std::ifstream file(path);
	std::string line;

	std::getline(file, line);
	while (!line.empty() && (line.back() == ' ' || line.back() == '\0'))
		line.pop_back();
	return line;
}

/// Names of all SCSI disks, sorted: "sda", "sdb".
std::vector<std::string> scsi_disks()
{
	std::vector<std::string> names;
	std::error_code error;

	for (fs::directory_iterator entry("/sys/block", error), end; !error && entry != end; entry.increment(error))
		if (std::error_code missing; fs::exists(entry->path() / "device/wwid", missing))
			names.push_back(entry->path().filename());
	std::sort(names.begin(), names.end());
	return names;
}

std::string wwid_of(const std::string &disk)
{
	return read_line(fs::path("/sys/block") / disk / "device/wwid");
}

/// The whole disks under a block device.
void disks_below(const std::string &name, std::vector<std::string> &disks)
{
	std::error_code error;
	fs::path node = fs::canonical(fs::path(class_block) / name, error);

	if (error)
		return;
	if (fs::exists(node / "partition", error))
		return disks_below(node.parent_path().filename(), disks);
	bool stacked = false;
	for (fs::directory_iterator slave(node / "slaves", error), end; !error && slave != end; slave.increment(error)) {
		disks_below(slave->path().filename(), disks);
		stacked = true;
	}
	if (!stacked)
		disks.push_back(name);
}

} // namespace

Result<std::string> resolve_device(const std::string &name)
{
	std::error_code error;
	std::string real = fs::canonical(name, error);
	constexpr std::string_view by_wwn = "/dev/disk/by-id/wwn-0x";

	if (!error)
		return real;
	if (name.starts_with(by_wwn)) {
		std::string wwid = "naa." + name.substr(by_wwn.size());
		for (const auto &disk : scsi_disks())
			if (wwid_of(disk) == wwid)
				return "/dev/" + disk;
	}
	return Error::from_errno("cannot find " + name, error.value(),
				 "is the storage session logged in? (iscsiadm -m session -P 3)");
}

Status drop_cache(const std::string &device)
{
	auto real = resolve_device(device);
	if (!real)
		return real.error();
	UniqueFd fd(::open(real->c_str(), O_RDONLY | O_CLOEXEC));
	if (!fd)
		return Error::from_errno("cannot open " + device, errno);
	if (::ioctl(fd.get(), BLKFLSBUF, 0) < 0)
		return Error::from_errno("cannot drop the cached blocks of " + device, errno);
	return {};
}

Status not_in_use(const std::string &device)
{
	auto real = resolve_device(device);
	if (!real)
		return real.error();
	UniqueFd fd(::open(real->c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
	// A replica that is not primary: nobody can have it open.
	if (!fd && errno == EMEDIUMTYPE)
		return {};
	if (!fd && errno == EBUSY)
		return Error::from_errno(device + " is still in use on this node", EBUSY,
					 "a former mount may still have users: end them, or restart the node");
	if (!fd)
		return Error::from_errno("cannot open " + device, errno);
	return {};
}

Result<std::vector<LogicalUnit>> find_units(const std::string &device)
{
	auto real = resolve_device(device);
	if (!real)
		return real.error();
	std::vector<std::string> disks;
	disks_below(fs::path(*real).filename(), disks);

	// One logical unit per World Wide Name; every disk of that name is a path to it.
	std::map<std::string, std::vector<std::string>> units;
	for (const auto &disk : disks) {
		auto wwid = wwid_of(disk);
		auto &paths = units[wwid.empty() ? disk : wwid];
		if (wwid.empty())
			paths = {disk};
		else if (paths.empty())
			for (const auto &other : scsi_disks())
				if (wwid_of(other) == wwid)
					paths.push_back(other);
	}
	if (units.empty())
		return Error{"cannot fence " + device, "it is not a block device", "check the cluster file"};
	std::vector<LogicalUnit> found;
	for (const auto &[identity, paths] : units) {
		LogicalUnit unit{identity, {}};
		for (const auto &disk : paths) {
			auto path = ScsiPath::open("/dev/" + disk);
			if (!path)
				return path.error();
			unit.paths.push_back(std::move(*path));
		}
		found.push_back(std::move(unit));
	}
	return found;
}

} // namespace knell::actions
