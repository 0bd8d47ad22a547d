// SPDX-License-Identifier: GPL-2.0
// What packets travel in between machines that share the cluster's secret, but no cluster: the
// kernel vouches for no more than the initiator they came from.
//
// 44 octets, then the packet: magic "KNLS", the challenge, and HMAC-SHA256 (RFC 2104) with the secret
// over a label, the challenge and the packet. The challenge is a random number of the side that
// is asked, drawn at its start: what was asked of an earlier life of it is worth nothing. An answer
// is bound to its request by the request's number. Nothing is encrypted; the secret never travels.
#pragma once

#include "model/cluster.hpp"
#include "talk/packet.hpp"

namespace knell::talk {

inline constexpr std::size_t seal_size = 44;

/// A packet out of its envelope.
struct Unsealed {
	std::uint64_t challenge = 0;	///< of the side that is asked; 0 = not known yet
	std::string packet;
};

class Seal {
public:
	explicit Seal(model::Secret secret) : secret_(std::move(secret)) {}

	/// The octets to send; empty if the crypto library fails.
	[[nodiscard]] std::string close(std::uint64_t challenge, std::string_view packet) const;
	/// Nothing if it is no envelope, or of another secret.
	[[nodiscard]] std::optional<Unsealed> open(std::string_view octets) const;
	/// The packet inside, whoever sealed it: for whoever passes it on. Nothing if there is none.
	[[nodiscard]] static std::optional<Packet> peek(std::string_view octets);

private:
	model::Secret secret_;
};

} // namespace knell::talk
