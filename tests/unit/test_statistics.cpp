// SPDX-License-Identifier: GPL-2.0
// What a node measures of itself: the kernel's formats, differences, and the history's bounds.
#include "cli/statistics.hpp"
#include "statistics/gauge.hpp"
#include "statistics/history.hpp"
#include "statistics/sampler.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace knell;
using namespace std::chrono_literals;
using statistics::Counters;
using statistics::History;
using statistics::Sample;

namespace {

class Directory {
public:
	Directory()
	{
		char name[] = "/tmp/knell-statistics-XXXXXX";
		path_ = mkdtemp(name);
	}
	~Directory() { std::filesystem::remove_all(path_); }
	Directory(const Directory &) = delete;
	Directory &operator=(const Directory &) = delete;
	[[nodiscard]] const std::string &path() const { return path_; }

private:
	std::string path_;
};

constexpr std::uint64_t second = 1'000'000'000, start = 1795172400 * second;

Sample sample(std::uint64_t time_ns)
{
	Sample made;

	made.time_ns = time_ns;
	made.cpu_busy = 0.25;
	made.load = 1.5;
	made.delay_ms = 0.125;
	made.memory_total = 2048;
	made.memory_available = 1024;
	made.volumes = {{"/dev/disk/by-id/x", 10, 0, 2.5, std::nullopt}};
	made.responses = {{"records", 12.5}, {"web", std::nullopt}};
	return made;
}

} // namespace

TEST_CASE("the kernel's files are understood, and others refused")
{
	Counters c;

	REQUIRE(parse_stat("cpu  100 5 50 800 40 3 2 0 7 0\ncpu0 1 1 1 1\n", c));
	CHECK(c.all == 1000);
	CHECK(c.busy == 160);	// neither idle nor waiting for I/O
	CHECK_FALSE(parse_stat("cpu 1 2 3", c));
	CHECK_FALSE(parse_stat("intr 1", c));
	REQUIRE(parse_loadavg("0.42 0.30 0.10 1/200 4711\n", c));
	CHECK(c.load == Approx(0.42));
	CHECK_FALSE(parse_loadavg("", c));
	REQUIRE(parse_meminfo("MemTotal:  2000 kB\nMemFree: 1 kB\nMemAvailable: 1500 kB\n", c));
	CHECK(c.memory_total == 2000 * 1024);
	CHECK(c.memory_available == 1500 * 1024);
	CHECK_FALSE(parse_meminfo("MemTotal: 1 kB\n", c));
	Counters::Disk disk;
	REQUIRE(parse_disk("  10 1 80 25 20 2 160 100 0 90 125\n", disk));
	CHECK(disk.reads == 10);
	CHECK(disk.read_ms == 25);
	CHECK(disk.writes == 20);
	CHECK(disk.write_ms == 100);
	CHECK_FALSE(parse_disk("1 2 3", disk));
}

TEST_CASE("a sample is the difference of two readings")
{
	Counters before, after;

	before.all = 1000;
	before.busy = 100;
	before.disks["/dev/a"] = {10, 20, 5, 5};
	after.all = 2000;
	after.busy = 350;
	after.load = 0.5;
	after.disks["/dev/a"] = {14, 30, 5, 5};
	after.disks["/dev/b"] = {1000, 1000, 1000, 1000};	// came meanwhile
	const auto s = difference(before, after);
	CHECK(s.cpu_busy == Approx(0.25));
	CHECK(s.load == Approx(0.5));
	REQUIRE(s.volumes.size() == 2);
	CHECK(s.volumes[0].reads == 4);
	CHECK(*s.volumes[0].read_ms == Approx(2.5));
	CHECK(s.volumes[0].writes == 0);
	CHECK_FALSE(s.volumes[0].write_ms);
	CHECK(s.volumes[1].reads == 0);

	// A device that was away counts from 0 again.
	after.disks["/dev/a"] = {3, 6, 0, 0};
	CHECK(difference(before, after).volumes[0].reads == 3);
	CHECK(difference(before, before).cpu_busy == 0);
}

TEST_CASE("this host can be read")
{
	const auto counters = statistics::read_counters({"/dev/disk/by-id/none"});

	REQUIRE(counters);
	CHECK(counters->all > 0);
	CHECK(counters->busy <= counters->all);
	CHECK(counters->memory_available <= counters->memory_total);
	CHECK(counters->disks.empty());
}

TEST_CASE("the history keeps what is young enough")
{
	Directory directory;

	CHECK_FALSE(History::open_read_only(directory.path()));
	{
		auto history = History::open(directory.path());
		REQUIRE(history);
		for (unsigned i = 0; i < 100; i++)
			REQUIRE(history->append(sample(start + i * 60 * second), 1h));
	}
	auto history = History::open_read_only(directory.path());
	REQUIRE(history);
	const auto all = history->newest(1000);
	REQUIRE(all);
	CHECK(all->size() == 61);	// an hour, both ends
	CHECK(all->front() == sample(start + 39 * 60 * second));
	CHECK(all->back() == sample(start + 99 * 60 * second));
	const auto two = history->newest(2);
	REQUIRE(two);
	CHECK(two->size() == 2);
	CHECK(two->back() == all->back());
	struct stat st {};
	REQUIRE(stat((directory.path() + "/statistics.db").c_str(), &st) == 0);
	CHECK((st.st_mode & 0077) == 0);
}

