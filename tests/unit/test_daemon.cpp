// SPDX-License-Identifier: GPL-2.0
// The daemon's parts without a kernel: identity, epoch, canaries, petting, coroutines.
#include "daemon/async.hpp"
#include "daemon/canary.hpp"
#include "daemon/identity.hpp"
#include "daemon/install.hpp"
#include "model/members.hpp"

#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>

using namespace knell;
using namespace knell::daemon;
using namespace std::chrono_literals;

namespace {

model::Cluster two_nodes()
{
	model::Cluster cluster;

	cluster.id = 0x4b4e0001;
	cluster.name = "demo";
	cluster.nodes.resize(2);
	cluster.nodes[0] = {"r", 1, model::Role::router, "", {"10.0.2.1"}, {}};
	cluster.nodes[1] = {"a", 2, model::Role::server, "iqn.2026-11.example:a", {"fd00::2"}, {}};
	return cluster;
}

/// Polls until `condition` holds, at most for `limit`.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = 10s)
{
	auto end = std::chrono::steady_clock::now() + limit;

	while (!condition()) {
		if (std::chrono::steady_clock::now() > end)
			return false;
		std::this_thread::yield();
	}
	return true;
}

} // namespace

TEST_CASE("the own node is found by name, initiator or host name, in this order")
{
	auto cluster = two_nodes();

	CHECK(model::find_self(cluster, "a", "", "r")->id == 2);
	CHECK(model::find_self(cluster, "", "iqn.2026-11.example:a", "r")->id == 2);
	CHECK(model::find_self(cluster, "", "iqn.other", "r")->id == 1);
	CHECK_FALSE(model::find_self(cluster, "x", "", "r"));
	CHECK_FALSE(model::find_self(cluster, "", "", "localhost"));
}

TEST_CASE("the initiator name is read as open-iscsi writes it")
{
	CHECK(initiator_of("## comment\nInitiatorName=iqn.2026-11.example:a\n") == "iqn.2026-11.example:a");
	CHECK(initiator_of("InitiatorName=iqn.x \r\n") == "iqn.x");
	CHECK(initiator_of("#InitiatorName=iqn.x\n").empty());
	CHECK(initiator_of("").empty());
}

TEST_CASE("an epoch is above the last one, follows the clock and never ends in 16 zero bits")
{
	using std::chrono::system_clock;
	auto at = [](std::int64_t minutes) {
		return system_clock::time_point(std::chrono::seconds(1577836800 + minutes * 60));
	};

	CHECK(next_epoch(0, at(1000)) == 1000);
	CHECK(next_epoch(999, at(1000)) == 1000);
	CHECK(next_epoch(1000, at(1000)) == 1001);
	CHECK(next_epoch(5000, at(1000)) == 5001);
	CHECK(next_epoch(0, at(-10)) == 1);
	CHECK(next_epoch(0x2ffff, at(1)) == 0x30001);
}

TEST_CASE("the kernel gets what the model says")
{
	auto cluster = two_nodes();
	cluster.applications.push_back({});
	cluster.applications[0].id = 3;
	cluster.applications[0].name = "records";
	cluster.applications[0].home = 2;
	ClusterKey key;
	key.octets.octets[0] = 7;
	auto config = kernel_config(cluster, key, 2, 77, {});

	REQUIRE(config);
	CHECK(config->key_name.empty());
	CHECK(config->key[0] == 7);
	CHECK(config->info.helper_timeout == 1000);
	CHECK(config->info.gasp == (KNELL_GASP_ISCSI | KNELL_GASP_CERT));
	CHECK(config->info.on_down == KNELL_ON_DOWN_REBOOT);
	REQUIRE(config->nodes.size() == 2);
	CHECK(config->nodes[0].addresses[0] == std::vector<std::uint8_t>{10, 0, 2, 1});
	CHECK(config->nodes[1].addresses[0].size() == 16);
	CHECK(config->applications[0].candidates == std::vector<std::uint16_t>{2});
	cluster.nodes[0].addresses = {"nonsense"};
	CHECK_FALSE(kernel_config(cluster, key, 2, 77, {}));
}

TEST_CASE("the canaries of a healthy host pass")
{
	CHECK(exec_canary(10s));
	CHECK(disk_canary("/tmp"));
	CHECK_FALSE(disk_canary("/nonexistent"));
}

TEST_CASE("the kernel is petted only while every canary passed within its window")
{
	std::atomic<bool> healthy = true;
	std::atomic<int> pets = 0;
	Canary canary("test", 1ms, 100ms, [&]() -> Status {
		if (!healthy)
			return Error{"sick", "", ""};
		return {};
	});
	Petter petter(1ms, {&canary}, [&]() -> Status {
		pets++;
		return {};
	});

	canary.start();
	petter.start();
	CHECK(eventually([&] { return pets > 3; }));
	healthy = false;
	CHECK(eventually([&] { return !canary.fresh(std::chrono::steady_clock::now()); }));
	int before = pets;
	CHECK_FALSE(eventually([&] { return pets > before + 1; }, 100ms));
	healthy = true;
	CHECK(eventually([&] { return pets > before + 1; }));
	petter.stop();
}

TEST_CASE("a canary that hangs goes stale")
{
	std::atomic<bool> release = false;
	Canary canary("hung", 1ms, 50ms, [&]() -> Status {
		while (!release)
			std::this_thread::yield();
		return {};
	});

	canary.start();
	CHECK(canary.fresh(std::chrono::steady_clock::now()));
	CHECK(eventually([&] { return !canary.fresh(std::chrono::steady_clock::now()); }));
	release = true;
}

TEST_CASE("blocking work runs elsewhere and its result comes back")
{
	asio::io_context loop;
	asio::thread_pool pool(1);
	auto here = std::this_thread::get_id();
	bool done = false;

	asio::co_spawn(loop, [&]() -> Task<void> {
		auto result = co_await run_on(pool, [] { return Result<std::thread::id>(std::this_thread::get_id()); });
		CHECK(*result != here);
		CHECK(std::this_thread::get_id() == here);
		done = true;
	}, asio::detached);
	loop.run();
	CHECK(done);
}

TEST_CASE("a mutex between coroutines lets them through one by one, in order")
{
	std::vector<int> order;
	AsyncMutex mutex;
	asio::io_context loop;
	int inside = 0;

	for (int index = 0; index < 4; index++)
		asio::co_spawn(loop, [&, index]() -> Task<void> {
			auto guard = co_await mutex.lock();
			CHECK(++inside == 1);
			co_await pause(1ms);
			inside--;
			order.push_back(index);
		}, asio::detached);
	loop.run();
	CHECK(order == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("a loop that is destroyed with waiting coroutines leaves the mutex sound")
{
	AsyncMutex mutex;
	{
		asio::io_context loop;
		for (int index = 0; index < 3; index++)
			asio::co_spawn(loop, [&]() -> Task<void> {
				auto guard = co_await mutex.lock();
				co_await pause(1h);
			}, asio::detached);
		loop.run_for(10ms);
	}
	asio::io_context loop;
	bool done = false;
	asio::co_spawn(loop, [&]() -> Task<void> {
		auto guard = co_await mutex.lock();
		done = true;
	}, asio::detached);
	loop.run_for(1s);
	CHECK(done);
}
