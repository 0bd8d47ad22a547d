// SPDX-License-Identifier: GPL-2.0
// Move-only owners of C resources with stateless deleters.
#pragma once

#include <memory>
#include <unistd.h>
#include <utility>

namespace knell {

/// Owns a file descriptor.
class UniqueFd {
public:
	UniqueFd() = default;
	explicit UniqueFd(int fd) : fd_(fd) {}
	UniqueFd(UniqueFd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	UniqueFd &operator=(UniqueFd &&other) noexcept
	{
		if (this != &other)
			reset(std::exchange(other.fd_, -1));
		return *this;
	}
	UniqueFd(const UniqueFd &) = delete;
	UniqueFd &operator=(const UniqueFd &) = delete;
	~UniqueFd() { reset(); }

	explicit operator bool() const { return fd_ >= 0; }
	int get() const { return fd_; }
	int release() { return std::exchange(fd_, -1); }
	void reset(int fd = -1)
	{
		if (fd_ >= 0)
			::close(fd_);
		fd_ = fd;
	}

private:
	int fd_ = -1;
};

/// Deleter that calls a C function.
template <auto Function>
struct CallDeleter {
	template <class T>
	void operator()(T *object) const noexcept
	{
		Function(object);
	}
};

/// unique_ptr over a C object: `using Stmt = Handle<sqlite3_stmt, sqlite3_finalize>;`
template <class T, auto Function>
using Handle = std::unique_ptr<T, CallDeleter<Function>>;

} // namespace knell
