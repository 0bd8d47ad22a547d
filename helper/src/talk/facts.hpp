// SPDX-License-Identifier: GPL-2.0
// What a node says about itself when it is asked.
#pragma once

#include "model/cluster.hpp"
#include "util/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace knell::talk {

struct Facts {
	std::uint32_t cluster = 0;	///< 0 = it is in none
	std::uint16_t id = 0;
	std::uint64_t instance = 0;	///< random number of this life of its daemon
	std::string name;
	std::string host;		///< host name of the machine
	std::string initiator;		///< of the machine, not of the description; empty = none
	std::vector<std::string> addresses;
	std::string role;
	std::uint32_t epoch = 0;
	std::string kernel;		///< release
	std::string version;		///< of knelld
	std::uint32_t generation = 0;	///< of the description in force
	std::string sha256;		///< of it, hexadecimal
	bool distributed = false;	///< it came by start of day, not by a file on that node
	std::uint64_t candidate = 0;	///< start of day under way there, 0 = none
	std::uint64_t clock_ns = 0;	///< CLOCK_REALTIME
	std::string file;		///< how the cluster file there differs from it, for people; empty = not at all
	std::vector<std::string> problems;	///< what that node cannot do, for people

	bool operator==(const Facts &) const = default;
};

/// JSON; members that are not known are skipped when it is read.
[[nodiscard]] std::string serialize(const Facts &facts);
[[nodiscard]] Result<Facts> read_facts(std::string_view text);

} // namespace knell::talk
