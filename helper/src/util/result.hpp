// SPDX-License-Identifier: GPL-2.0
// Recoverable errors as values: Result<T> holds a value or an Error that says what
// failed, why, and what to do about it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace knell {

/// An error for a reader: the administrator, unless `hint` says otherwise.
struct Error {
	std::string what;	///< what failed: "cannot open /dev/sdb"
	std::string why;	///< the cause: "No such device"; may be empty
	std::string hint;	///< what to do; may be empty
	int code = 0;		///< errno of the cause, 0 = none

	/// Error from an errno value; `hint` is optional.
	static Error from_errno(std::string what, int errnum, std::string hint = {});

	/// The same error seen from one floor up: "context: what".
	Error within(const std::string &context) const;

	/// One line: "what: why (hint)".
	std::string text() const;
};

/// A value or an Error; test it before use.
template <class T>
class [[nodiscard]] Result {
public:
	Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
	Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

	explicit operator bool() const { return state_.index() == 0; }
	bool ok() const { return state_.index() == 0; }

	T &value() & { return std::get<0>(state_); }
	const T &value() const & { return std::get<0>(state_); }
	T &&value() && { return std::get<0>(std::move(state_)); }
	T &operator*() & { return std::get<0>(state_); }
	const T &operator*() const & { return std::get<0>(state_); }
	T &&operator*() && { return std::get<0>(std::move(state_)); }
	T *operator->() { return &std::get<0>(state_); }
	const T *operator->() const { return &std::get<0>(state_); }
	const Error &error() const { return std::get<1>(state_); }

private:
	std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
public:
	Result() = default;
	Result(Error error) : error_(std::move(error)) {}

	explicit operator bool() const { return !error_; }
	bool ok() const { return !error_; }
	const Error &error() const { return *error_; }

private:
	std::optional<Error> error_;
};

using Status = Result<void>;

} // namespace knell
