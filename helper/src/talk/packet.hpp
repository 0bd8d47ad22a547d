// SPDX-License-Identifier: GPL-2.0
// A packet of the talk between helpers: one request or one answer, and the fields in it.
//
// Header, 16 octets, big-endian, the same in every version: magic "KNLT", version, kind, method,
// outcome (0 in a request), and the request's number. The body follows. Pure: no socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace knell::talk {

inline constexpr std::uint8_t packet_version = 1;
inline constexpr std::size_t packet_max = 3072;		///< what a frame of kind MESSAGE carries
inline constexpr std::size_t packet_header = 16;
inline constexpr std::size_t body_max = packet_max - packet_header;

enum class Kind : std::uint8_t { request = 1, answer = 2 };

/// Requests are idempotent: to hear one twice does no more than to hear it once.
enum class Method : std::uint8_t {
	read = 1,	///< a part of something this node holds
	write = 2,	///< a part of a new description
	prepare = 3,	///< keep what was written as candidate, and test whether it would do here
	commit = 4,	///< the candidate is in force from now on
	abort = 5,	///< forget it
	test = 6,	///< test whether this node could serve what it is a candidate of
	leave = 7,	///< release everything and leave the cluster in good order
	pass = 8,	///< pass something on to a machine without a cluster, see relay.hpp
};

enum class Outcome : std::uint8_t {
	ok = 0,
	working = 1,		///< ask again later
	again = 2,		///< what was read or written is not there any more: start over
	refused = 3,		///< body: why, for people
	failed = 4,		///< body: why, for people
	malformed = 5,		///< the body is not what this method takes
	unknown_method = 6,
	unknown_version = 7,
};

struct Packet {
	std::uint8_t version = packet_version;
	Kind kind = Kind::request;
	std::uint8_t method = 0;	///< enum Method, or one of a later knell
	std::uint8_t outcome = 0;	///< enum Outcome, or one of a later knell
	std::uint64_t number = 0;	///< random, not 0; an answer has its request's
	std::string body;		///< at most body_max octets
};

/// The octets to send; the body is cut at body_max.
[[nodiscard]] std::string encode(const Packet &packet);

/// Nothing if it is no packet of ours: magic, kind, number or length is wrong. Of another
/// version only the header is understood, and the body is left as it is.
[[nodiscard]] std::optional<Packet> decode(std::string_view octets);

/// Appends fields to a body.
class Writer {
public:
	Writer &u8(std::uint8_t value) { return number(value, 1); }
	Writer &u32(std::uint32_t value) { return number(value, 4); }
	Writer &u64(std::uint64_t value) { return number(value, 8); }
	/// The rest of the body.
	Writer &rest(std::string_view octets)
	{
		octets_ += octets;
		return *this;
	}
	[[nodiscard]] std::string take() { return std::move(octets_); }

private:
	Writer &number(std::uint64_t value, int octets);

	std::string octets_;
};

/// Takes fields from a body; good() turns false at the first that is not there.
class Reader {
public:
	explicit Reader(std::string_view octets) : left_(octets) {}

	std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
	std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
	std::uint64_t u64() { return number(8); }
	/// Exactly `count` octets.
	std::string_view octets(std::size_t count);
	std::string_view rest() { return octets(left_.size()); }
	/// Nothing was missing.
	[[nodiscard]] bool good() const { return good_; }
	/// Nothing was missing and nothing is left.
	[[nodiscard]] bool complete() const { return good_ && left_.empty(); }

private:
	std::uint64_t number(std::size_t count);

	std::string_view left_;
	bool good_ = true;
};

} // namespace knell::talk
