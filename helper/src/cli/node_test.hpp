// SPDX-License-Identifier: GPL-2.0
// knellctl node test: what a node says about itself, and what the console compares with its own.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "talk/examination.hpp"

namespace knell::cli {

/// What the console itself must have in common with a node.
struct Ours {
	std::string version;
	std::string sha256; ///< of the description in force here
};

/// Tests of the node as a whole: version, description, clock, health.
[[nodiscard]] std::vector<talk::TestLine> compare(const Ours &ours, const talk::TimedFacts &theirs);

/// Asks a node, by name or number, for its tests and prints what it found. Exit status; blocks.
int test_node(Context &context, const std::string &name);

[[nodiscard]] std::string node_test_text(const std::string &node, const std::vector<talk::TestLine> &lines);
[[nodiscard]] json node_test_json(const std::string &node, const std::vector<talk::TestLine> &lines);

} // namespace knell::cli
