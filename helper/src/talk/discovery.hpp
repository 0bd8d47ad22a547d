// SPDX-License-Identifier: GPL-2.0
// Who has no cluster and can be heard from here: at the other ends of this node's links, and of those
// of routers.
//
// Context and locking: one thread; blocks.
#pragma once

#include "talk/asker.hpp"
#include "talk/facts.hpp"
#include "talk/routes.hpp"

namespace knell::talk {

/// A machine without a cluster.
struct Stranger {
	std::uint16_t address = 0;	///< in the routes
	Facts facts;
};

/// From where to look.
struct Outlook {
	bool self = false;			///< this machine is in no cluster: it is one of them
	std::vector<std::uint32_t> links;	///< of this machine, to such machines
	std::vector<std::uint16_t> routers;	///< members to be asked for theirs
};

/// Every machine once, however many ways lead to it.
std::vector<Stranger> discover(Routes &routes, Asker &asker, const Outlook &outlook);

/// Names in a JSON array, as a node tells its neighbours; nothing if it is none.
std::vector<std::string> read_names(std::string_view text);

} // namespace knell::talk
