// SPDX-License-Identifier: GPL-2.0
// knellctl mib: the cluster's description as this node holds it, and whether all hold the same.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/snapshot.hpp"

namespace knell::cli {

/// What one node says it holds, beside what it should.
struct Copy {
	std::string node;
	std::string status;
	std::uint32_t generation = 0;
	std::uint32_t hash = 0;
	bool known = false; ///< the node is up and says what it holds
	bool same = false;
};

/// @generation, @hash: of the document stored here.
[[nodiscard]] std::vector<Copy> compare_copies(const Snapshot &s, std::uint32_t generation,
					       std::uint32_t hash);

[[nodiscard]] std::string verify_text(const std::vector<Copy> &copies, std::uint32_t generation,
				      const std::string &digest);
[[nodiscard]] json verify_json(const std::vector<Copy> &copies, std::uint32_t generation,
			       const std::string &digest);

} // namespace knell::cli
