// SPDX-License-Identifier: GPL-2.0
// Parsers of values with a range or a list of words, for Fields.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "config/syntax.hpp"
#include "model/names.hpp"

namespace knell::config {

inline auto number(std::uint64_t low, std::uint64_t high)
{
	return [=](std::string_view text) { return parse_number(text, low, high); };
}

/// A duration within [low, high], or 0 where that means "off".
inline auto duration(std::chrono::milliseconds low, std::chrono::milliseconds high, bool zero = false)
{
	return [=](std::string_view text) -> Result<std::chrono::milliseconds> {
		auto value = parse_duration(text);

		if (!value || (zero && value->count() == 0) || (*value >= low && *value <= high))
			return value;
		return Error{"'" + std::string(text) + "' is out of range", "",
			     "write a duration from " + std::to_string(low.count()) + "ms to " +
				     std::to_string(high.count()) + "ms" +
				     (zero ? ", or 0 to switch it off" : "")};
	};
}

template <typename E> auto word(const char *known)
{
	return [=](std::string_view text) -> Result<E> {
		if (auto value = model::parse_name<E>(text))
			return *value;
		return Error{"'" + std::string(text) + "' is not known here", "",
			     std::string("write one of: ") + known};
	};
}

/// An argument of a program: any text.
inline Result<std::string> parse_argument(std::string_view text)
{
	return std::string(text);
}

} // namespace knell::config
