// SPDX-License-Identifier: GPL-2.0
// Hears that something happens to an iSCSI session: an error, a login.
//
// The kernel tells iscsid of every broken connection and of every login PDU by multicast;
// what it tells is not looked at, only that it does. So nothing is polled while all is well.
#pragma once

#include "util/handle.hpp"
#include "util/result.hpp"

namespace knell::daemon {

class Sessions {
public:
	/// Error: this kernel has no iSCSI initiator, or the caller is not privileged.
	static Result<Sessions> open();

	int fd() const { return fd_.get(); }
	/// Take what came; false = nothing did. Never blocks.
	bool read();

private:
	explicit Sessions(UniqueFd fd) : fd_(std::move(fd)) {}

	UniqueFd fd_;
};

} // namespace knell::daemon
