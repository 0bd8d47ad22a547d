// SPDX-License-Identifier: GPL-2.0
// Drop-ins in /run and Reload on the bus.
#include "actions/shutdown_guard.hpp"

#include "util/handle.hpp"

#include <cctype>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <systemd/sd-bus.h>

namespace knell::actions {

namespace {

constexpr const char *drop_in = "50-knell.conf";
// Without default dependencies a unit has no conflict with shutdown.target or umount.target.
constexpr const char *for_all = "# Written by knelld, which alone starts and stops this unit, also when the machine goes down.\n"
				"[Unit]\nDefaultDependencies=no\n";
// A service that systemd starts again by itself may run on a node that was fenced.
constexpr const char *for_services = "[Service]\nRestart=no\n";

using Bus = Handle<sd_bus, sd_bus_flush_close_unref>;

bool plain(char c)
{
	return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '_' || c == '.';
}

std::string content_for(const std::string &unit)
{
	return unit.ends_with(".service") ? std::string(for_all) + for_services : for_all;
}

/// Whether the file says this already.
bool written(const std::filesystem::path &path, const std::string &content)
{
	std::ifstream file(path);

	return std::string(std::istreambuf_iterator<char>(file), {}) == content;
}

} // namespace

std::string mount_unit(const std::string &path)
{
	std::string name;

	for (char c : path) {
		if (c == '/') {
			// Several are one, and the first and the last count for nothing.
			if (!name.empty() && name.back() != '-')
				name += '-';
		} else if (plain(c) && (c != '.' || !name.empty())) {
			name += c;
		} else {
			name += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
		}
	}
	if (!name.empty() && name.back() == '-')
		name.pop_back();
	return (name.empty() ? "-" : name) + ".mount";
}

std::vector<std::string> units_of(const model::Application &app)
{
	std::vector<std::string> units;

	units.reserve(app.volumes.size() + app.executables.size());
	for (const auto &volume : app.volumes)
		units.push_back(mount_unit(volume.mount));
	for (const auto &executable : app.executables)
		if (!executable.unit.empty())
			units.push_back(executable.unit);
	return units;
}

Result<bool> guard_units(const std::vector<std::string> &units, const std::filesystem::path &folder)
{
	bool changed = false;

	for (const auto &unit : units) {
		const auto place = folder / (unit + ".d");
		const auto content = content_for(unit);
		std::error_code failed;
		if (written(place / drop_in, content))
			continue;
		std::filesystem::create_directories(place, failed);
		std::ofstream file(place / drop_in);
		file << content;
		file.close();
		if (failed || !file)
			return Error{"cannot write " + (place / drop_in).string(), failed ? failed.message() : "",
				     fmt::format("until it is there, stop knelld before {} when the machine goes down",
						 unit)};
		changed = true;
	}
	return changed;
}

Status reload_systemd(std::chrono::milliseconds limit)
{
	sd_bus *raw = nullptr;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int result = sd_bus_open_system(&raw);

	if (result < 0)
		return Error::from_errno("cannot talk to systemd", -result);
	Bus bus(raw);
	sd_bus_set_method_call_timeout(raw, std::chrono::microseconds(limit).count());
	result = sd_bus_call_method(raw, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
				    "org.freedesktop.systemd1.Manager", "Reload", &error, nullptr, "");
	Status done;
	if (result < 0)
		done = Error{"cannot make systemd read its units again", error.message ? error.message : "",
			     "systemctl daemon-reload", -result};
	sd_bus_error_free(&error);
	return done;
}

} // namespace knell::actions
