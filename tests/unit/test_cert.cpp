// SPDX-License-Identifier: GPL-2.0
// Death certificates: the fields, and everything that is refused before the MAC is computed.
#include <array>
#include <catch2/catch.hpp>
#include <cstring>

extern "C" {
#include "notice/cert_wire.h"
}

namespace {

constexpr u32 cluster = 0x4b4e0001;

knell_wire_cert valid()
{
	knell_wire_cert cert;

	knell_cert_fill(&cert, cluster, 2, 0x01020304, KNELL_REASON_PANIC);
	return cert;
}

knell_cert_fault inspect(const knell_wire_cert &cert)
{
	return knell_cert_inspect(&cert, sizeof(cert), cluster);
}

} // namespace

TEST_CASE("a certificate on the wire, octet by octet")
{
	const std::array<u8, 16> expected = {
		0x4b, 0x4e, 0x4c, 0x43,		  // "KNLC"
		0x01, KNELL_REASON_PANIC,	  // version, reason
		0x00, 0x02,			  // node
		0x4b, 0x4e, 0x00, 0x01,		  // cluster
		0x01, 0x02, 0x03, 0x04,		  // epoch
	};
	const knell_wire_cert cert = valid();

	CHECK(KNELL_CERT_SIGNED_LEN == expected.size());
	CHECK(offsetof(knell_wire_cert, mac) == KNELL_CERT_SIGNED_LEN);
	CHECK(std::memcmp(&cert, expected.data(), expected.size()) == 0);
	for (u8 octet : cert.mac)
		CHECK(octet == 0);
	CHECK(inspect(cert) == KNELL_CERT_OK);
}

TEST_CASE("certificates of any other length are malformed")
{
	std::array<u8, 2 * sizeof(knell_wire_cert)> data{};
	const knell_wire_cert cert = valid();

	std::memcpy(data.data(), &cert, sizeof(cert));
	for (size_t len = 0; len <= data.size(); len++) {
		const auto fault = knell_cert_inspect(data.data(), len, cluster);

		CHECK((fault == KNELL_CERT_OK) == (len == sizeof(cert)));
	}
}

TEST_CASE("certificates need no alignment")
{
	std::array<u8, sizeof(knell_wire_cert) + 3> data{};
	const knell_wire_cert cert = valid();

	for (size_t shift = 0; shift < 4; shift++) {
		std::memcpy(data.data() + shift, &cert, sizeof(cert));
		CHECK(knell_cert_inspect(data.data() + shift, sizeof(cert), cluster) == KNELL_CERT_OK);
	}
}

TEST_CASE("certificates with a wrong field are refused")
{
	knell_wire_cert cert = valid();

	SECTION("magic")
	{
		cert.magic = cpu_to_be32(KNELL_HOP_MAGIC);
		CHECK(inspect(cert) == KNELL_CERT_MALFORMED);
	}
	SECTION("version")
	{
		cert.version = KNELL_WIRE_VERSION + 1;
		CHECK(inspect(cert) == KNELL_CERT_MALFORMED);
	}
	SECTION("no reason")
	{
		cert.reason = KNELL_REASON_NONE;
		CHECK(inspect(cert) == KNELL_CERT_MALFORMED);
	}
	SECTION("unknown reason")
	{
		cert.reason = KNELL_CERT_REASONS;
		CHECK(inspect(cert) == KNELL_CERT_MALFORMED);
	}
	SECTION("no node")
	{
		cert.node = cpu_to_be16(KNELL_NODE_NONE);
		CHECK(inspect(cert) == KNELL_CERT_MALFORMED);
	}
	SECTION("node out of range")
	{
		cert.node = cpu_to_be16(KNELL_NODE_MAX + 1);
		CHECK(inspect(cert) == KNELL_CERT_MALFORMED);
	}
	SECTION("no epoch")
	{
		cert.epoch = 0;
		CHECK(inspect(cert) == KNELL_CERT_MALFORMED);
	}
	SECTION("another cluster")
	{
		cert.cluster = cpu_to_be32(cluster + 1);
		CHECK(inspect(cert) == KNELL_CERT_CLUSTER);
	}
}

TEST_CASE("a certificate can be filled in for every cause of death")
{
	for (unsigned int reason = KNELL_REASON_PANIC; reason < KNELL_CERT_REASONS; reason++) {
		knell_wire_cert cert;

		knell_cert_fill(&cert, cluster, KNELL_NODE_MAX, U32_MAX,
				static_cast<knell_reason>(reason));
		CHECK(inspect(cert) == KNELL_CERT_OK);
		CHECK(cert.reason == reason);
	}
}
