// SPDX-License-Identifier: GPL-2.0
// Which keys a cluster file has, and where their values go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "config/problems.hpp"
#include "model/cluster.hpp"

namespace knell::config {

/// A cluster whose references are still names: entry i belongs to node or
/// application i of the cluster.
struct Draft {
	model::Cluster cluster;
	std::vector<bool> node_role_known;
	std::vector<std::vector<std::string>> node_standby;
	std::vector<std::string> app_home;
	std::vector<std::optional<std::vector<std::string>>> app_standby;
	/// Of each application, of each of its exports.
	std::vector<std::vector<std::vector<std::string>>> app_initiators;
};

/// Reads every value; what is wrong becomes a problem and keeps its default.
[[nodiscard]] Draft read_schema(const YAML::Node &document, Problems &problems);

} // namespace knell::config
