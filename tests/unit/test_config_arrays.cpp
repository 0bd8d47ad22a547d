// SPDX-License-Identifier: GPL-2.0
// Replicas and exports in the cluster file: what is accepted, and what is refused at which line and why.
#include <catch2/catch.hpp>

#include "config/config.hpp"
#include "model/document.hpp"
#include "model/order.hpp"

using namespace knell;

namespace {

const std::string good = R"(version: 1
cluster: {name: demo, id: 0x4b4e0001, secret_file: /etc/knell/secret}
nodes:
  - {name: r, id: 1, role: router, addresses: [10.0.2.1]}
  - {name: a, id: 2, role: server, initiator: iqn.2026-11.example:a, addresses: [10.0.2.2]}
  - name: x
    id: 4
    role: array
    initiator: iqn.2026-11.example:x
    addresses: [10.0.4.2]
    standby: [y]
  - name: y
    id: 5
    role: array
    initiator: iqn.2026-11.example:y
    addresses: [10.0.5.2]
applications:
  - name: disk
    id: 2
    node: x
    replicas:
      - resource: disk
        devices: [/dev/drbd0, /dev/drbd1]
        witness: /dev/disk/by-id/wwn-0x6002
    volumes:
      - device: /dev/drbd1
        mount: /srv/disk
        type: ext4
        options: [sync]
    addresses:
      - {address: 192.168.77.200/24, interface: lan0}
    exports:
      - target: iqn.2026-11.example:data
        lun: 1
        device: /dev/drbd0
        serial: 0a00000000000000000000001
        portal: 192.168.77.200
        reservations: /srv/disk
        initiators: [a]
)";

struct Spoiled {
	const char *find;
	const char *replace;
	int line;
	const char *what;
};

const Spoiled table[] = {
	{"    initiator: iqn.2026-11.example:y\n", "", 19, "array y has no initiator"},
	{"    standby: [y]", "    standby: []", 21, "has 1 candidates"},
	{"    standby: [y]", "    standby: [a]", 21, "may come to the server a"},
	{"    node: x", "    node: a\n    standby: [x]", 22, "may come to the server a"},
	{"    replicas:\n      - resource: disk\n        devices: [/dev/drbd0, /dev/drbd1]\n"
	 "        witness: /dev/disk/by-id/wwn-0x6002\n",
	 "", 18, "may come to the array x"},
	{"role: router", "role: server, initiator: iqn.2026-11.example:r", 3, "no node is a router or an array"},
	{"[/dev/drbd0, /dev/drbd1]", "[]", 23, "has no device"},
	{"[/dev/drbd0, /dev/drbd1]", "[/dev/drbd0, /dev/sdb]", 23, "'/dev/sdb' is not a device of DRBD"},
	{"[/dev/drbd0, /dev/drbd1]", "[/dev/drbd0, /dev/drbd0]", 23, "device /dev/drbd0 belongs to"},
	{"/dev/disk/by-id/wwn-0x6002", "/dev/sdb", 24, "may be another disk on the next start"},
	{"        witness: /dev/disk/by-id/wwn-0x6002\n", "", 22, "key 'witness' is missing"},
	{"device: /dev/drbd1", "device: /dev/mapper/other", 26, "is no device of a replica"},
	{"options: [sync]", "options: [noatime]", 38, "on a volume without 'sync'"},
	{"        device: /dev/drbd0", "        device: /dev/drbd7", 35, "/dev/drbd7 is no device of a replica"},
	{"0a00000000000000000000001", "0A00000000000000000000001", 36, "is not a serial number"},
	{"0a00000000000000000000001", "12", 36, "is not a serial number"},
	{"portal: 192.168.77.200", "portal: 192.168.77.201", 37, "is no address of the application"},
	{"reservations: /srv/disk", "reservations: /srv/diskette", 38, "is on no volume of the application"},
	{"initiators: [a]", "initiators: [z]", 39, "'z' is not in the list of nodes"},
	{"initiators: [a]", "initiators: [r]", 39, "or has no initiator"},
	{"lun: 1", "lun: 256", 34, "'256' is out of range"},
	{"target: iqn.2026-11.example:data", "target: data", 33, "is not an iSCSI initiator name"},
};

} // namespace

TEST_CASE("a replicated volume is described", "[config]")
{
	const auto i = config::inspect_text("good.yaml", good);

	for (const auto &p : i.problems)
		UNSCOPED_INFO(config::format("good.yaml", p));
	REQUIRE(i.ok());
	const auto &app = i.cluster.applications.at(0);
	CHECK(app.replicas.at(0).nodes == std::vector<model::NodeId>{4, 5});
	CHECK(app.exports.at(0).initiators == std::vector<std::string>{"iqn.2026-11.example:a"});
	CHECK(app.exports.at(0).lun == 1);
	// An array that serves is a leaf of the fabric; one without applications grants.
	CHECK(model::fabric_role(i.cluster, i.cluster.nodes[2]) == model::Role::server);
	CHECK(model::fabric_role(i.cluster, i.cluster.nodes[3]) == model::Role::server);
	auto hub = i.cluster;
	hub.applications.clear();
	CHECK(model::fabric_role(hub, hub.nodes[2]) == model::Role::array);
	CHECK(model::fabric_role(hub, hub.nodes[0]) == model::Role::router);
	// The witness fences: the takeover of a lost array needs no 'fence: none'.
	CHECK((model::flags(app) & KNELL_APP_F_NO_VOLUME) == 0);
}

TEST_CASE("replicas and exports survive the document", "[config]")
{
	const auto i = config::inspect_text("good.yaml", good);
	REQUIRE(i.ok());
	const auto text = model::serialize(i.cluster);
	const auto back = model::deserialize(text);

	REQUIRE(back);
	CHECK(*back == i.cluster);
	auto without = i.cluster;
	without.applications[0].replicas.clear();
	without.applications[0].exports.clear();
	// As documents were before there were any.
	CHECK(model::serialize(without).find("replicas") == std::string::npos);
	CHECK(model::serialize(without).find("exports") == std::string::npos);
	CHECK(model::deserialize(model::serialize(without)));
}

TEST_CASE("a bad replicated volume is refused with line and reason", "[config]")
{
	for (const auto &s : table) {
		std::string text = good;
		const auto at = text.find(s.find);

		REQUIRE(at != text.npos);
		text.replace(at, std::string(s.find).size(), s.replace);
		const auto i = config::inspect_text("bad.yaml", text);
		bool found = false;
		std::string told;

		for (const auto &p : i.problems) {
			told += config::format("bad.yaml", p) + "\n";
			found |= p.what.find(s.what) != std::string::npos && p.line == s.line;
		}
		INFO(s.replace << "\nexpected line " << s.line << ": " << s.what << "\n" << told);
		CHECK_FALSE(i.ok());
		CHECK(found);
	}
}
