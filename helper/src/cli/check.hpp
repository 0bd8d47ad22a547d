// SPDX-License-Identifier: GPL-2.0
// knellctl check: is a cluster file right, and what would each node do with it?
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "config/config.hpp"
#include "model/cluster.hpp"

namespace knell::cli {

/// What one node would do for one application.
struct Duty {
	std::string node;
	std::string app;
	std::size_t rank = 0; ///< 0 = home, then the standby order
	std::vector<std::string> steps;
};

[[nodiscard]] std::vector<Duty> duties(const model::Cluster &cluster);

[[nodiscard]] std::string duties_text(const model::Cluster &cluster, const std::vector<Duty> &duties);
[[nodiscard]] json check_report_json(const config::Inspection &inspection,
				     const std::vector<Duty> &duties,
				     const std::vector<std::string> &here);

} // namespace knell::cli
