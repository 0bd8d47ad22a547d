// SPDX-License-Identifier: GPL-2.0
// Health: which answers of a disk mean that another node may have fenced this one.
#include <catch2/catch.hpp>

#include <array>

#include "health/conflict.h"

namespace {

constexpr u8 WRITE_10 = 0x2a, PR_IN = 0x5e, PR_OUT = 0x5f;
constexpr u8 GOOD = 0, CHECK = 2, BUSY = 8, CONFLICT = 0x18;

std::array<u8, 18> fixed(u8 key, u8 asc, u8 ascq)
{
	std::array<u8, 18> sense{};

	sense[0] = 0x70;
	sense[2] = key;
	sense[12] = asc;
	sense[13] = ascq;
	return sense;
}

bool suspected(u8 key, u8 asc, u8 ascq)
{
	auto sense = fixed(key, asc, ascq);

	return knell_conflict_suspected(WRITE_10, CHECK, sense.data(), sense.size());
}

} // namespace

TEST_CASE("a reservation conflict is suspicious, whatever was asked")
{
	CHECK(knell_conflict_suspected(WRITE_10, CONFLICT, nullptr, 0));
	CHECK(knell_conflict_suspected(0x28, CONFLICT, nullptr, 0));
}

TEST_CASE("commands on reservations are looked at by who sends them")
{
	auto sense = fixed(6, 0x2a, 0x03);

	CHECK_FALSE(knell_conflict_suspected(PR_IN, CHECK, sense.data(), sense.size()));
	CHECK_FALSE(knell_conflict_suspected(PR_OUT, CONFLICT, nullptr, 0));
}

TEST_CASE("unit attentions tell of a preemption")
{
	CHECK(suspected(6, 0x2a, 0x03));
	CHECK(suspected(6, 0x2a, 0x05));
	// Reservations released, mode parameters changed, power on.
	CHECK_FALSE(suspected(6, 0x2a, 0x04));
	CHECK_FALSE(suspected(6, 0x2a, 0x01));
	CHECK_FALSE(suspected(6, 0x29, 0x00));
	// Another sense key with the same code.
	CHECK_FALSE(suspected(5, 0x2a, 0x03));
}

TEST_CASE("descriptor format is read too")
{
	const std::array<u8, 8> sense{0x72, 6, 0x2a, 0x05};

	CHECK(knell_conflict_suspected(WRITE_10, CHECK, sense.data(), sense.size()));
}

TEST_CASE("sense data that is cut off or strange says nothing")
{
	auto sense = fixed(6, 0x2a, 0x03);

	for (std::size_t len = 0; len < 14; len++)
		CHECK_FALSE(knell_conflict_suspected(WRITE_10, CHECK, sense.data(), len));
	sense[0] = 0x7f;
	CHECK_FALSE(knell_conflict_suspected(WRITE_10, CHECK, sense.data(), sense.size()));
}

TEST_CASE("other answers say nothing")
{
	auto sense = fixed(6, 0x2a, 0x03);

	CHECK_FALSE(knell_conflict_suspected(WRITE_10, GOOD, sense.data(), sense.size()));
	CHECK_FALSE(knell_conflict_suspected(WRITE_10, BUSY, sense.data(), sense.size()));
}
