// SPDX-License-Identifier: GPL-2.0
// Differences between two MIB documents: no single one escapes.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "config/config.hpp"
#include "model/difference.hpp"
#include "model/document.hpp"

using namespace knell;
using namespace knell::model;
using nlohmann::json;

namespace {

std::string example()
{
	const config::Inspection i = config::inspect(KNELL_TOP "/Documentation/cluster-example.yaml");

	REQUIRE(i.ok());
	return serialize(i.cluster);
}

/// Another value of the same kind.
json other(const json &value)
{
	if (value.is_boolean())
		return !value.get<bool>();
	if (value.is_number())
		return value.get<int>() + 1;
	if (value.is_string())
		return value.get<std::string>() + "x";
	if (value.is_null())
		return json::array({1});
	json changed = value;
	if (changed.is_array())
		changed.push_back("x");
	else
		changed["zeal"] = 1;
	return changed;
}

/// Pointers to every value in a document, the structured ones too.
void walk(const json &value, const json::json_pointer &at, std::vector<json::json_pointer> &all)
{
	if (!at.empty())
		all.push_back(at);
	if (value.is_object())
		for (const auto &[key, child] : value.items())
			walk(child, at / key, all);
	if (value.is_array())
		for (std::size_t i = 0; i < value.size(); i++)
			walk(value[i], at / i, all);
}

} // namespace

TEST_CASE("every field that is changed, missing or added is found", "[difference]")
{
	const std::string ours = example();
	const json document = json::parse(ours);
	std::vector<json::json_pointer> all;

	walk(document, json::json_pointer(), all);
	REQUIRE(all.size() > 60);
	for (const auto &at : all) {
		INFO(at.to_string());
		json changed = document;
		changed[at] = other(document[at]);
		const auto found = differences(ours, changed.dump());
		CHECK(found.size() >= 1);
		// But for ids, which say who is meant, exactly this one.
		if (at.back() != "id")
			CHECK(found.size() == 1);
		json cut = document;
		if (auto &parent = cut[at.parent_pointer()]; parent.is_object())
			parent.erase(at.back());
		else
			parent.erase(std::stoul(at.back()));
		CHECK(differences(ours, cut.dump()).size() >= 1);
	}
	CHECK(differences(ours, ours).empty());
}

TEST_CASE("how an application is asked is a difference too", "[difference]")
{
	const std::string ours = example();
	json theirs = json::parse(ours);

	theirs["applications"][0]["response"] = {"/usr/bin/ask", "-h"};
	CHECK(differences(ours, theirs.dump()) ==
	      std::vector<Difference>{{"applications[1].response", "", R"(["/usr/bin/ask","-h"])"}});
	json third = theirs;
	third["applications"][0]["response"][1] = "-x";
	CHECK(differences(theirs.dump(), third.dump()) ==
	      std::vector<Difference>{{"applications[1].response[1]", R"("-h")", R"("-x")"}});
}

TEST_CASE("a difference says where, what is here and what is there", "[difference]")
{
	const std::string ours = example();
	json theirs = json::parse(ours);
	const auto id = theirs["nodes"][1]["id"].dump();

	theirs["nodes"][1]["addresses"][0] = "10.9.9.9";
	theirs["options"]["oops_down"] = false;
	theirs["nodes"][1].erase("name");
	const auto found = differences(ours, theirs.dump());
	REQUIRE(found.size() == 3);
	CHECK(found[0].path == "nodes[" + id + "].addresses[0]");
	CHECK(found[0].theirs == "\"10.9.9.9\"");
	CHECK(found[1].path == "nodes[" + id + "].name");
	CHECK(found[1].theirs.empty());
	CHECK(found[2] == Difference{"options.oops_down", "true", "false"});
}

TEST_CASE("order, damage and truncation are differences too", "[difference]")
{
	const std::string ours = example();
	json theirs = json::parse(ours);

	std::swap(theirs["nodes"][0], theirs["nodes"][1]);
	auto found = differences(ours, theirs.dump());
	REQUIRE(found.size() == 1);
	CHECK(found[0].path == "nodes");
	CHECK(differences(ours, ours + " ").size() == 1);
	CHECK(differences(ours, ours.substr(0, 100))[0].path == "document");
	CHECK(differences(ours, "").size() == 1);
	CHECK(differences("[1,{\"id\":1},{\"id\":1}]", "[1,{\"id\":1},{\"id\":2}]").size() == 2);
	CHECK(differences("[{\"id\":1},{\"id\":1}]", "[{\"id\":1},{\"id\":1,\"a\":2}]").size() == 1);
	CHECK(differences("1", "[]")[0].path == "document");
	CHECK(differences("[1,2]", "[1, 2]").size() == 1);
}
