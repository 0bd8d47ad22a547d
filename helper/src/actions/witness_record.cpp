// SPDX-License-Identifier: GPL-2.0
// Octets of the witness, big-endian: magic (8), version (2), application (2), cluster (4), sequence (8),
// number of nodes (2), nodes (2 each), zeroes, CRC-32C of all before it (4, at the end).
#include "actions/witness.hpp"

#include <algorithm>

namespace knell::actions {

namespace {

constexpr std::array<std::uint8_t, 8> magic{'K', 'N', 'E', 'L', 'L', 'W', 'I', 'T'};
constexpr std::uint16_t format_version = 1;
constexpr std::size_t nodes_at = 26;
constexpr std::size_t checksum_at = witness_block - 4;

/// CRC-32C (Castagnoli), as iSCSI has it.
std::uint32_t crc32c(std::span<const std::uint8_t> octets)
{
	std::uint32_t crc = 0xffffffff;

	for (std::uint8_t octet : octets) {
		crc ^= octet;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

template <class T>
void put(WitnessBlock &block, std::size_t at, T value)
{
	for (std::size_t i = 0; i < sizeof(T); i++)
		block[at + i] = static_cast<std::uint8_t>(value >> 8 * (sizeof(T) - 1 - i));
}

template <class T>
T get(std::span<const std::uint8_t> block, std::size_t at)
{
	T value = 0;

	for (std::size_t i = 0; i < sizeof(T); i++)
		value = static_cast<T>(value << 8 | block[at + i]);
	return value;
}

} // namespace

bool WitnessRecord::has(std::uint16_t node) const
{
	return std::find(current.begin(), current.end(), node) != current.end();
}

WitnessBlock encode_witness(const WitnessRecord &record)
{
	WitnessBlock block{};

	std::copy(magic.begin(), magic.end(), block.begin());
	put(block, 8, format_version);
	put(block, 10, record.app);
	put(block, 12, record.cluster);
	put(block, 16, record.sequence);
	put(block, 24, static_cast<std::uint16_t>(record.current.size()));
	for (std::size_t i = 0; i < record.current.size(); i++)
		put(block, nodes_at + 2 * i, record.current[i]);
	put(block, checksum_at, crc32c(std::span(block).first(checksum_at)));
	return block;
}

std::optional<WitnessRecord> decode_witness(std::span<const std::uint8_t> block)
{
	if (block.size() != witness_block || !std::equal(magic.begin(), magic.end(), block.begin()) ||
	    get<std::uint16_t>(block, 8) != format_version)
		return {};
	WitnessRecord record;
	const auto count = get<std::uint16_t>(block, 24);
	record.app = get<std::uint16_t>(block, 10);
	record.cluster = get<std::uint32_t>(block, 12);
	record.sequence = get<std::uint64_t>(block, 16);
	if (record.sequence == 0 || count == 0 || count > witness_nodes_max)
		return {};
	for (std::size_t i = 0; i < count; i++)
		record.current.push_back(get<std::uint16_t>(block, nodes_at + 2 * i));
	// The checksum, and all else, is as it would have been written.
	const auto written = encode_witness(record);
	if (!std::equal(written.begin(), written.end(), block.begin()))
		return {};
	return record;
}

} // namespace knell::actions
