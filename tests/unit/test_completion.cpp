// SPDX-License-Identifier: GPL-2.0
// What bash offers after words of a knellctl command line, with names from a knellctl of the test's own.
#include "util/process.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

using namespace knell;

namespace {

using Words = std::set<std::string>;

/// The last word is the one that is being typed.
Words offered(std::vector<std::string> line)
{
	static const std::string script =
		"knellctl() { [[ \"$*\" == 'monitor --now' ]] || return 1\n"
		"printf 'exists cluster name:demo id:1\\nexists node name:r id:1 role:router\\n"
		"exists node name:a id:2 role:server\\nexists app name:records id:1\\nexists app name:web id:2\\nexists -\\n'; }\n"
		"source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _knellctl; printf '%s\\n' \"${COMPREPLY[@]}\"";
	std::vector<std::string> argv{"/bin/bash", "-c", script, KNELL_TOP "/helper/completion/knellctl.bash", "knellctl"};

	argv.insert(argv.end(), line.begin(), line.end());
	auto ran = process::run({.argv = argv});
	REQUIRE(ran);
	REQUIRE(ran->exit_status == 0);
	std::istringstream output(ran->output);
	Words words;
	for (std::string word; std::getline(output, word);)
		if (!word.empty() && word != "--json" && word != "--help")
			words.insert(word);
	return words;
}

} // namespace

TEST_CASE("commands, and those of a group, are completed")
{
	CHECK(offered({"fail"}) == Words{"failover", "failback"});
	CHECK(offered({""}).contains("node"));
	CHECK(offered({"node", "st"}) == Words{"standby"});
	CHECK(offered({"--json", "node", ""}) == Words{"test", "activate", "standby"});
}

TEST_CASE("names of nodes and applications are completed where they belong")
{
	const Words nodes{"a", "r"}, apps{"records", "web"};

	for (const char *action : {"test", "activate", "standby"}) {
		Words found = offered({"node", action, ""});
		found.erase("--app");
		found.erase("--simulate");
		CHECK(found == nodes);
	}
	CHECK(offered({"node", "activate", "a", "--app", ""}) == apps);
	CHECK(offered({"node", "activate", "a", "-"}) == Words{"--app", "--simulate"});
	CHECK(offered({"node", "standby", "a", "-"}) == Words{"--simulate"});
	CHECK(offered({"node", "test", "a", ""}).empty());
	CHECK(offered({"failback", "r"}) == Words{"records"});
	CHECK(offered({"failback", "records", "w"}) == Words{"web"});
	CHECK(offered({"failback", "-"}) == Words{"--simulate"});
	CHECK(offered({"failover", "a"}) == Words{"a"});
	CHECK(offered({"failover", "a", "--to", ""}) == nodes);
	CHECK(offered({"statistics", "a"}) == Words{"a"});
	CHECK(offered({"statistics", "a", "r"}) == Words{"r"});
	CHECK(offered({"statistics", "--a"}) == Words{"--all"});
	CHECK(offered({"reset", "w"}) == Words{"web"});
}
