// SPDX-License-Identifier: GPL-2.0
// A cluster with one node more, or one less.
#include "model/document.hpp"
#include "model/members.hpp"
#include "model/order.hpp"

#include <catch2/catch.hpp>

using namespace knell::model;

namespace {

Node node(const std::string &name, NodeId id, Role role, std::vector<NodeId> standby)
{
	return {name, id, role, "iqn.2026-11.example:" + name, {"10.0.2." + std::to_string(id)}, std::move(standby)};
}

/// A router, and servers a (home of x, then b, c) and b (home of y, whose own order is c), and c.
Cluster four()
{
	Cluster cluster;

	cluster.id = 1;
	cluster.name = "demo";
	cluster.secret_file = "/etc/knell/secret";
	cluster.nodes = {node("r", 1, Role::router, {}), node("a", 2, Role::server, {3, 4}),
			 node("b", 3, Role::server, {}), node("c", 5, Role::server, {})};
	cluster.nodes[1].standby = {3, 5};
	cluster.applications.resize(2);
	cluster.applications[0].name = "x";
	cluster.applications[0].id = 1;
	cluster.applications[0].home = 2;
	cluster.applications[1].name = "y";
	cluster.applications[1].id = 2;
	cluster.applications[1].home = 3;
	cluster.applications[1].standby = std::vector<NodeId>{5};
	return cluster;
}

} // namespace

TEST_CASE("a node is added with the lowest free number, last in the orders it is to be in")
{
	const auto more = with_node(four(), node("d", 0, Role::server, {}), {2, 3});

	REQUIRE(more);
	CHECK(more->nodes.back().name == "d");
	CHECK(more->nodes.back().id == 4);
	CHECK(candidates(*more, more->applications[0]) == std::vector<NodeId>{2, 3, 5, 4});
	CHECK(find_node(*more, 3)->standby == std::vector<NodeId>{4});
	// An application with an order of its own keeps it.
	CHECK(candidates(*more, more->applications[1]) == std::vector<NodeId>{3, 5});
	CHECK(deserialize(serialize(*more)));
	CHECK(with_node(four(), node("d", 9, Role::server, {}), {})->nodes.back().id == 9);
}

TEST_CASE("what another node has is refused, with its name")
{
	auto refused = [](Node added, std::vector<NodeId> standby_of = {}) {
		auto more = with_node(four(), std::move(added), standby_of);
		REQUIRE_FALSE(more);
		return more.error().text();
	};
	auto d = node("d", 0, Role::server, {});

	CHECK(refused(node("a", 0, Role::server, {})).find("node a") != std::string::npos);
	CHECK(refused(node("d", 5, Role::server, {})).find("number 5 is that of node c") != std::string::npos);
	d.initiator = "iqn.2026-11.example:b";
	CHECK(refused(d).find("initiator name") != std::string::npos);
	d = node("d", 0, Role::server, {});
	d.addresses = {"10.0.2.1"};
	CHECK(refused(d).find("address 10.0.2.1 is that of node r") != std::string::npos);
	CHECK(refused(node("d", 0, Role::server, {}), {7}).find("no node 7") != std::string::npos);
	CHECK(refused(node("d", KNELL_NODE_MAX + 1, Role::server, {})).find("numbers go up") != std::string::npos);

	auto full = four();
	for (NodeId id = 100; full.nodes[1].standby.size() + 1 < KNELL_CANDIDATES_MAX; id++)
		full.nodes[1].standby.push_back(id);
	CHECK_FALSE(with_node(full, node("d", 0, Role::server, {}), {2}));
}

TEST_CASE("a node is removed from all orders; what was at home there moves to the next candidate")
{
	auto less = without_node(four(), 2);

	REQUIRE(less);
	CHECK(find_node(*less, 2) == nullptr);
	CHECK(less->applications[0].home == 3);
	CHECK(candidates(*less, less->applications[0]) == std::vector<NodeId>{3, 5});
	CHECK(candidates(*less, less->applications[1]) == std::vector<NodeId>{3, 5});
	CHECK(deserialize(serialize(*less)));

	less = without_node(four(), 5);
	REQUIRE(less);
	CHECK(find_node(*less, 2)->standby == std::vector<NodeId>{3});
	CHECK(candidates(*less, less->applications[1]) == std::vector<NodeId>{3});
	// To remove what was added changes nothing.
	auto there_and_back = without_node(*with_node(four(), node("d", 0, Role::server, {}), {2, 3}), 4);
	REQUIRE(there_and_back);
	CHECK(*there_and_back == four());
}

TEST_CASE("nobody removes an application's last node, the only router, or who is not there")
{
	auto alone = four();

	alone.applications[1].standby = std::vector<NodeId>{};
	CHECK(without_node(alone, 3).error().text().find("application y would have no node") != std::string::npos);
	CHECK(without_node(four(), 1).error().text().find("the only router") != std::string::npos);
	CHECK_FALSE(without_node(four(), 77));
	auto two = four();
	two.nodes.push_back(node("s", 9, Role::router, {}));
	CHECK(without_node(two, 1));
}
