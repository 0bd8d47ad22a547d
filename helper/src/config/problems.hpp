// SPDX-License-Identifier: GPL-2.0
// Collects what is wrong with a cluster file, each at its place.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace knell::config {

/// Problems - a place is a path such as "nodes[2].initiator"; where it stands
/// in the file is noted while the file is read.
class Problems {
    public:
	/// Says where a place begins; lines and columns count from 1.
	void note(const std::string &place, int line, int column);

	/// Records a problem at a place, or at the nearest noted one around it.
	void add(std::string_view place, std::string what, std::string hint);

	/// Records a problem at a position; 0, 0 = the file as a whole.
	void add(int line, int column, std::string what, std::string hint);

	[[nodiscard]] bool empty() const { return problems_.empty(); }

	/// All problems in the order of the file.
	[[nodiscard]] std::vector<Problem> take();

    private:
	struct Position {
		int line = 0;
		int column = 0;
	};

	std::map<std::string, Position, std::less<>> places_;
	std::vector<Problem> problems_;
};

} // namespace knell::config
