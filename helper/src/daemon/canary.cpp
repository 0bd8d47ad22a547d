// SPDX-License-Identifier: GPL-2.0
// The canaries' jobs and the petter.
#include "daemon/canary.hpp"

#include "mib/files.hpp"
#include "util/log.hpp"
#include "util/process.hpp"

#include <condition_variable>
#include <mutex>
#include <unistd.h>

namespace knell::daemon {

namespace {

/// Sleep until the time is over or stop is requested.
void pause(const std::stop_token &stop, milliseconds time)
{
	std::mutex mutex;
	std::condition_variable_any wake;
	std::unique_lock lock(mutex);

	wake.wait_for(lock, stop, time, [] { return false; });
}

} // namespace

Canary::Canary(std::string name, milliseconds period, milliseconds window, std::function<Status()> job)
	: name_(std::move(name)), period_(period), window_(window), job_(std::move(job)),
	  stamp_(Clock::now().time_since_epoch().count())
{
}

bool Canary::fresh(Clock::time_point now) const
{
	return now - Clock::time_point(Clock::duration(stamp_)) <= window_;
}

void Canary::start()
{
	passed();
	if (job_)
		thread_ = std::jthread([this](const std::stop_token &stop) { work(stop); });
}

void Canary::work(const std::stop_token &stop)
{
	bool failing = false;

	while (!stop.stop_requested()) {
		auto done = job_();
		if (done)
			passed();
		else if (!failing)
			log::error("canary {}: {}", name_, done.error().text());
		failing = !done;
		pause(stop, period_);
	}
}

Status exec_canary(milliseconds deadline)
{
	static const char *const programs[] = {"/bin/true", "/usr/bin/true"};

	for (const char *program : programs) {
		if (::access(program, X_OK) < 0)
			continue;
		auto outcome = process::run({.argv = {program}, .deadline = deadline});
		if (!outcome)
			return outcome.error();
		if (!outcome->ok())
			return Error{std::string("cannot run ") + program, outcome->text(), ""};
		return {};
	}
	return Error{"cannot run /bin/true", "it is not there", "install coreutils"};
}

Status disk_canary(const std::string &state_dir)
{
	return mib::write_file(state_dir + "/canary", "alive\n");
}

Petter::Petter(milliseconds period, std::vector<Canary *> canaries, std::function<Status()> pet)
	: period_(period), canaries_(std::move(canaries)), pet_(std::move(pet))
{
}

void Petter::start()
{
	thread_ = std::jthread([this](const std::stop_token &stop) { work(stop); });
}

void Petter::stop()
{
	thread_ = {};
}

void Petter::work(const std::stop_token &stop)
{
	std::string stale;

	while (!stop.stop_requested()) {
		std::string late;
		auto now = Clock::now();
		for (const auto *canary : canaries_)
			if (!canary->fresh(now))
				late = canary->name();
		if (late.empty())
			(void)pet_().ok();
		else if (late != stale)
			log::error("not petting the kernel: the {} canary has not passed in time", late);
		stale = late;
		pause(stop, period_);
	}
}

} // namespace knell::daemon
