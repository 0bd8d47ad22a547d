// SPDX-License-Identifier: GPL-2.0
// knellctl diagnose: what is wrong, as all nodes together see it, and what to do.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/snapshot.hpp"
#include "talk/facts.hpp"

namespace knell::cli {

/// What a node said of itself, or why it said nothing.
struct Testimony {
	std::uint16_t id = 0;
	std::string node;
	Result<talk::Facts> facts;
	std::uint64_t heard_ns = 0; ///< CLOCK_REALTIME here when it was heard
};

/// Clocks that differ by more are told: epochs and histories are in the order of clocks.
inline constexpr std::uint64_t clock_tolerance_ns = 5'000'000'000;

/// One sentence each, with what to do in brackets; empty if all is well.
/// @digest: hexadecimal SHA-256 of the description in force here
[[nodiscard]] std::vector<std::string> diagnosis(const Snapshot &s, const std::string &digest,
						 const std::vector<Testimony> &testimonies);

/// What is worth knowing, but not wrong: cluster files that are not what is in force, and machines in no cluster.
[[nodiscard]] std::vector<std::string> notes(const Snapshot &s, const std::vector<Testimony> &testimonies);

} // namespace knell::cli
