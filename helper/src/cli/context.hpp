// SPDX-License-Identifier: GPL-2.0
// What every command of knellctl gets: where to write, and in which language.
#pragma once

#include <functional>
#include <ostream>
#include <string_view>

#include <nlohmann/json.hpp>

#include "util/result.hpp"

namespace CLI {
class App;
}

namespace knell::cli {

using json = nlohmann::ordered_json;

/// Version of every JSON output; raised when a member changes its meaning or goes away.
inline constexpr int json_version = 1;

/// Exit statuses, a contract with scripts.
enum Exit : int { exit_ok = 0, exit_failed = 1, exit_usage = 2 };

/// Context - lives as long as the program.
struct Context {
	std::ostream &out;
	std::ostream &err;
	bool json = false;
	std::function<int()> chosen; ///< the command on the command line

	/// {"version": 1, "command": command}, to be filled and printed.
	[[nodiscard]] static cli::json envelope(std::string_view command);

	/// Writes one JSON document and a newline.
	void print(const cli::json &document) const;

	/// The document that stands for an error.
	[[nodiscard]] static cli::json error_json(std::string_view command, const Error &error);

	/// Tells an error in the language of the output; returns exit_failed.
	int fail(std::string_view command, const Error &error) const;
};

} // namespace knell::cli
