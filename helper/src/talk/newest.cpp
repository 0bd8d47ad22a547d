// SPDX-License-Identifier: GPL-2.0
// From the end, then turned round.
#include "talk/newest.hpp"

#include "talk/methods.hpp"

#include <vector>

namespace knell::talk {

std::string newest_that_fit(std::size_t count, const std::function<std::string(std::size_t)> &entry)
{
	std::vector<std::string> lines;
	std::size_t size = 2;
	std::string text = "[";

	while (count-- > 0) {
		auto line = entry(count);
		size += line.size() + 1;
		if (size > content_max)
			break;
		lines.push_back(std::move(line));
	}
	for (auto line = lines.rbegin(); line != lines.rend(); ++line)
		text += (line == lines.rbegin() ? "" : ",") + *line;
	return text + "]";
}

} // namespace knell::talk
