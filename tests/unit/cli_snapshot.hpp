// SPDX-License-Identifier: GPL-2.0
// A cluster after a takeover, for the tests of knellctl: a died, c serves records for it.
#pragma once

#include "cli/snapshot.hpp"

inline knell::cli::Snapshot sample()
{
	using namespace knell;
	constexpr std::uint64_t start = 1795172400'000000000; // 2026-11-20 11:00:00 UTC
	cli::Snapshot s;
	auto node = [&s](std::uint16_t id, const char *name, std::uint8_t role, std::uint8_t status,
			 std::uint8_t reason, std::uint64_t stamp) {
		netlink::NodeRecord n;

		n.id = id;
		n.name = name;
		n.role = role;
		n.status = status;
		n.reason = reason;
		n.epoch = 7;
		n.generation = 1;
		n.mib_hash = 0x0badcafe;
		n.stamp_ns = stamp;
		n.self = id == 4;
		s.nodes.push_back(n);
	};

	s.cluster.id = 0x4b4e0001;
	s.cluster.name = "demo";
	s.cluster.self = 4;
	s.cluster.epoch = 7;
	s.cluster.generation = 1;
	s.cluster.mib_hash = 0x0badcafe;
	node(1, "r", KNELL_ROLE_ROUTER, KNELL_STATUS_ACTIVE, KNELL_REASON_NONE, start);
	node(2, "a", KNELL_ROLE_SERVER, KNELL_STATUS_DOWN, KNELL_REASON_PANIC, start + 1'500000000);
	node(3, "b", KNELL_ROLE_SERVER, KNELL_STATUS_ACTIVE, KNELL_REASON_NONE, start);
	node(4, "c", KNELL_ROLE_SERVER, KNELL_STATUS_ACTIVE, KNELL_REASON_NONE, start);
	s.nodes[2].served = s.nodes[3].served = 1;

	netlink::AppRecord records;

	records.id = 1;
	records.name = "records";
	records.candidates = {2, 4};
	records.state = KNELL_APP_RUNNING;
	records.reason = KNELL_REASON_TAKEOVER;
	records.owner = 4;
	records.owner_epoch = 7;
	records.from = 2;
	records.version = 9;
	records.stamp_ns = start + 2'250000000;
	s.apps.push_back(records);

	netlink::AppRecord web;

	web.id = 2;
	web.name = "web";
	web.candidates = {3, 2, 4};
	web.state = KNELL_APP_RUNNING;
	web.reason = KNELL_REASON_START;
	web.owner = 3;
	web.owner_epoch = 7;
	web.version = 3;
	web.stamp_ns = start;
	s.apps.push_back(web);

	netlink::LinkInfo link;

	link.id = 1;
	link.name = "2:0:0:1";
	link.kind = KNELL_LINK_INITIATOR;
	link.state = KNELL_LINK_UP;
	link.peer = 1;
	link.tx_frames = 5;
	link.rx_frames = 17;
	link.restarts = 1;
	link.parked = 1;
	s.links.push_back(link);

	s.checks.push_back({"helper", KNELL_ANSWER_OK, KNELL_REASON_HELPER, 100, 0, 4, ""});
	s.checks.push_back({"cpu", KNELL_ANSWER_OK, KNELL_REASON_CPU, 50, 1, 10, "cpu 1"});
	return s;
}
