// SPDX-License-Identifier: GPL-2.0
// libFuzzer: the frame decoder never reads outside the frame, and what it accepts it would
// have written itself, octet by octet.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "fabric/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace {

void same(const void *a, const void *b, std::size_t size)
{
	if (std::memcmp(a, b, size) != 0)
		std::abort();
}

/// Decode `payload` with `get`; if that works, encode with `put` and compare.
template <class Info, class Wire, class Get, class Put>
void round_trip(const std::vector<std::uint8_t> &payload, Get get, Put put)
{
	Info info;
	std::uint8_t again[sizeof(Wire)];

	if (get(payload.data(), payload.size(), &info) != 0)
		return;
	put(again, &info);
	same(again, payload.data(), sizeof(again));
}

void nodes(const std::vector<std::uint8_t> &payload)
{
	const int count = knell_wire_records(static_cast<u16>(payload.size()));

	for (int i = 0; i < count; i++) {
		std::uint8_t again[sizeof(knell_wire_node)];
		knell_node_rec rec;

		if (knell_wire_get_node(payload.data(), payload.size(), static_cast<unsigned>(i), &rec))
			continue;
		if (knell_node_rec_cmp(&rec, &rec) != 0)
			std::abort();
		knell_wire_put_node(again, &rec);
		same(again, payload.data() + static_cast<std::size_t>(i) * sizeof(again), sizeof(again));
	}
}

void apps(const std::vector<std::uint8_t> &payload)
{
	const int count = knell_wire_records(static_cast<u16>(payload.size()));

	for (int i = 0; i < count; i++) {
		std::uint8_t again[sizeof(knell_wire_app)];
		knell_app_rec rec;

		if (knell_wire_get_app(payload.data(), payload.size(), static_cast<unsigned>(i), &rec))
			continue;
		if (knell_app_rec_cmp(&rec, true, &rec, true) != 0)
			std::abort();
		knell_wire_put_app(again, &rec);
		same(again, payload.data() + static_cast<std::size_t>(i) * sizeof(again), sizeof(again));
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	knell_frame_info info;

	if (knell_wire_get_header(data, size, &info) != 0)
		return 0;
	std::uint8_t header[KNELL_FRAME_HDR_LEN];
	knell_wire_put_header(header, &info);
	same(header, data, sizeof(header));

	// A copy of its own, so that the sanitizer sees a step over its end.
	const std::vector<std::uint8_t> payload(data + KNELL_FRAME_HDR_LEN, data + size);
	if (payload.size() != info.length)
		std::abort();
	switch (info.kind) {
	case KNELL_FRAME_HELLO:
		round_trip<knell_hello, knell_wire_hello>(payload, knell_wire_get_hello, knell_wire_put_hello);
		break;
	case KNELL_FRAME_NODE:
		nodes(payload);
		break;
	case KNELL_FRAME_APP:
		apps(payload);
		break;
	case KNELL_FRAME_CLAIM:
		round_trip<knell_claim, knell_wire_claim>(payload, knell_wire_get_claim, knell_wire_put_claim);
		break;
	case KNELL_FRAME_ORDER:
		round_trip<knell_order_info, knell_wire_order>(payload, knell_wire_get_order,
							       knell_wire_put_order);
		break;
	case KNELL_FRAME_PROBE:
	case KNELL_FRAME_PROBE_REPLY:
		round_trip<knell_probe, knell_wire_probe>(payload, knell_wire_get_probe, knell_wire_put_probe);
		break;
	default:
		break;
	}
	return 0;
}
