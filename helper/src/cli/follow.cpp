// SPDX-License-Identifier: GPL-2.0
// poll() over the subscription, a signalfd and the end of the output.
#include "cli/follow.hpp"

#include <cerrno>
#include <csignal>
#include <iterator>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace knell::cli {

Result<Follow> Follow::open(Until until)
{
	auto subscription = netlink::Subscription::open();
	sigset_t set;

	if (!subscription)
		return subscription.error();
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, nullptr);
	UniqueFd signals(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));

	if (!signals)
		return Error::from_errno("cannot wait for signals", errno);
	return Follow(std::move(*subscription), std::move(signals), until == Until::unread ? STDOUT_FILENO : -1);
}

Result<Follow::Batch> Follow::wait(Deadline deadline)
{
	for (;;) {
		// Of the output only its end is of interest: a quiet cluster would never let a write find out.
		pollfd fds[] = {{subscription_.fd(), POLLIN, 0}, {signals_.get(), POLLIN, 0}, {output_, 0, 0}};
		int limit = -1;

		if (deadline) {
			const auto left = std::chrono::ceil<std::chrono::milliseconds>(
				*deadline - std::chrono::steady_clock::now());

			limit = static_cast<int>(std::max(left.count(), decltype(left)::rep{0}));
		}
		const int ready = poll(fds, std::size(fds), limit);

		if (ready < 0 && errno != EINTR)
			return Error::from_errno("cannot wait for events", errno);
		if (ready == 0)
			return Batch{{}, false, false, true};
		if (ready < 0)
			continue;
		if (fds[1].revents != 0 || fds[2].revents != 0)
			return Batch{{}, false, true, false};
		auto batch = subscription_.read();

		if (!batch)
			return batch.error();
		if (!batch->events.empty() || batch->lost)
			return Batch{std::move(batch->events), batch->lost, false, false};
	}
}

bool Follow::terminal()
{
	return isatty(STDOUT_FILENO) == 1;
}

} // namespace knell::cli
