// SPDX-License-Identifier: GPL-2.0
// Signals as a descriptor, and the fabric that looks at it.
#include "cli/console.hpp"

#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>

namespace knell::cli {

Result<std::unique_ptr<Console>> Console::open()
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, nullptr);
	UniqueFd signals(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));

	if (!signals)
		return Error::from_errno("cannot wait for signals", errno);
	auto fabric = talk::Fabric::open(signals.get());

	if (!fabric)
		return fabric.error();
	return std::unique_ptr<Console>(new Console(std::move(signals), std::move(*fabric)));
}

bool askable(const netlink::NodeRecord &node)
{
	return node.status != KNELL_STATUS_UNKNOWN && node.status < KNELL_STATUS_LEFT;
}

} // namespace knell::cli
