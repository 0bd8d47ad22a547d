// SPDX-License-Identifier: GPL-2.0
// libFuzzer: whatever the request, the judge answers, and gives metrics only to a GET of theirs
// whose every line ends as it has to.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "metrics/http.hpp"

using namespace knell::metrics;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string_view head(reinterpret_cast<const char *>(data), size);

	if (judge(head) != HttpStatus::ok)
		return 0;
	if (!head.starts_with("GET /metrics") || !head.ends_with(end_of_head))
		std::abort();
	for (std::size_t at = 0; at < head.size(); at++) {
		if (head[at] == '\0')
			std::abort();
		if (head[at] == '\r' && (at + 1 == head.size() || head[at + 1] != '\n'))
			std::abort();
		if (head[at] == '\n' && (!at || head[at - 1] != '\r'))
			std::abort();
	}
	return 0;
}
