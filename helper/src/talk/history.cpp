// SPDX-License-Identifier: GPL-2.0
// History to JSON and back: an array of five values for each entry.
#include "talk/history.hpp"

#include "talk/newest.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>

namespace knell::talk {

using json = nlohmann::json;

std::string serialize(const std::vector<mib::HistoryEntry> &entries)
{
	return newest_that_fit(entries.size(), [&](std::size_t i) {
		const auto &entry = entries[i];
		return json{entry.time_ns, entry.what, entry.old_value, entry.new_value, entry.reason}.dump(
			-1, ' ', false, json::error_handler_t::replace);
	});
}

Result<std::vector<mib::HistoryEntry>> read_history(std::string_view text)
{
	try {
		std::vector<mib::HistoryEntry> entries;

		for (const json &line : json::parse(text)) {
			if (!line.at(0).is_number_unsigned())
				throw json::type_error::create(302, "a time is no number", &line);
			entries.push_back({line.at(0).get<std::uint64_t>(), line.at(1).get<std::string>(),
					   line.at(2).get<std::string>(), line.at(3).get<std::string>(),
					   line.at(4).get<std::string>()});
		}
		return entries;
	} catch (const json::exception &e) {
		return Error{"cannot read a node's history", e.what(), "install the same version on all nodes", EPROTO};
	}
}

} // namespace knell::talk
