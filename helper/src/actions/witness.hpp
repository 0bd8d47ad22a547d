// SPDX-License-Identifier: GPL-2.0
// The witness of a replicated volume: a small logical unit that is on none of its arrays and says which
// of them hold everything that was ever acknowledged. Only who holds its reservation may write it.
//
// Two slots of one block, written in turn: a write that was cut off leaves the record before it.
#pragma once

#include "util/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace knell::actions {

/// What the witness says.
struct WitnessRecord {
	std::uint32_t cluster = 0;
	std::uint16_t app = 0;
	std::uint64_t sequence = 0;		///< one more with every write; 0 = never written
	std::vector<std::uint16_t> current;	///< nodes whose replica lacks nothing, ascending

	bool has(std::uint16_t node) const;
	bool operator==(const WitnessRecord &) const = default;
};

inline constexpr std::size_t witness_block = 4096;	///< octets of a slot; any disk writes so many
inline constexpr std::size_t witness_slots = 2;
inline constexpr std::size_t witness_nodes_max = 16;

using WitnessBlock = std::array<std::uint8_t, witness_block>;

/// One slot's octets.
WitnessBlock encode_witness(const WitnessRecord &record);

/// Nothing: not a record, or a damaged one.
std::optional<WitnessRecord> decode_witness(std::span<const std::uint8_t> block);

/// The storage of both slots. The calls block until the storage has answered.
class WitnessStore {
public:
	virtual ~WitnessStore() = default;

	virtual Result<WitnessBlock> read(std::size_t slot) = 0;
	/// On return it is on the medium. Code reservation_conflict: this node does not hold the reservation.
	virtual Status write(std::size_t slot, const WitnessBlock &block) = 0;
};

/// A block device, past every cache of this node.
class WitnessDevice : public WitnessStore {
public:
	explicit WitnessDevice(std::string device) : device_(std::move(device)) {}

	Result<WitnessBlock> read(std::size_t slot) override;
	Status write(std::size_t slot, const WitnessBlock &block) override;

private:
	std::string device_;
};

/// Error code of read_witness(): EILSEQ.
inline constexpr int witness_damaged = 84;

/// The newest record of `app`; sequence 0 and nobody current if both slots hold only zeroes. Error if
/// there is something else (witness_damaged), or another application's.
Result<WitnessRecord> read_witness(WitnessStore &store, std::uint32_t cluster, std::uint16_t app);

/// Write `current` as the record after `last`, into the slot that does not hold `last`.
Status write_witness(WitnessStore &store, const WitnessRecord &last, std::vector<std::uint16_t> current);

/// Write `current` into both slots, also over damaged ones. Only for who knows it from the replicas themselves.
Status reset_witness(WitnessStore &store, std::uint32_t cluster, std::uint16_t app,
		     const std::vector<std::uint16_t> &current);

} // namespace knell::actions
