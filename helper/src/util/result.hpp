// SPDX-License-Identifier: GPL-2.0
// A recoverable error as a value: what failed, why, and what to do about it.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace knell {

/// Error - tells its reader (administrator or developer) three things.
struct Error {
	std::string what; ///< what failed: "cannot mount /srv/records"
	std::string why;  ///< the cause, may be empty: "No such device"
	std::string hint; ///< what to do about it, may be empty

	/// One line for a log or a terminal: "what: why; hint".
	[[nodiscard]] std::string text() const
	{
		std::string line = what;

		if (!why.empty())
			line += ": " + why;
		if (!hint.empty())
			line += "; " + hint;
		return line;
	}
};

/// Result - either a value or an Error; must be looked at.
/// value() and operator* may be called only if ok(), error() only if not.
template <typename T> class [[nodiscard]] Result {
    public:
	static_assert(!std::is_same_v<T, Error>, "a Result of Error says nothing");

	Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
	Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

	[[nodiscard]] bool ok() const { return state_.index() == 0; }
	explicit operator bool() const { return ok(); }

	T &value() & { return std::get<0>(state_); }
	const T &value() const & { return std::get<0>(state_); }
	T &&value() && { return std::get<0>(std::move(state_)); }
	T &operator*() & { return value(); }
	const T &operator*() const & { return value(); }
	T &&operator*() && { return std::move(*this).value(); }
	T *operator->() { return &value(); }
	const T *operator->() const { return &value(); }

	[[nodiscard]] const Error &error() const { return std::get<1>(state_); }

    private:
	std::variant<T, Error> state_;
};

/// Result<void> - done, or an Error.
template <> class [[nodiscard]] Result<void> {
    public:
	Result() = default;
	Result(Error error) : error_(std::move(error)), ok_(false) {}

	[[nodiscard]] bool ok() const { return ok_; }
	explicit operator bool() const { return ok_; }
	[[nodiscard]] const Error &error() const { return error_; }

    private:
	Error error_;
	bool ok_ = true;
};

} // namespace knell
