// SPDX-License-Identifier: GPL-2.0
// Programs by argument vector: output, exit status, deadline, environment, groups.
#include "util/process.hpp"

#include <cerrno>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>

using namespace knell;
using namespace std::chrono_literals;

TEST_CASE("a program's output and exit status are returned")
{
	auto outcome = process::run({.argv = {"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}});

	REQUIRE(outcome);
	CHECK(outcome->exit_status == 3);
	CHECK(outcome->output == "out\nerr\n");
	CHECK(outcome->text() == "exited with status 3");
}

TEST_CASE("a missing program is an error that names it")
{
	auto outcome = process::run({.argv = {"/nonexistent/program"}});

	REQUIRE_FALSE(outcome);
	CHECK(outcome.error().code == ENOENT);
	CHECK(outcome.error().text().find("/nonexistent/program") != std::string::npos);
}

TEST_CASE("a relative path is refused")
{
	CHECK_FALSE(process::run({.argv = {"true"}}));
	CHECK_FALSE(process::run({.argv = {}}));
}

TEST_CASE("a program that outlives its deadline is killed with all it started")
{
	auto begin = std::chrono::steady_clock::now();
	auto outcome = process::run({.argv = {"/bin/sh", "-c", "sleep 60 & sleep 60"}, .deadline = 100ms});

	REQUIRE(outcome);
	CHECK(outcome->timed_out);
	CHECK_FALSE(outcome->ok());
	CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("a background child that holds the output does not delay the result")
{
	auto outcome = process::run({.argv = {"/bin/sh", "-c", "sleep 60 & echo done"}, .deadline = 20s});

	REQUIRE(outcome);
	CHECK(outcome->ok());
	CHECK(outcome->output == "done\n");
	CHECK(outcome->elapsed < 10s);
}

TEST_CASE("the environment is what was given and nothing else")
{
	setenv("KNELL_LEAK", "1", 1);
	auto outcome = process::run({.argv = {"/usr/bin/env"}, .environment = {{"KNELL_APP", "x"}}});

	REQUIRE(outcome);
	CHECK(outcome->output.find("KNELL_LEAK") == std::string::npos);
	CHECK(outcome->output.find("KNELL_APP=x") != std::string::npos);
	CHECK(outcome->output.find("PATH=/") != std::string::npos);
}

TEST_CASE("output beyond the limit is cut, the program is not blocked")
{
	auto outcome = process::run({.argv = {"/usr/bin/head", "-c", "300000", "/dev/zero"},
				     .output_limit = 1000});

	REQUIRE(outcome);
	CHECK(outcome->ok());
	CHECK(outcome->output.size() == 1000);
}

TEST_CASE("stop ends a program that ignores SIGTERM, and its children")
{
	auto child = process::spawn({.argv = {"/bin/sh", "-c", "trap '' TERM; sleep 60 & wait; sleep 60"}});

	REQUIRE(child);
	CHECK_FALSE(process::ended(*child));
	REQUIRE(process::stop(*child, 100ms));
	CHECK(kill(-child->pid, 0) < 0);
}

TEST_CASE("stop ends a stopped program in good order")
{
	auto child = process::spawn({.argv = {"/bin/sleep", "60"}});

	REQUIRE(child);
	kill(child->pid, SIGSTOP);
	auto begin = std::chrono::steady_clock::now();
	REQUIRE(process::stop(*child, 20s));
	CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("a running process is adopted only with its own start time")
{
	auto child = process::spawn({.argv = {"/bin/sleep", "60"}});

	REQUIRE(child);
	CHECK(process::adopt(child->pid, child->start_time));
	CHECK_FALSE(process::adopt(child->pid, child->start_time + 1));
	REQUIRE(process::stop(*child, 1s));
	CHECK_FALSE(process::adopt(child->pid, child->start_time));
}

TEST_CASE("a program that never stops writing ends at its deadline")
{
	auto outcome = process::run({.argv = {"/usr/bin/yes"}, .deadline = 200ms, .output_limit = 1000});

	REQUIRE(outcome);
	CHECK(outcome->timed_out);
	CHECK(outcome->output.size() == 1000);
}

TEST_CASE("a program does not inherit how the out-of-memory killer spares its parent")
{
	const auto set = [](const std::string &who, int score) {
		std::ofstream("/proc/" + who + "/oom_score_adj") << score << "\n";
	};
	const auto get = [](const std::string &who) {
		int score = -1;
		std::ifstream("/proc/" + who + "/oom_score_adj") >> score;
		return score;
	};
	const int before = get("self");

	set("self", 100);
	REQUIRE(get("self") == 100);
	auto child = process::spawn({.argv = {"/bin/sleep", "60"}});
	set("self", before);
	REQUIRE(child);
	CHECK(get(std::to_string(child->pid)) == 0);
	REQUIRE(process::stop(*child, 1s));
}
