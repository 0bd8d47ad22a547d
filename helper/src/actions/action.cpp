// SPDX-License-Identifier: GPL-2.0
// Deadline and cancellation of one run of an action.
#include "actions/action.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace knell::actions {

Error Control::expired(const std::string &doing) const
{
	if (stop.stop_requested())
		return {doing, "it was cancelled", "", ECANCELED};
	return {doing, "the deadline passed", "", ETIMEDOUT};
}

bool Control::pause(milliseconds time) const
{
	std::mutex mutex;
	std::condition_variable_any wake;
	std::unique_lock lock(mutex);
	auto until = std::min(deadline, Clock::now() + time);

	wake.wait_until(lock, stop, until, [] { return false; });
	return !over();
}

} // namespace knell::actions
