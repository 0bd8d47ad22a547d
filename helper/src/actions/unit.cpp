// SPDX-License-Identifier: GPL-2.0
// org.freedesktop.systemd1 as far as an application's unit needs it.
#include "actions/unit.hpp"

#include "util/handle.hpp"
#include "util/process.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <csignal>
#include <fmt/format.h>
#include <systemd/sd-bus.h>

namespace knell::actions {

namespace {

constexpr const char *service = "org.freedesktop.systemd1";
constexpr const char *manager_path = "/org/freedesktop/systemd1";
constexpr const char *manager = "org.freedesktop.systemd1.Manager";
constexpr const char *unit_interface = "org.freedesktop.systemd1.Unit";
constexpr const char *service_interface = "org.freedesktop.systemd1.Service";
constexpr milliseconds state_poll{50};		// a unit that is starting or stopping
constexpr std::uint64_t call_timeout_us = 5'000'000;

using Bus = Handle<sd_bus, sd_bus_flush_close_unref>;
using Message = Handle<sd_bus_message, sd_bus_message_unref>;

struct BusError {
	sd_bus_error error = SD_BUS_ERROR_NULL;
	BusError() = default;
	BusError(const BusError &) = delete;
	BusError &operator=(const BusError &) = delete;
	~BusError() { sd_bus_error_free(&error); }
	Error within(std::string what, int result) const
	{
		if (error.message)
			return {std::move(what), error.message, "see systemctl status", -result};
		return Error::from_errno(std::move(what), -result);
	}
};

Result<Bus> open_bus()
{
	sd_bus *raw = nullptr;
	int result = sd_bus_open_system(&raw);

	if (result < 0)
		return Error::from_errno("cannot talk to systemd", -result,
					 "units need systemd; name a program instead");
	Bus bus(raw);
	sd_bus_set_method_call_timeout(raw, call_timeout_us);
	return bus;
}

/// Object path of a unit, loaded if need be.
Result<std::string> path_of(sd_bus *bus, const std::string &unit)
{
	BusError error;
	sd_bus_message *raw = nullptr;
	const char *path = nullptr;
	int result = sd_bus_call_method(bus, service, manager_path, manager, "LoadUnit", &error.error, &raw,
					"s", unit.c_str());
	Message reply(raw);

	if (result < 0 || (result = sd_bus_message_read(raw, "o", &path)) < 0)
		return error.within("cannot load the unit " + unit, result);
	return std::string(path);
}

Result<std::string> property(sd_bus *bus, const std::string &path, const char *name)
{
	BusError error;
	char *raw = nullptr;
	int result = sd_bus_get_property_string(bus, service, path.c_str(), unit_interface, name,
						&error.error, &raw);
	Handle<char, std::free> text(raw);

	if (result < 0)
		return error.within(fmt::format("cannot read {} of {}", name, path), result);
	return std::string(raw);
}

pid_t main_pid(sd_bus *bus, const std::string &path)
{
	BusError error;
	std::uint32_t pid = 0;

	if (sd_bus_get_property_trivial(bus, service, path.c_str(), service_interface, "MainPID", &error.error,
					'u', &pid) < 0)
		return 0;
	return static_cast<pid_t>(pid);
}

Status call(sd_bus *bus, const char *method, const std::string &unit)
{
	BusError error;
	int result = sd_bus_call_method(bus, service, manager_path, manager, method, &error.error, nullptr,
					"ss", unit.c_str(), "replace");

	if (result < 0)
		return error.within(fmt::format("cannot {} {}", method, unit), result);
	return {};
}

/// Wait until the unit is in one of two states; error when the time is over.
Status wait_state(sd_bus *bus, const std::string &path, const std::string &wanted,
		  const std::string &also, const Control &control)
{
	for (;;) {
		auto state = property(bus, path, "ActiveState");
		if (!state)
			return state.error();
		if (*state == wanted || *state == also)
			return {};
		if (*state == "failed")
			return Error{"the unit failed", *property(bus, path, "SubState"),
				     "see systemctl status and the journal"};
		if (!control.pause(state_poll))
			return control.expired("the unit is still " + *state);
	}
}

} // namespace

Status Unit::test() const
{
	auto bus = open_bus();
	if (!bus)
		return bus.error();
	auto path = path_of(bus->get(), executable_.unit);
	if (!path)
		return path.error();
	auto state = property(bus->get(), *path, "LoadState");
	if (!state)
		return state.error();
	if (*state != "loaded")
		return Error{"cannot start " + executable_.unit, "systemd says: " + *state,
			     "install the unit on this node; it must not be enabled"};
	return {};
}

Status Unit::run(const Control &control)
{
	auto bus = open_bus();
	if (!bus)
		return bus.error();
	auto path = path_of(bus->get(), executable_.unit);
	if (!path)
		return path.error();
	if (auto done = call(bus->get(), "StartUnit", executable_.unit); !done)
		return done;
	Control bounded = control;
	bounded.deadline = std::min(control.deadline, Clock::now() + executable_.start_timeout);
	if (auto done = wait_state(bus->get(), *path, "active", "active", bounded); !done)
		return done.error().within("cannot start " + executable_.unit);
	main_.reset();
	if (pid_t pid = main_pid(bus->get(), *path))
		if (auto start = process::start_time(pid))
			main_ = ProcessView{pid, *start, executable_.unit};
	return {};
}

Status Unit::undo(Release how, const Control &control)
{
	auto bus = open_bus();
	if (!bus)
		return bus.error();
	auto path = path_of(bus->get(), executable_.unit);
	if (!path)
		return path.error();
	if (how == Release::abandon) {
		BusError error;
		// A unit without processes refuses it: nothing to kill is fine.
		sd_bus_call_method(bus->get(), service, manager_path, manager, "KillUnit", &error.error, nullptr,
				   "ssi", executable_.unit.c_str(), "all", SIGKILL);
	}
	if (auto done = call(bus->get(), "StopUnit", executable_.unit); !done)
		return done;
	Control bounded = control;
	bounded.deadline = std::min(control.deadline, Clock::now() + executable_.stop_timeout);
	if (auto done = wait_state(bus->get(), *path, "inactive", "failed", bounded); !done)
		return done.error().within("cannot stop " + executable_.unit);
	main_.reset();
	return {};
}

Status Unit::verify()
{
	auto bus = open_bus();
	if (!bus)
		return bus.error();
	auto path = path_of(bus->get(), executable_.unit);
	if (!path)
		return path.error();
	auto state = property(bus->get(), *path, "ActiveState");
	if (!state)
		return state.error();
	if (*state != "active" && *state != "reloading")
		return Error{executable_.unit + " is " + *state, "", "see systemctl status"};
	return {};
}

std::optional<ProcessView> Unit::process() const
{
	return main_;
}

Status Unit::adopt(const ProcessView &view)
{
	main_ = view;
	return verify();
}

} // namespace knell::actions
