// SPDX-License-Identifier: GPL-2.0
// The MIB document, the order of takeover and the difference of two clusters.
#include <catch2/catch.hpp>

#include "config/config.hpp"
#include "model/diff.hpp"
#include "model/document.hpp"
#include "model/names.hpp"
#include "model/order.hpp"

using namespace knell;
using namespace knell::model;

namespace {

Cluster example()
{
	const config::Inspection i = config::inspect(KNELL_TOP "/Documentation/cluster-example.yaml");

	REQUIRE(i.ok());
	return i.cluster;
}

std::string swap(std::string text, const std::string &find, const std::string &replace)
{
	const auto at = text.find(find);

	REQUIRE(at != text.npos);
	return text.replace(at, find.size(), replace);
}

} // namespace

TEST_CASE("a cluster survives the way to the document and back", "[document]")
{
	Cluster cluster = example();

	cluster.generation = 7;
	cluster.applications[0].standby = std::vector<NodeId>{4, 3};
	cluster.applications[0].executables[0].arguments.push_back("gr\u00fc\u00df \"dich\"\n");
	const std::string text = serialize(cluster);
	const auto back = deserialize(text);

	REQUIRE(back);
	CHECK(*back == cluster);
	CHECK(serialize(*back) == text);
}

TEST_CASE("how an application is asked is kept, and a document without it is as it was", "[document]")
{
	Cluster cluster = example();
	const std::string before = serialize(cluster);

	CHECK(before.find("response") == before.npos);
	cluster.applications[0].response = {"/usr/bin/ask", "-h", "10.0.0.20"};
	const std::string text = serialize(cluster);
	const auto back = deserialize(text);
	REQUIRE(back);
	CHECK(*back == cluster);
	CHECK(text == swap(before, R"("standby":null,"takeover")",
			   R"("response":["/usr/bin/ask","-h","10.0.0.20"],"standby":null,"takeover")"));
	CHECK_FALSE(deserialize(swap(text, R"(["/usr/bin/ask","-h","10.0.0.20"])", "[]")));
	CHECK_FALSE(deserialize(swap(text, R"(["/usr/bin/ask","-h","10.0.0.20"])", "[1]")));
	CHECK_FALSE(deserialize(swap(text, R"(["/usr/bin/ask","-h","10.0.0.20"])", R"("/usr/bin/ask")")));
}

TEST_CASE("the document is canonical: these octets on every machine", "[document]")
{
	const std::string text = serialize(example());

	CHECK(text.starts_with(R"({"applications":[{"addresses":[{"address":"192.168.77.100",)"
			       R"("interface":"lan0","prefix":24}],"executables":[)"));
	CHECK(text.find(R"("generation":1,"id":1263403009,"name":"demo","nodes":[{"addresses":)") !=
	      text.npos);
	CHECK(text.find('\n') == text.npos);
	CHECK(text.find(R"("secret_file":"/etc/knell/secret","version":1,"watching":{"alerts":[)") != text.npos);
	const auto digest = sha256(text);

	REQUIRE(digest);
	CHECK(hex(*digest) == hex(*sha256(serialize(example()))));
}

