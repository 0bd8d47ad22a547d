// SPDX-License-Identifier: GPL-2.0
// poll() over the kernel's events and the wish to end.
#include "talk/fabric.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <random>

namespace knell::talk {

Result<Fabric> Fabric::open(int stop)
{
	auto client = netlink::Client::connect();
	if (!client)
		return client.error();
	auto events = netlink::Subscription::open();
	if (!events)
		return events.error();
	return Fabric(std::move(*client), std::move(*events), stop);
}

Status Fabric::send(std::uint16_t node, std::string_view octets)
{
	return client_.message(node, octets);
}

Status Fabric::send_over(std::uint32_t link, std::string_view octets)
{
	return client_.message({0, std::string(octets), link, {}});
}

Result<std::optional<Letter>> Fabric::receive(Clock::time_point until)
{
	for (;;) {
		if (!letters_.empty()) {
			Letter letter = std::move(letters_.front());
			letters_.pop_front();
			return std::optional<Letter>(std::move(letter));
		}
		const auto left = std::chrono::ceil<milliseconds>(until - now());
		if (left.count() <= 0)
			return std::optional<Letter>{};
		pollfd waited[] = {{events_.fd(), POLLIN, 0}, {stop_, POLLIN, 0}};
		const int ready = ::poll(waited, 2, static_cast<int>(std::min<milliseconds::rep>(left.count(), 60000)));
		if (ready < 0 && errno != EINTR)
			return Error::from_errno("cannot wait for answers", errno);
		if (ready <= 0)
			continue;
		if (waited[1].revents)
			return Error{"interrupted", "", "", EINTR};
		// What was lost is asked for again.
		auto batch = events_.read();
		if (!batch)
			return batch.error();
		for (auto &event : batch->events)
			if (event.message)
				letters_.push_back({event.message->node, std::move(event.message->data), event.message->link});
	}
}

std::uint64_t random_number()
{
	static thread_local std::random_device device;

	return std::uint64_t{device()} << 32 | device();
}

} // namespace knell::talk
