// SPDX-License-Identifier: GPL-2.0
// A secret in the kernel's keyring of this process.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "util/result.hpp"

namespace knell {

/// A key of type logon: the kernel can use it, no user space can read it back, and it goes with
/// this object or with the process. Children do not get it. Used by the thread that made it.
class LogonKey {
public:
	/// Error with code ENOSYS if the kernel has no keyrings.
	static Result<LogonKey> add(std::string description, std::span<const std::uint8_t> octets);

	LogonKey(LogonKey &&other) noexcept;
	LogonKey &operator=(LogonKey &&other) noexcept;
	LogonKey(const LogonKey &) = delete;
	LogonKey &operator=(const LogonKey &) = delete;
	~LogonKey();

	const std::string &description() const { return description_; }

private:
	LogonKey(std::string description, std::int32_t serial);
	void drop();

	std::string description_;
	std::int32_t serial_ = 0;	// 0 = none
};

} // namespace knell