TEST_CASE("SHA-256 and its short form", "[document]")
{
	const auto digest = sha256("abc");

	REQUIRE(digest);
	CHECK(hex(*digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK(short_hash(*digest) == 0xba7816bf);
}

TEST_CASE("a document that serialize() would not have written is refused", "[document]")
{
	const std::string text = serialize(example());
	const std::string bad[] = {
		"",
		"{}",
		"[]",
		text.substr(0, text.size() / 2),
		text + " ",
		swap(text, "\"version\":1", "\"version\":2"),
		swap(text, "\"version\":1", "\"version\":1,\"zeal\":1"),
		swap(text, "\"generation\":1", "\"generation\":4294967297"),
		swap(text, "\"generation\":1", "\"generation\":-1"),
		swap(text, "\"generation\":1", "\"generation\":\"1\""),
		swap(text, "\"generation\":1", "\"generation\":1e38"),
		swap(text, "\"generation\":1", "\"generation\":1.0"),
		swap(text, "\"role\":\"router\"", "\"role\":\"king\""),
		swap(text, "\"addresses\":", "\"adresses\":"),
		swap(text, "\"fsck\":\"auto\"", "\"fsck\":1"),
	};

	for (const std::string &document : bad) {
		const auto result = deserialize(document);

		INFO(document);
		REQUIRE_FALSE(result);
		CHECK_FALSE(result.error().why.empty());
		CHECK_FALSE(result.error().hint.empty());
	}
}

TEST_CASE("candidates: home first, then the application's or the node's order", "[order]")
{
	Cluster cluster = example();
	Application &app = cluster.applications[0];

	CHECK(candidates(cluster, app) == std::vector<NodeId>{2, 4});
	app.standby = std::vector<NodeId>{3, 2, 3};
	CHECK(candidates(cluster, app) == std::vector<NodeId>{2, 3});
	app.standby = std::vector<NodeId>{};
	CHECK(candidates(cluster, app) == std::vector<NodeId>{2});
	app.standby->resize(40);
	for (NodeId i = 0; i < 40; i++)
		(*app.standby)[i] = static_cast<NodeId>(100 + i);
	CHECK(candidates(cluster, app).size() == KNELL_CANDIDATES_MAX);
	CHECK(flags(app) == 0);
	app.takeover = Takeover::any;
	app.fence = Fence::none;
	app.volumes.clear();
	CHECK(flags(app) ==
	      (KNELL_APP_F_TAKEOVER_ANY | KNELL_APP_F_FENCE_NONE | KNELL_APP_F_NO_VOLUME));
}

TEST_CASE("look-up by name and number", "[order]")
{
	const Cluster cluster = example();

	REQUIRE(find_node(cluster, "c"));
	CHECK(find_node(cluster, "c")->id == 4);
	CHECK(find_node(cluster, NodeId{4})->name == "c");
	CHECK_FALSE(find_node(cluster, "x"));
	CHECK_FALSE(find_node(cluster, NodeId{9}));
	CHECK(find_app(cluster, "records")->id == 1);
	CHECK_FALSE(find_app(cluster, AppId{2}));
}

TEST_CASE("diff tells what changed and nothing else", "[diff]")
{
	const Cluster before = example();
	Cluster after = before;

	CHECK(diff(before, after).empty());
	after.generation = 2;
	CHECK(diff(before, after).empty());

	after.options.lost_grace = 1s;
	after.nodes[1].standby = {3};
	after.nodes.push_back({.name = "d", .id = 5, .role = Role::server, .initiator = {}, .addresses = {}, .standby = {}});
	after.nodes.erase(after.nodes.begin() + 3);
	const Diff d = diff(before, after);

	CHECK_FALSE(d.identity);
	CHECK(d.options);
	CHECK(d.nodes_added == std::vector<NodeId>{5});
	CHECK(d.nodes_removed == std::vector<NodeId>{4});
	CHECK(d.nodes_changed == std::vector<NodeId>{2});
	CHECK(d.apps_changed == std::vector<AppId>{1}); // by its home node's new order
	CHECK(describe(d, before, after) ==
	      std::vector<std::string>{"change the options", "add node d", "remove node c",
				       "change node a", "change application records"});

	after.id++;
	after.applications[0].id = 9;
	const Diff e = diff(before, after);

	CHECK(e.identity);
	CHECK(e.apps_added == std::vector<AppId>{9});
	CHECK(e.apps_removed == std::vector<AppId>{1});
}

TEST_CASE("every word has one spelling, both ways", "[names]")
{
	CHECK(name(Role::array) == "array");
	CHECK(parse_name<Role>("array") == Role::array);
	CHECK_FALSE(parse_name<Role>(""));
	CHECK(parse_name<OnDown>("none") == OnDown::none);
	CHECK(parse_name<Supervision>("off") == Supervision::off);
	CHECK(name(Supervision::nop) == "nop");
	CHECK(parse_name<Fsck>("auto") == Fsck::automatic);
	CHECK(parse_name<Takeover>("any") == Takeover::any);
	CHECK(parse_name<Fence>("none") == Fence::none);
	CHECK(status_name(KNELL_STATUS_LOST) == "lost");
	CHECK(status_name(200) == "invalid");
	CHECK(reason_name(KNELL_REASON_NEXUS) == "nexus");
	CHECK(app_state_name(KNELL_APP_ORPHAN) == "orphan");
	CHECK(answer_name(KNELL_ANSWER_NO) == "no");
	CHECK(link_kind_name(KNELL_LINK_TARGET) == "target");
	CHECK(link_state_name(KNELL_LINK_UP) == "up");
	CHECK(order_name(KNELL_ORDER_RESET) == "reset");
	CHECK(order_name(0) == "invalid");
}
