// SPDX-License-Identifier: GPL-2.0
// Processes that were left behind: which are found, which are ended, which count.
#include <catch2/catch.hpp>

#include <csignal>

#include "actions/strays.hpp"
#include "util/process.hpp"

using namespace knell;
using namespace std::chrono_literals;

TEST_CASE("who has the whole environment is ended, who lacks some of it is not")
{
	const std::string app = "KNELL_TEST_APP=" + std::to_string(getpid());
	const auto start = [&](std::vector<std::pair<std::string, std::string>> environment) {
		auto child = process::spawn({.argv = {"/bin/sleep", "60"}, .environment = std::move(environment)});
		REQUIRE(child);
		return std::move(*child);
	};
	const auto value = std::to_string(getpid());
	auto stray = start({{"KNELL_TEST_APP", value}, {"KNELL_TEST_PROGRAM", "/bin/x"}});
	auto other = start({{"KNELL_TEST_APP", value}, {"KNELL_TEST_PROGRAM", "/bin/xy"}});
	auto longer = start({{"KNELL_TEST_APP", value + "1"}, {"KNELL_TEST_PROGRAM", "/bin/x"}});

	// Not reaped yet, but a zombie has no environment.
	REQUIRE(actions::end_strays("x", {app, "KNELL_TEST_PROGRAM=/bin/x"}));
	CHECK(process::ended(stray));
	CHECK_FALSE(process::ended(other));
	CHECK_FALSE(process::ended(longer));
	for (auto *child : {&stray, &other, &longer})
		CHECK(process::stop(*child, 0ms));
}

TEST_CASE("a process counts as ours by its control group, which it cannot choose")
{
	const std::string own = "0::/system.slice/knelld.service\n";

	CHECK(actions::within_cgroup(own, own));
	CHECK(actions::within_cgroup("0::/system.slice/knelld.service/child\n", own));
	CHECK(actions::within_cgroup("1:name=systemd:/x\n0::/system.slice/knelld.service\n", own));
	CHECK_FALSE(actions::within_cgroup("0::/user.slice/user-1000.slice/session-1.scope\n", own));
	CHECK_FALSE(actions::within_cgroup("0::/system.slice/knelld.service2\n", own));
	// Where nothing can be told everybody counts: no systemd, or only the older hierarchies.
	CHECK(actions::within_cgroup("0::/anything\n", "0::/\n"));
	CHECK(actions::within_cgroup("1:name=systemd:/x\n", own));
	CHECK(actions::within_cgroup("", own));
}
