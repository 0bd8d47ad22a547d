// SPDX-License-Identifier: GPL-2.0
// What the requests ask and what their answers say, as passive data with their way to a body and
// back. A decoder gives nothing for a body that is not exactly what it should be. Pure.
#pragma once

#include "model/document.hpp"
#include "talk/packet.hpp"

namespace knell::talk {

/// Octets of contents in one packet; what is longer goes in parts. Leaves room for two envelopes
/// (seal.hpp) and for the longest name of an initiator (relay.hpp).
inline constexpr std::size_t part_max = 2560;
/// Octets of the body of any answer: a part with its fields, or words for people.
inline constexpr std::size_t answer_max = part_max + 64;
/// Nothing longer is read or written.
inline constexpr std::uint32_t content_max = KNELL_MIB_MAX;

/// What can be read of a node.
enum class What : std::uint8_t {
	facts = 1,	///< JSON, see facts.hpp
	mib = 2,	///< the description in force, as stored on the disk
	candidate = 3,	///< the candidate, as stored on the disk
	history = 4,	///< JSON lines; argument: how many
	report = 5,	///< JSON: the tables of that node's kernel
	neighbours = 6,	///< JSON: names of its links to machines without a cluster
	test = 7,	///< JSON, see examination.hpp; argument: lower half of the test's number
	statistics = 8,	///< JSON, see samples.hpp; argument: how many
};

/// A request to read. The first has offset and tag 0; the following have the tag of its answer.
struct ReadRequest {
	What what = What::facts;
	std::uint32_t offset = 0;
	std::uint64_t tag = 0;
	std::uint32_t argument = 0;

	bool operator==(const ReadRequest &) const = default;
};

/// A part of what is read; the tag says of which contents (half a hash), so that parts of two
/// are never put together.
struct Part {
	std::uint64_t tag = 0;
	std::uint32_t total = 0;
	std::uint32_t offset = 0;
	std::string octets;

	bool operator==(const Part &) const = default;
};

/// A part of a new description, of the start of day `transaction`.
struct WriteRequest {
	std::uint64_t transaction = 0;
	std::uint32_t total = 0;
	std::uint32_t offset = 0;
	std::string octets;

	bool operator==(const WriteRequest &) const = default;
};

/// Of prepare, commit and abort: which start of day, and what the description's hash must be.
struct Decision {
	std::uint64_t transaction = 0;
	model::Sha256 sha256{};

	bool operator==(const Decision &) const = default;
};

[[nodiscard]] std::string body_of(const ReadRequest &request);
[[nodiscard]] std::string body_of(const Part &part);
[[nodiscard]] std::string body_of(const WriteRequest &request);
[[nodiscard]] std::string body_of(const Decision &decision);

/// Of a test: its number, random and not 0.
[[nodiscard]] std::string body_of_test(std::uint64_t number);

/// Octets written so far: the answer to a write.
[[nodiscard]] std::string body_of_written(std::uint32_t octets);

[[nodiscard]] std::optional<ReadRequest> read_request(std::string_view body);
[[nodiscard]] std::optional<Part> part(std::string_view body);
[[nodiscard]] std::optional<WriteRequest> write_request(std::string_view body);
[[nodiscard]] std::optional<Decision> decision(std::string_view body);
[[nodiscard]] std::optional<std::uint64_t> test_number(std::string_view body);
[[nodiscard]] std::optional<std::uint32_t> written(std::string_view body);

} // namespace knell::talk
