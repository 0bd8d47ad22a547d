// SPDX-License-Identifier: GPL-2.0
// What differs between two MIB documents, field by field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace knell::model {

/// One field. An absent value is an empty string; all others are JSON.
struct Difference {
	std::string path; ///< "nodes[3].addresses[0]": 3 is the node's id, 0 a position
	std::string ours;
	std::string theirs;

	bool operator==(const Difference &) const = default;
};

/// Empty exactly if the octets are the same.
[[nodiscard]] std::vector<Difference> differences(std::string_view ours, std::string_view theirs);

} // namespace knell::model
