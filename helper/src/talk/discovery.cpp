// SPDX-License-Identifier: GPL-2.0
// The near ones first, then those behind them.
#include "talk/discovery.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace knell::talk {

namespace {

void ask_facts(Asker &asker, const std::vector<std::uint16_t> &addresses, std::vector<Stranger> &found)
{
	const auto told = asker.pull(addresses, What::facts);

	for (std::size_t i = 0; i < told.size(); i++) {
		auto facts = told[i] ? read_facts(*told[i]) : Result<Facts>(told[i].error());
		if (!facts || facts->cluster)
			continue;
		if (std::ranges::none_of(found, [&](const Stranger &known) { return known.facts.instance == facts->instance; }))
			found.push_back({addresses[i], std::move(*facts)});
	}
}

} // namespace

std::vector<std::string> read_names(std::string_view text)
{
	const auto j = nlohmann::json::parse(text, nullptr, false);
	std::vector<std::string> names;

	if (!j.is_array())
		return {};
	for (const auto &name : j)
		if (name.is_string() && !name.get_ref<const std::string &>().empty() &&
		    name.get_ref<const std::string &>().size() < KNELL_INITIATOR_MAX)
			names.push_back(name.get<std::string>());
	return names;
}

std::vector<Stranger> discover(Routes &routes, Asker &asker, const Outlook &outlook)
{
	std::vector<Stranger> found;
	std::vector<std::uint16_t> near, hubs = outlook.routers, far;

	if (outlook.self)
		near.push_back(routes.over(0));
	for (const auto link : outlook.links)
		near.push_back(routes.over(link));
	ask_facts(asker, near, found);
	for (const Stranger &stranger : found)
		if (!outlook.self || stranger.address != near[0])
			hubs.push_back(stranger.address);
	const auto told = asker.pull(hubs, What::neighbours);
	for (std::size_t i = 0; i < told.size(); i++)
		if (told[i])
			for (const auto &name : read_names(*told[i]))
				far.push_back(routes.through(hubs[i], name));
	ask_facts(asker, far, found);
	return found;
}

} // namespace knell::talk
