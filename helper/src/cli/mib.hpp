// SPDX-License-Identifier: GPL-2.0
// knellctl mib: the cluster's description as this node holds it, whether all hold the same, and
// in what they differ.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/snapshot.hpp"
#include "model/difference.hpp"

namespace knell::cli {

/// What one node holds, beside what it should.
struct Copy {
	std::uint16_t id = 0;
	std::string node;
	std::string status;
	std::uint32_t generation = 0; ///< by its record
	std::uint32_t hash = 0;	      ///< by its record
	bool known = false;	      ///< the node is up
	bool same = false;	      ///< octet by octet if compared, else by hash
	bool compared = false;	      ///< its stored copy was fetched
	std::string why;	      ///< why it was not
	std::vector<model::Difference> differences; ///< if compared
};

/// By the records alone. @generation, @hash: of the document in force here.
[[nodiscard]] std::vector<Copy> compare_copies(const Snapshot &s, std::uint32_t generation,
					       std::uint32_t hash);

/// A node's stored copy came, or it did not. @ours: the document in force here.
void judge(Copy &copy, const Result<std::string> &fetched, const std::string &ours);

[[nodiscard]] std::string verify_text(const std::vector<Copy> &copies, std::uint32_t generation,
				      const std::string &digest);
[[nodiscard]] json verify_json(const std::vector<Copy> &copies, std::uint32_t generation,
			       const std::string &digest);
[[nodiscard]] std::string diff_text(const std::vector<Copy> &copies);
[[nodiscard]] json diff_json(const std::vector<Copy> &copies);

} // namespace knell::cli
