// SPDX-License-Identifier: GPL-2.0
// The MIB document: a cluster as canonical text, the same octets on every node.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/cluster.hpp"
#include "util/result.hpp"

namespace knell::model {

/// Version of the document's layout; a reader refuses any other.
inline constexpr int document_version = 1;

using Sha256 = std::array<std::uint8_t, 32>;

/// Digest of any octets. Fails only if the crypto library does.
[[nodiscard]] Result<Sha256> sha256(std::string_view octets);

/// Lower-case hexadecimal digits.
[[nodiscard]] std::string hex(std::string_view octets);
[[nodiscard]] std::string hex(const Sha256 &digest);

/// First 32 bits, as in KNELL_A_NODE_MIB_HASH.
[[nodiscard]] std::uint32_t short_hash(const Sha256 &digest);

/// Canonical JSON: sorted keys, no white space, every member present, times in
/// milliseconds. Equal clusters give equal octets.
[[nodiscard]] std::string serialize(const Cluster &cluster);

/// The way back; refuses what serialize() would not have written.
[[nodiscard]] Result<Cluster> deserialize(std::string_view text);

} // namespace knell::model
