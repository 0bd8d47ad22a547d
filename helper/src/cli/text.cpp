// SPDX-License-Identifier: GPL-2.0
// Tables and times.
#include "cli/text.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

namespace knell::cli {
namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;

std::string calendar(std::time_t seconds, bool utc, char separator)
{
	std::tm tm{};

	utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm);
	return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", tm.tm_year + 1900, tm.tm_mon + 1,
			   tm.tm_mday, separator, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

} // namespace

std::string Table::text() const
{
	std::vector<std::size_t> widths;
	std::string text;

	for (const auto &row : rows_) {
		widths.resize(std::max(widths.size(), row.size()));
		for (std::size_t i = 0; i < row.size(); i++)
			widths[i] = std::max(widths[i], row[i].size());
	}
	for (const auto &row : rows_) {
		std::string line;

		for (std::size_t i = 0; i < row.size(); i++)
			line += fmt::format("{:<{}}", row[i], widths[i] + 2);
		line.erase(line.find_last_not_of(' ') + 1);
		text += line + "\n";
	}
	return text;
}

std::string time_utc(std::uint64_t stamp_ns)
{
	return calendar(static_cast<std::time_t>(stamp_ns / ns_per_s), true, 'T') +
	       fmt::format(".{:09}Z", stamp_ns % ns_per_s);
}

std::string time_local(std::uint64_t stamp_ns)
{
	if (stamp_ns == 0)
		return std::string(absent);
	return calendar(static_cast<std::time_t>(stamp_ns / ns_per_s), false, ' ') +
	       fmt::format(".{:03}", stamp_ns % ns_per_s / 1'000'000);
}

std::string duration(std::chrono::nanoseconds time)
{
	const double ns = static_cast<double>(time.count());

	if (ns < 1e6)
		return fmt::format("{:.0f}us", ns / 1e3);
	if (ns < 1e9)
		return fmt::format("{:.1f}ms", ns / 1e6);
	return fmt::format("{:.2f}s", ns / 1e9);
}

std::string hex32(std::uint32_t value)
{
	return fmt::format("{:08x}", value);
}

std::string printable(std::string text)
{
	for (char &c : text)
		if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
			c = '?';
	return text;
}

} // namespace knell::cli
