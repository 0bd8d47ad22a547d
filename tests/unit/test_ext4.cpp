// SPDX-License-Identifier: GPL-2.0
// When an ext4 superblock asks for a check.
#include "actions/ext4.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace knell::actions;

namespace {

std::array<std::uint8_t, ext4_superblock_size> healthy()
{
	std::array<std::uint8_t, ext4_superblock_size> superblock{};

	superblock[0x38] = 0x53;
	superblock[0x39] = 0xef;
	superblock[0x3a] = 0x01;	// clean
	superblock[0x36] = 0xff;	// no limit of mounts
	superblock[0x37] = 0xff;
	return superblock;
}

} // namespace

TEST_CASE("a healthy ext4 file system is not checked, also when its journal is to be replayed")
{
	auto superblock = healthy();

	CHECK_FALSE(ext4_wants_check(superblock, 1000));
	superblock[0x3a] = 0;		// not unmounted cleanly
	CHECK_FALSE(ext4_wants_check(superblock, 1000));
}

TEST_CASE("errors, the mount count and the interval ask for a check")
{
	auto superblock = healthy();

	SECTION("state") { superblock[0x3a] |= 0x02; }
	SECTION("error count") { superblock[0x195] = 1; }
	SECTION("mount count")
	{
		superblock[0x34] = 20;
		superblock[0x36] = 20;
		superblock[0x37] = 0;
	}
	SECTION("interval")
	{
		superblock[0x40] = 100;
		superblock[0x44] = 100;
	}
	SECTION("no superblock") { superblock[0x38] = 0; }
	CHECK(ext4_wants_check(superblock, 1000));
}

TEST_CASE("a superblock cut short asks for a check")
{
	auto superblock = healthy();

	CHECK(ext4_wants_check(std::span(superblock).first(512), 1000));
	CHECK_FALSE(ext4_wants_check("/nonexistent"));
}
