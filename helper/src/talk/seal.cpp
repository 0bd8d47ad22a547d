// SPDX-License-Identifier: GPL-2.0
// HMAC-SHA256 of libcrypto.
#include "talk/seal.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace knell::talk {

namespace {

constexpr std::string_view magic = "KNLS", label = "knell: talk of strangers";
constexpr std::size_t mac_size = 32, head_size = seal_size - mac_size;

/// Empty if the library fails.
std::string mac_of(const model::Secret &secret, std::string_view challenge, std::string_view packet)
{
	std::string text(label), mac(mac_size, '\0');
	unsigned length = 0;

	text += challenge;
	text += packet;
	if (!HMAC(EVP_sha256(), secret.octets.data(), static_cast<int>(secret.octets.size()),
		  reinterpret_cast<const unsigned char *>(text.data()), text.size(),
		  reinterpret_cast<unsigned char *>(mac.data()), &length) ||
	    length != mac_size)
		return {};
	return mac;
}

} // namespace

std::string Seal::close(std::uint64_t challenge, std::string_view packet) const
{
	const std::string number = Writer().u64(challenge).take();
	const std::string mac = mac_of(secret_, number, packet);

	if (mac.empty())
		return {};
	return Writer().rest(magic).rest(number).rest(mac).rest(packet).take();
}

std::optional<Unsealed> Seal::open(std::string_view octets) const
{
	if (octets.size() < seal_size || !octets.starts_with(magic))
		return std::nullopt;
	const auto number = octets.substr(magic.size(), head_size - magic.size());
	const auto packet = octets.substr(seal_size);
	const std::string mac = mac_of(secret_, number, packet);
	if (mac.size() != mac_size || CRYPTO_memcmp(mac.data(), octets.data() + head_size, mac_size) != 0)
		return std::nullopt;
	return Unsealed{Reader(number).u64(), std::string(packet)};
}

std::optional<Packet> Seal::peek(std::string_view octets)
{
	if (octets.size() < seal_size || !octets.starts_with(magic))
		return std::nullopt;
	return decode(octets.substr(seal_size));
}

} // namespace knell::talk
