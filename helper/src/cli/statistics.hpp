// SPDX-License-Identifier: GPL-2.0
// knellctl statistics: what this node measured of itself, or what others did of themselves.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "statistics/sample.hpp"

namespace knell::cli {

/// What a node measured of itself.
struct Measured {
	std::string node;
	std::vector<statistics::Sample> samples;
};

[[nodiscard]] std::string statistics_text(const std::vector<statistics::Sample> &samples);
[[nodiscard]] json statistics_json(const std::vector<statistics::Sample> &samples);

/// ... of several nodes; `silent` says who did not tell, and why.
[[nodiscard]] std::string statistics_of_nodes_text(const std::vector<Measured> &measured,
						   const std::vector<std::string> &silent);
[[nodiscard]] json statistics_of_nodes_json(const std::vector<Measured> &measured,
					    const std::vector<std::string> &silent);

} // namespace knell::cli
