// SPDX-License-Identifier: GPL-2.0
// knellctl's command line: what is refused, with which exit status and words.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "cli/commands.hpp"

using namespace knell::cli;

namespace {

struct Ran {
	int status;
	std::string out;
	std::string err;
};

Ran run_with(std::vector<const char *> arguments)
{
	std::ostringstream out, err;

	arguments.insert(arguments.begin(), "knellctl");
	const int status = run(static_cast<int>(arguments.size()), arguments.data(), out, err);

	return {status, out.str(), err.str()};
}

bool module_loaded()
{
	return std::filesystem::exists("/sys/module/knell");
}

} // namespace

TEST_CASE("wrong arguments end in status 2 and a word about it", "[cli]")
{
	const std::vector<std::vector<const char *>> wrong = {
		{"nonsense"},
		{"--nonsense"},
		{"status", "extra"},
		{"check"},
		{"check", "a", "b"},
		{"failover"},
		{"probe"},
		{"probe", "a", "--timeout", "0"},
		{"probe", "a", "--timeout", "x"},
		{"reset"},
		{"maintenance"},
		{"maintenance", "maybe"},
		{"mib"},
		{"mib", "eat"},
		{"history", "--count", "many"},
		{"statistics", "--all", "a"},
		{"status", "monitor"},
	};

	for (const auto &arguments : wrong) {
		const Ran ran = run_with(arguments);

		INFO(arguments[0] << (arguments.size() > 1 ? arguments[1] : ""));
		CHECK(ran.status == exit_usage);
		CHECK_FALSE(ran.err.empty());
		CHECK(ran.out.empty());
	}
}

TEST_CASE("help and version are no errors", "[cli]")
{
	CHECK(run_with({"--help"}).status == exit_ok);
	CHECK(run_with({"--help"}).out.find("failover") != std::string::npos);
	CHECK(run_with({"failover", "--help"}).out.find("--simulate") != std::string::npos);
	CHECK(run_with({"--version"}).out.starts_with("knellctl "));
}

TEST_CASE("without the module every command says what to do", "[cli]")
{
	if (module_loaded())
		return;
	const std::vector<std::vector<const char *>> commands = {
		{}, {"status"}, {"monitor"}, {"failover", "a"}, {"fabric"}, {"health"},
		{"mib", "show"}, {"mib", "verify"}, {"mib", "diff", "a"}, {"probe", "a"}, {"reset", "x"},
		{"maintenance", "on"}, {"stats"}, {"diagnose"}, {"report", "/nonexistent/x"}, {"history", "--all"},
		{"statistics", "--all"}, {"statistics", "a", "c"},
	};

	for (auto arguments : commands) {
		const Ran ran = run_with(arguments);

		CHECK(ran.status == exit_failed);
		CHECK(ran.err.find("modprobe knell") != std::string::npos);
		arguments.push_back("--json");
		const Ran as_json = run_with(arguments);
		const json document = json::parse(as_json.out, nullptr, false);

		REQUIRE(document.is_object());
		CHECK(document["version"] == 1);
		CHECK(document["error"]["hint"].get<std::string>().find("modprobe") !=
		      std::string::npos);
	}
}

TEST_CASE("check: a good file, a bad file, no file", "[cli]")
{
	const Ran good = run_with({"check", KNELL_TOP "/Documentation/cluster-example.yaml"});

	CHECK(good.status == exit_ok);
	CHECK(good.out.find("node a (server)\n  serves records\n") != std::string::npos);

	char name[] = "/tmp/knell-cli-XXXXXX";
	const int fd = mkstemp(name);

	REQUIRE(fd >= 0);
	close(fd);
	std::ofstream(name) << "version: 2\nnods: []\n";
	const Ran bad = run_with({"check", name});

	CHECK(bad.status == exit_failed);
	CHECK(bad.err.find(std::string(name) + ":1:10: '2' is out of range") != std::string::npos);
	CHECK(bad.err.find("did you mean 'nodes'?") != std::string::npos);
	const json document = json::parse(run_with({"--json", "check", name}).out);

	CHECK(document["ok"] == false);
	CHECK(document["problems"].size() == 4);
	std::filesystem::remove(name);
	CHECK(run_with({"check", name}).err.find("No such file") != std::string::npos);
}

TEST_CASE("history without a database says so", "[cli]")
{
	const Ran ran = run_with({"history", "--state-dir", "/nonexistent"});

	CHECK(ran.status == exit_failed);
	CHECK_FALSE(ran.err.empty());
}
