// SPDX-License-Identifier: GPL-2.0
// Nodes and a logical unit for tests of the fence.
#pragma once

#include "fake_unit.hpp"

namespace fence_world {

using namespace knell;
using namespace knell::actions;
using namespace std::chrono_literals;

inline constexpr std::uint32_t cluster = 0x4b4e0001;

/// Nodes and their status as the kernel would tell.
struct World {
	std::shared_ptr<fake::Unit> unit = std::make_shared<fake::Unit>();
	std::map<std::uint16_t, NodeView> nodes;

	Site site(std::uint16_t node, std::uint32_t epoch)
	{
		nodes[node] = {KNELL_STATUS_STANDBY, epoch};
		Site made;
		made.cluster = cluster;
		made.node = node;
		made.epoch = epoch;
		made.look_up = [this](std::uint16_t who) -> Result<NodeView> { return nodes[who]; };
		return made;
	}
};

inline Control soon(Clock::duration time = 5s)
{
	return {Clock::now() + time, {}, false};
}

inline std::uint64_t key(std::uint16_t node, std::uint16_t epoch)
{
	return Key{cluster, node, epoch}.number();
}

} // namespace fence_world
