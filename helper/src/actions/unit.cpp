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

Result<std::string> property(sd_bus *bus, const std::string &path, const char *interface, const char *name)
{
	BusError error;
	char *raw = nullptr;
	int result = sd_bus_get_property_string(bus, service, path.c_str(), interface, name, &error.error, &raw);
	Handle<char, std::free> text(raw);

	if (result < 0)
		return error.within(fmt::format("cannot read {} of {}", name, path), result);
	return std::string(raw);
}

Result<std::string> active_state(sd_bus *bus, const std::string &path)
{
	return property(bus, path, unit_interface, "ActiveState");
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

/// Has systemd still something to do that it was asked for? Until then the state is that of before.
Result<bool> job_pending(sd_bus *bus, const std::string &path)
{
	BusError error;
	sd_bus_message *raw = nullptr;
	std::uint32_t job = 0;
	int result = sd_bus_get_property(bus, service, path.c_str(), unit_interface, "Job", &error.error, &raw,
					 "(uo)");
	Message reply(raw);

	if (result < 0 || (result = sd_bus_message_enter_container(raw, 'r', "uo")) < 0 ||
	    (result = sd_bus_message_read(raw, "u", &job)) < 0)
		return error.within("cannot read the job of " + path, result);
	return job != 0;
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

/// Forget that the unit failed before and how often it was started: this start counts.
void forget_failure(sd_bus *bus, const std::string &unit)
{
	BusError error;

	// A unit that never failed may not be loaded: nothing to forget.
	sd_bus_call_method(bus, service, manager_path, manager, "ResetFailedUnit", &error.error, nullptr, "s",
			   unit.c_str());
}

/// Why a unit does not run, in systemd's words.
Error not_running(sd_bus *bus, const std::string &path, const std::string &state)
{
	auto result = property(bus, path, service_interface, "Result");
	std::string why = "systemd says: " + state;

	if (result && *result != "success")
		why += " (" + *result + ")";
	return {"it does not run", std::move(why), "see systemctl status and the journal"};
}

/// Wait until systemd has done what it was asked for and the unit runs.
Status wait_active(sd_bus *bus, const std::string &path, const Control &control)
{
	for (;;) {
		auto pending = job_pending(bus, path);
		if (!pending)
			return pending.error();
		auto state = active_state(bus, path);
		if (!state)
			return state.error();
		if (!*pending && (*state == "active" || *state == "reloading"))
			return {};
		if (!*pending && (*state == "failed" || *state == "inactive"))
			return not_running(bus, path, *state);
		if (!control.pause(state_poll))
			return control.expired("the unit is still " + *state);
	}
}

Status wait_inactive(sd_bus *bus, const std::string &path, const Control &control)
{
	for (;;) {
		auto state = active_state(bus, path);
		if (!state)
			return state.error();
		if (*state == "inactive" || *state == "failed")
			return {};
		if (!control.pause(state_poll))
			return control.expired("the unit is still " + *state);
	}
}

/// The main process of a unit that runs; none if it has none. Error if the unit ended meanwhile.
Result<std::optional<ProcessView>> main_process(sd_bus *bus, const std::string &path, const std::string &unit,
						const Control &control)
{
	for (;;) {
		pid_t pid = main_pid(bus, path);
		if (pid) {
			if (auto start = process::start_time(pid))
				return std::optional<ProcessView>(ProcessView{pid, *start, unit});
		}
		if (auto still = wait_active(bus, path, control); !still)
			return still.error();
		if (!pid && !main_pid(bus, path))
			return std::optional<ProcessView>();
		if (!control.pause(state_poll))
			return control.expired("its main process comes and goes");
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
	auto state = property(bus->get(), *path, unit_interface, "LoadState");
	if (!state)
		return state.error();
	if (*state != "loaded")
		return Error{"cannot start " + executable_.unit, "systemd says: " + *state,
			     "install the unit on this node; it must not be enabled"};
	return {};
}

Result<std::string> Unit::inspect(const Situation &) const
{
	if (auto done = test(); !done)
		return done.error();
	auto bus = open_bus();
	if (!bus)
		return bus.error();
	auto path = path_of(bus->get(), executable_.unit);
	if (!path)
		return path.error();
	auto file = property(bus->get(), *path, unit_interface, "UnitFileState");
	if (!file)
		return file.error();
	if (file->starts_with("enabled"))
		return Error{"cannot rule " + executable_.unit, "systemd says: " + *file + ", so it starts it by itself",
			     "systemctl disable " + executable_.unit};
	auto state = active_state(bus->get(), *path);
	if (!state)
		return state.error();
	return *state;
}

Status Unit::run(const Control &control)
{
	auto bus = open_bus();
	if (!bus)
		return bus.error();
	auto path = path_of(bus->get(), executable_.unit);
	if (!path)
		return path.error();
	forget_failure(bus->get(), executable_.unit);
	if (auto done = call(bus->get(), "StartUnit", executable_.unit); !done)
		return done;
	Control bounded = control;
	bounded.deadline = std::min(control.deadline, Clock::now() + executable_.start_timeout);
	if (auto done = wait_active(bus->get(), *path, bounded); !done)
		return done.error().within("cannot start " + executable_.unit);
	auto main = main_process(bus->get(), *path, executable_.unit, bounded);
	if (!main)
		return main.error().within("cannot start " + executable_.unit);
	main_ = *main;
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
	auto state = active_state(bus->get(), *path);
	if (!state)
		return state.error();
	auto pending = job_pending(bus->get(), *path);
	if (!pending)
		return pending.error();
	if (!*pending && (*state == "inactive" || *state == "failed")) {
		// Nothing runs; a unit that is not installed here could not even be stopped.
		main_.reset();
		return {};
	}
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
	if (auto done = wait_inactive(bus->get(), *path, bounded); !done)
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
	auto state = active_state(bus->get(), *path);
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
