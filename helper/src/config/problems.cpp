// SPDX-License-Identifier: GPL-2.0
// Places and positions of problems.
#include "config/problems.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace knell::config {

void Problems::note(const std::string &place, int line, int column)
{
	places_.insert_or_assign(place, Position{line, column});
}

void Problems::add(std::string_view place, std::string what, std::string hint)
{
	for (;;) {
		if (auto it = places_.find(place); it != places_.end())
			return add(it->second.line, it->second.column, std::move(what),
				   std::move(hint));
		const auto cut = place.find_last_of(".[");

		if (cut == place.npos)
			return add(0, 0, std::move(what), std::move(hint));
		place = place.substr(0, cut);
	}
}

void Problems::add(int line, int column, std::string what, std::string hint)
{
	problems_.push_back({line, column, std::move(what), std::move(hint)});
}

std::vector<Problem> Problems::take()
{
	std::ranges::stable_sort(problems_, {}, [](const Problem &p) {
		return std::pair(p.line, p.column);
	});
	return std::exchange(problems_, {});
}

} // namespace knell::config
