// SPDX-License-Identifier: GPL-2.0
// Which of two versions of a record is newer (ADR 0001).
#include <catch2/catch.hpp>

#include "membership/record.h"

namespace {

knell_node_rec node(u8 status, u32 epoch, u32 seq)
{
	knell_node_rec rec{};

	rec.node = 2;
	rec.status = status;
	rec.epoch = epoch;
	rec.seq = seq;
	return rec;
}

knell_app_rec app(u32 version, u16 author)
{
	knell_app_rec rec{};

	rec.app = 1;
	rec.version = version;
	rec.author = author;
	return rec;
}

int cmp(const knell_node_rec &a, const knell_node_rec &b)
{
	return knell_node_rec_cmp(&a, &b);
}

constexpr u32 LAST = KNELL_SEQ_TERMINAL;

} // namespace

TEST_CASE("A higher epoch is newer than anything of a lower one")
{
	CHECK(cmp(node(KNELL_STATUS_JOINING, 2, 1), node(KNELL_STATUS_DOWN, 1, LAST)) > 0);
	CHECK(cmp(node(KNELL_STATUS_DOWN, 1, LAST), node(KNELL_STATUS_JOINING, 2, 1)) < 0);
}

TEST_CASE("Within an epoch DOWN outranks LOST outranks LEFT outranks the rest")
{
	CHECK(cmp(node(KNELL_STATUS_DOWN, 1, LAST), node(KNELL_STATUS_LOST, 1, LAST)) > 0);
	CHECK(cmp(node(KNELL_STATUS_LOST, 1, LAST), node(KNELL_STATUS_LEFT, 1, LAST)) > 0);
	CHECK(cmp(node(KNELL_STATUS_LEFT, 1, LAST), node(KNELL_STATUS_ACTIVE, 1, LAST - 1)) > 0);
	CHECK(cmp(node(KNELL_STATUS_RECOVERED, 1, 9), node(KNELL_STATUS_LEFT, 1, LAST)) < 0);
}

TEST_CASE("Among the other statuses the higher sequence is newer")
{
	CHECK(cmp(node(KNELL_STATUS_STANDBY, 1, 3), node(KNELL_STATUS_ACTIVE, 1, 2)) > 0);
	CHECK(cmp(node(KNELL_STATUS_STANDBY, 1, 2), node(KNELL_STATUS_ACTIVE, 1, 3)) < 0);
	CHECK(cmp(node(KNELL_STATUS_STANDBY, 1, 2), node(KNELL_STATUS_STANDBY, 1, 2)) == 0);
}

TEST_CASE("Anything is newer than nothing heard")
{
	CHECK(cmp(node(KNELL_STATUS_JOINING, 1, 1), knell_node_rec{}) > 0);
}

TEST_CASE("A higher version of an application is newer; a tie is the router's")
{
	const knell_app_rec a = app(2, 1), b = app(1, 9), c = app(2, 9);

	CHECK(knell_app_rec_cmp(&a, false, &b, true) > 0);
	CHECK(knell_app_rec_cmp(&a, true, &c, false) > 0);
	CHECK(knell_app_rec_cmp(&a, false, &c, true) < 0);
	CHECK(knell_app_rec_cmp(&c, true, &a, true) > 0);
	CHECK(knell_app_rec_cmp(&a, false, &a, false) == 0);
}

TEST_CASE("A router that has written nothing yet leaves room for what it may have forgotten")
{
	CHECK(knell_app_version_above(0, false) == 1);
	CHECK(knell_app_version_above(7, false) == 8);
	CHECK(knell_app_version_above(7, true) == 7 + KNELL_VERSION_GAP + 1);
	// Fewer than the gap are forgotten: what it writes now is none of them.
	for (u32 forgotten = 0; forgotten < KNELL_VERSION_GAP; forgotten++)
		CHECK(knell_app_version_above(7, true) > 7 + forgotten);
}

TEST_CASE("Versions come to an end and do not start over")
{
	CHECK(knell_app_version_above(~0U - 1, false) == ~0U);
	CHECK(knell_app_version_above(~0U, false) == 0);
	CHECK(knell_app_version_above(~0U - KNELL_VERSION_GAP - 1, true) == ~0U);
	CHECK(knell_app_version_above(~0U - KNELL_VERSION_GAP, true) == 0);
}

TEST_CASE("Terminal and up")
{
	for (const u8 status : {KNELL_STATUS_LEFT, KNELL_STATUS_LOST, KNELL_STATUS_DOWN}) {
		CHECK(knell_status_terminal(status));
		CHECK_FALSE(knell_status_up(status));
	}
	for (const u8 status : {KNELL_STATUS_JOINING, KNELL_STATUS_STANDBY, KNELL_STATUS_ACTIVE,
				KNELL_STATUS_RECOVERED}) {
		CHECK_FALSE(knell_status_terminal(status));
		CHECK(knell_status_up(status));
	}
	CHECK_FALSE(knell_status_up(KNELL_STATUS_UNKNOWN));
	CHECK_FALSE(knell_status_terminal(KNELL_STATUS_UNKNOWN));
}
