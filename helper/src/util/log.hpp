// SPDX-License-Identifier: GPL-2.0
// Log lines for the administrator: to the journal's stdout protocol under systemd
// ("<3>text"), with time and level on a terminal.
#pragma once

#include <fmt/format.h>
#include <string_view>

namespace knell::log {

enum class Level { debug, info, notice, warning, error };

/// Choose what is written; below `lowest` is dropped. Call once at start.
void setup(Level lowest);

/// Write one line. Any thread.
void write(Level level, std::string_view text);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args &&...args)
{
	write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void info(fmt::format_string<Args...> format, Args &&...args)
{
	write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void notice(fmt::format_string<Args...> format, Args &&...args)
{
	write(Level::notice, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void warning(fmt::format_string<Args...> format, Args &&...args)
{
	write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void error(fmt::format_string<Args...> format, Args &&...args)
{
	write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace knell::log
