// SPDX-License-Identifier: GPL-2.0
// knellctl alert: sends a test to the alert targets.
#pragma once

#include <string>
#include <vector>

#include "alert/deliver.hpp"
#include "cli/context.hpp"
#include "model/cluster.hpp"

namespace knell::cli {

/// What became of the test at one target.
struct AlertResult {
	model::AlertTarget target;
	Status result;
};

/// Sends to one target, or to all if `only` is empty. Error if there is none of that name.
Result<std::vector<AlertResult>> test_alerts(const model::Cluster &cluster, const std::string &only,
					     const alert::Origin &origin,
					     const alert::Surroundings &surroundings);

[[nodiscard]] std::string alert_text(const std::vector<AlertResult> &results);
[[nodiscard]] json alert_json(const std::vector<AlertResult> &results);

} // namespace knell::cli