TEST_CASE("a clock that was set back leaves nothing in the future")
{
	Directory directory;
	auto history = History::open(directory.path());

	REQUIRE(history);
	REQUIRE(history->append(sample(start + 3600 * second), 1h));
	REQUIRE(history->append(sample(start), 1h));
	CHECK(history->newest(10)->size() == 1);
}

TEST_CASE("a history of an older knelld is read, and goes on")
{
	Directory directory;
	Sample older = sample(start), newer = sample(start + 60 * second);

	older.responses.clear();
	{
		auto history = History::open(directory.path());
		REQUIRE(history);
		REQUIRE(history->append(older, 1h));
	}
	{
		auto file = mib::Database::open(directory.path() + "/statistics.db", false);
		REQUIRE(file);
		REQUIRE(file->execute("DROP TABLE responses"));
	}
	auto beside = History::open_read_only(directory.path());
	REQUIRE(beside);
	auto all = beside->newest(10);
	REQUIRE(all);
	CHECK(*all == std::vector{older});
	auto history = History::open(directory.path());
	REQUIRE(history);
	REQUIRE(history->append(newer, 1h));
	all = beside->newest(10);
	REQUIRE(all);
	CHECK(*all == std::vector{older, newer});
}

TEST_CASE("answers leave the history with their samples")
{
	Directory directory;
	auto history = History::open(directory.path());
	auto file = mib::Database::open(directory.path() + "/statistics.db", true);
	std::int64_t rows = 0;

	REQUIRE(history);
	REQUIRE(file);
	for (unsigned i = 0; i < 100; i++)
		REQUIRE(history->append(sample(start + i * 60 * second), 1h));
	REQUIRE(file->query("SELECT count(*) FROM responses", {},
			    [&](const mib::Database::Row &row) { rows = row.integer(0); }));
	CHECK(rows == 2 * 61);
}

TEST_CASE("a damaged history begins anew")
{
	Directory directory;

	std::ofstream(directory.path() + "/statistics.db") << std::string(8192, 'x');
	auto history = History::open(directory.path());
	REQUIRE(history);
	CHECK(history->append(sample(start), 1h));
	CHECK(history->newest(10)->size() == 1);
}

TEST_CASE("a sampler that is off takes nothing and ends at once")
{
	Directory directory;
	statistics::Sampler sampler(directory.path(), {{0ms, 1h}, {}});

	sampler.configure({{0ms, 1h}, {}});
	CHECK_FALSE(sampler.latest());
	CHECK_FALSE(std::filesystem::exists(directory.path() + "/statistics.db"));
}

TEST_CASE("a sampler samples, and another period counts at once")
{
	Directory directory;
	statistics::Sampler sampler(directory.path(), {{1h, 1h}, {}});

	sampler.configure({{20ms, 1h}, {}});
	const auto end = std::chrono::steady_clock::now() + 60s;
	std::optional<Sample> latest;
	while (!(latest = sampler.latest()) && std::chrono::steady_clock::now() < end)
		std::this_thread::yield();
	REQUIRE(latest);
	CHECK(latest->memory_total > 0);
	CHECK(latest->cpu_busy <= 1);
	CHECK(latest->delay_ms >= 0);
	CHECK(History::open_read_only(directory.path())->newest(1)->size() == 1);
}

TEST_CASE("samples as table and JSON")
{
	const auto text = cli::statistics_text({sample(start)});

	CHECK(text.find("25%  1.50  0.1ms  0MiB of 0MiB") != std::string::npos);
	CHECK(text.find("/dev/disk/by-id/x  10     2.5ms      0       -           records      12.5ms\n") !=
	      std::string::npos);
	CHECK(text.find("  web          no answer\n") != std::string::npos);
	auto quiet = sample(start);
	quiet.volumes.clear();
	CHECK(std::ranges::count(cli::statistics_text({quiet}), '\n') == 3);
	quiet.responses.clear();
	CHECK(std::ranges::count(cli::statistics_text({quiet}), '\n') == 2);
	CHECK(cli::statistics_text({}) == "no sample has been taken yet\n");
	const auto document = cli::statistics_json({sample(start)});
	CHECK(document["version"] == 1);
	CHECK(document["samples"][0]["cpu_busy"] == 0.25);
	CHECK(document["samples"][0]["volumes"][0]["read_ms"] == 2.5);
	CHECK(document["samples"][0]["volumes"][0]["write_ms"] == nullptr);
	CHECK(document["samples"][0]["responses"][0]["application"] == "records");
	CHECK(document["samples"][0]["responses"][0]["ms"] == 12.5);
	CHECK(document["samples"][0]["responses"][1]["ms"] == nullptr);
}

TEST_CASE("samples of several nodes, and who is missing")
{
	const std::vector<cli::Measured> measured{{"a", {sample(start)}}, {"c", {}}};
	const auto text = cli::statistics_of_nodes_text(measured, {"node b is down\x1b"});

	CHECK(text == "node a:\n" + cli::statistics_text({sample(start)}) + "\nnode c:\n" +
			      "no sample has been taken yet\n! not told: node b is down?\n");
	const auto document = cli::statistics_of_nodes_json(measured, {"node b is down"});
	CHECK(document["version"] == 1);
	CHECK(document["nodes"][0]["node"] == "a");
	CHECK(document["nodes"][0]["samples"] == cli::statistics_json({sample(start)})["samples"]);
	CHECK(document["nodes"][1]["samples"].empty());
	CHECK(document["silent"][0] == "node b is down");
	CHECK_FALSE(document.contains("samples"));
}
