// SPDX-License-Identifier: GPL-2.0
// Mutations of netlink attributes that keep every length right, so that a run gets behind the
// first check; what single octets can do libFuzzer does itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace fuzz {

using Octets = std::vector<std::uint8_t>;

/// An attribute: a nest if its type says so and its payload reads as attributes.
struct Attribute {
	std::uint16_t type = 0; ///< with the flag of a nest
	Octets data;		///< of what is no nest
	std::vector<Attribute> nested;
};

/// Attributes one after the other; false if these octets are none.
bool read(const std::uint8_t *data, std::size_t size, std::vector<Attribute> &out);
void write(const std::vector<Attribute> &attributes, Octets &out);

/// One random change somewhere in the tree: an attribute goes, comes again and again, moves, gets
/// another type, length or value.
void mutate(std::vector<Attribute> &tree, std::minstd_rand &random);

} // namespace fuzz
