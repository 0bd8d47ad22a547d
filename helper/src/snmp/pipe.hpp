// SPDX-License-Identifier: GPL-2.0
// What the reader tells the speaker: images and notifications, one way, over a socket pair.
#pragma once

#include "snmp/image.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>
#include <variant>

namespace knell::snmp {

using News = std::variant<Image, Notification>;

/// One packet. Pure.
[[nodiscard]] std::string encode(const News &news);
/// Pure. Error: no news.
[[nodiscard]] Result<News> decode(const std::string &packet);

/// Blocks for a while at most; error: the other side does not take it.
Status send(int fd, const News &news);

/// Collects what comes. The descriptor is non-blocking.
class Inbox {
public:
	explicit Inbox(int fd) : fd_(fd) {}

	/// All that has come whole. Error: the other side sends nonsense.
	Result<std::vector<News>> read();
	/// The other side has ended, and all it sent was read.
	[[nodiscard]] bool ended() const { return ended_; }

private:
	int fd_;
	bool ended_ = false;
	std::string pending_;
};

} // namespace knell::snmp
