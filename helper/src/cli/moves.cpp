// SPDX-License-Identifier: GPL-2.0
// The order of candidates, as recovery/ in the kernel applies it.
#include "cli/moves.hpp"

#include <algorithm>

#include "model/names.hpp"

namespace knell::cli {
namespace {

bool tried(const netlink::AppRecord &app, std::size_t index)
{
	return app.tried >> index & 1;
}

bool serves(const netlink::AppRecord &app, const netlink::NodeRecord &node)
{
	return app.owner == node.id && app.owner_epoch == node.epoch &&
	       (app.state == KNELL_APP_STARTING || app.state == KNELL_APP_RUNNING);
}

/// An active node that stands in for the same home or the same former owner.
bool same_death(const Snapshot &s, const netlink::AppRecord &app, const netlink::NodeRecord &node)
{
	return std::ranges::any_of(s.apps, [&](const netlink::AppRecord &other) {
		return other.id != app.id && serves(other, node) && !other.candidates.empty() &&
		       (other.candidates[0] == app.candidates[0] ||
			(app.owner && other.from == app.owner));
	});
}

/// As good as a standby for this application.
bool stands_by(const Snapshot &s, const netlink::AppRecord &app, std::size_t index)
{
	const auto *node = find_node(s, app.candidates[index]);

	if (!node || tried(app, index))
		return false;
	return node->status == KNELL_STATUS_STANDBY ||
	       (node->status == KNELL_STATUS_ACTIVE && (index == 0 || same_death(s, app, *node)));
}

/// Why a candidate does not take the application.
std::string refusal(const Snapshot &s, const netlink::AppRecord &app, std::size_t index)
{
	const auto *node = find_node(s, app.candidates[index]);

	if (!node)
		return "not in the table";
	if (tried(app, index))
		return "failed before (knellctl reset " + app.name + ")";
	return std::string(model::status_name(node->status));
}

std::uint16_t choose(const Snapshot &s, Move &move, std::uint16_t prefer)
{
	const netlink::AppRecord &app = move.app;
	std::vector<std::size_t> standbys, actives;

	for (std::size_t i = 0; i < app.candidates.size(); i++) {
		const auto *node = find_node(s, app.candidates[i]);

		if (app.candidates[i] == move.from)
			continue;
		if (stands_by(s, app, i))
			standbys.push_back(i);
		else if (node && node->status == KNELL_STATUS_ACTIVE && !tried(app, i) &&
			 (app.flags & KNELL_APP_F_TAKEOVER_ANY))
			actives.push_back(i);
	}
	const auto &able = standbys.empty() ? actives : standbys;

	for (std::size_t i : able)
		if (app.candidates[i] == prefer)
			return prefer;
	const std::size_t chosen = able.empty() ? app.candidates.size() : able.front();

	for (std::size_t i = 0; i < app.candidates.size(); i++)
		if (app.candidates[i] != move.from &&
		    (i < chosen || app.candidates[i] == prefer) && i != chosen)
			move.skipped.push_back(node_name(s, app.candidates[i]) + ": " +
					       refusal(s, app, i));
	return able.empty() ? KNELL_NODE_NONE : app.candidates[chosen];
}

} // namespace

bool served(const netlink::AppRecord &app)
{
	return app.state == KNELL_APP_RUNNING || app.state == KNELL_APP_STARTING ||
	       app.state == KNELL_APP_STOPPING;
}

Move predict_move(const Snapshot &s, const netlink::AppRecord &app, std::uint16_t asked)
{
	Move move{app, app.owner, 0, asked, {}};

	move.to = choose(s, move, asked);
	return move;
}

std::vector<Move> predict_moves(const Snapshot &s, std::uint16_t node, std::uint16_t app,
				std::uint16_t asked)
{
	std::vector<Move> moves;

	for (const auto &record : s.apps)
		if (record.owner == node && (!app || record.id == app) && served(record))
			moves.push_back(predict_move(s, record, asked));
	return moves;
}

std::vector<Move> predict_homeward(const Snapshot &s, std::uint16_t home)
{
	std::vector<Move> moves;

	for (const auto &record : s.apps) {
		if (record.candidates.empty() || !served(record))
			continue;
		const std::uint16_t its_home = record.candidates[0];

		if (record.owner != its_home && (!home || home == its_home))
			moves.push_back(predict_move(s, record, its_home));
	}
	return moves;
}

Status possible(const Snapshot &s, const std::vector<Move> &moves)
{
	if (s.cluster.maintenance)
		return Error{"maintenance is on, nobody would take over", "",
			     "knellctl maintenance off"};
	for (const Move &move : moves) {
		const auto *from = find_node(s, move.from);

		if (!from || !healthy(*from))
			return Error{"node " + node_name(s, move.from) + ", which has application " +
					     move.app.name + ", is not up",
				     "", "the others take over from it without an order"};
		if (move.app.state != KNELL_APP_RUNNING)
			return Error{"application " + move.app.name + " is not running yet or any more",
				     "", "wait until it is: knellctl status --watch"};
		if (move.to == KNELL_NODE_NONE || (move.asked && move.to != move.asked)) {
			std::string why;

			for (const std::string &skipped : move.skipped)
				why += (why.empty() ? "" : ", ") + skipped;
			return Error{(move.asked ? "node " + node_name(s, move.asked) + " cannot" :
						   "no other node can") +
					     " take application " + move.app.name,
				     why.empty() ? "it is not in the standby order" : why,
				     "look at knellctl status; the standby order is in the cluster file"};
		}
	}
	return {};
}

std::string moves_text(const Snapshot &s, const std::vector<Move> &moves)
{
	std::string text;

	for (const Move &move : moves) {
		text += move.app.name + ": " + node_name(s, move.from) + " -> " +
			(move.to ? node_name(s, move.to) : "nobody") + "\n";
		for (const std::string &why : move.skipped)
			text += "  not " + why + "\n";
	}
	return text;
}

json moves_json(const Snapshot &s, const std::vector<Move> &moves)
{
	json list = json::array();

	for (const Move &move : moves)
		list.push_back({{"application", move.app.name},
				{"from", node_name(s, move.from)},
				{"to", move.to ? json(node_name(s, move.to)) : json(nullptr)},
				{"skipped", move.skipped}});
	return list;
}

} // namespace knell::cli
