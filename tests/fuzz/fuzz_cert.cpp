// SPDX-License-Identifier: GPL-2.0
// libFuzzer: a datagram of any content is judged within its bounds; what passes was filled in
// by the same rules.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
#include "notice/cert_wire.h"
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	constexpr u32 cluster = 0x01020304;
	knell_wire_cert got, again;

	if (knell_cert_inspect(data, size, cluster) != KNELL_CERT_OK)
		return 0;
	std::memcpy(&got, data, sizeof(got));
	knell_cert_fill(&again, cluster, be16_to_cpu(got.node), be32_to_cpu(got.epoch),
			static_cast<knell_reason>(got.reason));
	if (std::memcmp(&got, &again, KNELL_CERT_SIGNED_LEN) != 0)
		std::abort();
	return 0;
}
