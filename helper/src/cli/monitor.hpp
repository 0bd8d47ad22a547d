// SPDX-License-Identifier: GPL-2.0
// knellctl monitor: one line per object that exists, then one per change.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/snapshot.hpp"

namespace knell::cli {

/// One line of the stream: "change node name:a status:down ...".
struct Line {
	std::string event; ///< "exists", "change", "order", "probe", "message", "lost"
	std::string kind;  ///< "cluster", "node", "app", "link", "check", "-"
	std::uint64_t time_ns = 0; ///< CLOCK_REALTIME, 0 = not told
	json object;		   ///< flat: words, numbers, truth values
};

/// Everything there is, then "exists -".
[[nodiscard]] std::vector<Line> exists_lines(const Snapshot &s);

/// One event of the kernel; nothing if it carries nothing people look at.
[[nodiscard]] std::vector<Line> change_lines(const Snapshot &s, const netlink::Event &event);

/// "change node name:a id:2 ..."; "-" stands for an absent value.
[[nodiscard]] std::string line_text(const Line &line, bool timestamps);
[[nodiscard]] json line_json(const Line &line);

} // namespace knell::cli
