// SPDX-License-Identifier: GPL-2.0
// add_key and keyctl, which the C library does not have.
#include "util/keyring.hpp"

#include <cerrno>
#include <utility>

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace knell {

Result<LogonKey> LogonKey::add(std::string description, std::span<const std::uint8_t> octets)
{
	const long serial = syscall(SYS_add_key, "logon", description.c_str(), octets.data(), octets.size(),
				    KEY_SPEC_PROCESS_KEYRING);

	if (serial < 0)
		return Error::from_errno("cannot put the key " + description + " into the kernel's keyring", errno,
					 "a container or a security module may forbid add_key");
	return LogonKey(std::move(description), static_cast<std::int32_t>(serial));
}

LogonKey::LogonKey(std::string description, std::int32_t serial)
	: description_(std::move(description)), serial_(serial)
{
}

LogonKey::LogonKey(LogonKey &&other) noexcept
	: description_(std::move(other.description_)), serial_(std::exchange(other.serial_, 0))
{
}

LogonKey &LogonKey::operator=(LogonKey &&other) noexcept
{
	if (this != &other) {
		drop();
		description_ = std::move(other.description_);
		serial_ = std::exchange(other.serial_, 0);
	}
	return *this;
}

LogonKey::~LogonKey()
{
	drop();
}

void LogonKey::drop()
{
	if (serial_)
		syscall(SYS_keyctl, KEYCTL_UNLINK, serial_, KEY_SPEC_PROCESS_KEYRING);
	serial_ = 0;
}

} // namespace knell
