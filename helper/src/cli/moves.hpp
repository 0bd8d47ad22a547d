// SPDX-License-Identifier: GPL-2.0
// Who would take what: the rule of the kernels, applied to a snapshot. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/snapshot.hpp"

namespace knell::cli {

/// One application that is to leave a node.
struct Move {
	netlink::AppRecord app;
	std::uint16_t from = 0;
	std::uint16_t to = 0;	    ///< 0 = nobody
	std::uint16_t asked = 0;    ///< the node that is to take it, 0 = any other will do
	std::vector<std::string> skipped; ///< "b: active", why earlier candidates do not take it
};

/// What becomes of one application that its owner lets go.
/// @asked: node that is asked first, 0 = by the standby order
[[nodiscard]] Move predict_move(const Snapshot &s, const netlink::AppRecord &app, std::uint16_t asked);

/// Somebody serves it, or is beginning or ending to.
[[nodiscard]] bool served(const netlink::AppRecord &app);

/// What a planned switch away from a node does.
/// @app: only this application, 0 = all that the node serves
/// @asked: node that is asked first, 0 = by the standby order
[[nodiscard]] std::vector<Move> predict_moves(const Snapshot &s, std::uint16_t node,
					      std::uint16_t app, std::uint16_t asked);

/// Applications that somebody else than their home node serves go home.
/// @home: only those of this home node, 0 = all
[[nodiscard]] std::vector<Move> predict_homeward(const Snapshot &s, std::uint16_t home);

/// Everything that makes ordering the moves pointless, before anything is sent.
[[nodiscard]] Status possible(const Snapshot &s, const std::vector<Move> &moves);

/// One line per move, and one per skipped candidate.
[[nodiscard]] std::string moves_text(const Snapshot &s, const std::vector<Move> &moves);
[[nodiscard]] json moves_json(const Snapshot &s, const std::vector<Move> &moves);

} // namespace knell::cli
