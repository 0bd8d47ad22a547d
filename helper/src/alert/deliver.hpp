// SPDX-License-Identifier: GPL-2.0
// Brings one alert to one target.
//
// Context and locking: any thread; blocks for at most the target's deadline, unless the disk
// of its file hangs.
#pragma once

#include "alert/alert.hpp"
#include "util/result.hpp"

#include <string>

namespace knell::alert {

/// How to reach what is not in the target.
struct Surroundings {
	std::string journal = "/run/systemd/journal/socket";
	int cancel = -1;	///< readable: end what runs
};

/// Error = it did not get there; names the target.
Status deliver(const model::AlertTarget &target, const Alert &alert, const Origin &origin,
	       const Surroundings &surroundings);

/// What of a target is missing on this machine, without sending anything.
Status inspect(const model::AlertTarget &target);

/// The alert of `knellctl alert test`.
Alert test_alert(const Origin &origin);

} // namespace knell::alert
