// SPDX-License-Identifier: GPL-2.0
// Judges application records by their version: what is not newer says nothing.
#include "cli/switchover.hpp"

#include <algorithm>

#include "model/names.hpp"

namespace knell::cli {

Switchover::Switchover(const std::vector<Move> &moves)
{
	for (const Move &move : moves)
		apps_[move.app.id] = {move.app, move.from, move.asked, false, Outcome::pending};
}

std::string Switchover::feed(const Snapshot &s, const netlink::AppRecord &record)
{
	const auto it = apps_.find(record.id);

	if (it == apps_.end() || it->second.outcome != Outcome::pending)
		return "";
	Progress &app = it->second;

	if (record.version == app.last.version &&
	    (record.state == app.last.state && record.owner == app.last.owner))
		return "";
	if (record.version < app.last.version)
		return "";
	const std::string name = app.last.name;

	app.left |= record.state != KNELL_APP_RUNNING || record.owner != app.from;
	app.last = record;
	app.last.name = name;
	switch (record.state) {
	case KNELL_APP_RUNNING:
		if (record.owner != app.from)
			app.outcome = app.asked && record.owner != app.asked ? Outcome::not_there :
									       Outcome::elsewhere;
		else if (app.left)
			app.outcome = Outcome::failed;
		return name + ": running on " + node_name(s, record.owner);
	case KNELL_APP_STARTING:
		return name + ": starting on " + node_name(s, record.owner);
	case KNELL_APP_STOPPING:
		return name + ": " + node_name(s, record.owner) + " lets go";
	case KNELL_APP_ORPHAN:
		return name + ": let go (" + std::string(model::reason_name(record.reason)) + ")";
	case KNELL_APP_FAILED:
		app.outcome = Outcome::failed;
		return name + ": failed on every candidate";
	case KNELL_APP_STOPPED:
		app.outcome = Outcome::failed;
		return name + ": stopped";
	default:
		return "";
	}
}

bool Switchover::over() const
{
	return std::ranges::none_of(
		apps_, [](const auto &a) { return a.second.outcome == Outcome::pending; });
}

bool Switchover::ok() const
{
	return std::ranges::all_of(
		apps_, [](const auto &a) { return a.second.outcome == Outcome::elsewhere; });
}

Switchover::Outcome Switchover::outcome(std::uint16_t app) const
{
	return apps_.at(app).outcome;
}

std::vector<std::string> Switchover::pending() const
{
	std::vector<std::string> names;

	for (const auto &[id, app] : apps_)
		if (app.outcome == Outcome::pending)
			names.push_back(app.last.name);
	return names;
}

} // namespace knell::cli
