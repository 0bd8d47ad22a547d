// SPDX-License-Identifier: GPL-2.0
// Small formatting: tables, times, words for absent values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace knell::cli {

/// What human output shows for an absent value; JSON has null.
inline constexpr std::string_view absent = "-";

/// Table - columns as wide as their widest cell, two spaces between.
class Table {
    public:
	explicit Table(std::vector<std::string> head) { add(std::move(head)); }

	void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
	[[nodiscard]] bool empty() const { return rows_.size() < 2; }

	/// Every row ends in a newline; no trailing spaces.
	[[nodiscard]] std::string text() const;

    private:
	std::vector<std::vector<std::string>> rows_;
};

/// Nanoseconds since 1970 as "2026-11-20T11:00:00.123456789Z"; for JSON and logs.
[[nodiscard]] std::string time_utc(std::uint64_t stamp_ns);

/// The same in local time to the millisecond, "2026-11-20 12:00:00.123"; "-" for 0.
[[nodiscard]] std::string time_local(std::uint64_t stamp_ns);

/// "412us", "12.3ms", "1.25s"
[[nodiscard]] std::string duration(std::chrono::nanoseconds time);

/// Eight hexadecimal digits.
[[nodiscard]] std::string hex32(std::uint32_t value);

/// Control characters replaced, for text that came over the network.
[[nodiscard]] std::string printable(std::string text);

} // namespace knell::cli
