// SPDX-License-Identifier: GPL-2.0
// How a command asks the helpers of other nodes; SIGINT and SIGTERM end the asking instead of
// the program.
#pragma once

#include "cli/snapshot.hpp"
#include "talk/asker.hpp"
#include "talk/fabric.hpp"
#include "util/handle.hpp"

#include <memory>

namespace knell::cli {

class Console {
    public:
	static Result<std::unique_ptr<Console>> open();

	talk::Asker asker;

	talk::Fabric &fabric() { return fabric_; }

	/// From now on signals wait until the command is done.
	void never_stop() { fabric_.never_stop(); }

    private:
	Console(UniqueFd signals, talk::Fabric fabric)
		: asker(fabric_, talk::random_number), signals_(std::move(signals)), fabric_(std::move(fabric))
	{
	}

	UniqueFd signals_;
	talk::Fabric fabric_;
};

/// May a node's helper be asked: it is up as far as this node knows.
[[nodiscard]] bool askable(const netlink::NodeRecord &node);

} // namespace knell::cli
