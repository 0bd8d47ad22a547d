// SPDX-License-Identifier: GPL-2.0
// The store: generations, epoch, history; a damaged database and torn files.
#include "mib/files.hpp"
#include "mib/generation_file.hpp"
#include "mib/store.hpp"
#include "model/document.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <linux/knell_wire.h>
#include <sys/resource.h>

using namespace knell;
using namespace knell::mib;
namespace fs = std::filesystem;

namespace {

/// A state directory that goes with the test.
struct Directory {
	std::string path;

	Directory()
	{
		char name[] = "/tmp/knell-mib-XXXXXX";
		REQUIRE(mkdtemp(name));
		path = name;
	}
	~Directory() { fs::remove_all(path); }
};

Generation generation(std::uint32_t number, const std::string &document)
{
	return {number, document, model::hex(*model::sha256(document)), 0};
}

void overwrite(const std::string &path, std::size_t offset, const std::string &octets)
{
	std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);

	file.seekp(static_cast<std::streamoff>(offset));
	file << octets;
}

} // namespace

TEST_CASE("every generation is kept and comes back")
{
	Directory directory;
	{
		auto store = Store::open(directory.path);
		REQUIRE(store);
		CHECK(store->warnings().empty());
		CHECK_FALSE(*store->newest_generation());
		REQUIRE(store->put_generation(generation(1, "{\"a\":1}")));
		REQUIRE(store->put_generation(generation(2, "{\"a\":2}")));
	}
	auto store = Store::open(directory.path);
	REQUIRE(store);
	CHECK(store->generations()->size() == 2);
	auto newest = store->newest_generation();
	REQUIRE(*newest);
	CHECK((*newest)->number == 2);
	CHECK((*newest)->document == "{\"a\":2}");
	CHECK((*newest)->stored_ns > 0);
}

TEST_CASE("nobody else gets to the state")
{
	const Directory directory;
	const auto others = fs::perms::group_all | fs::perms::others_all;

	fs::permissions(directory.path, fs::perms::all);
	auto store = Store::open(directory.path);
	REQUIRE(store);
	REQUIRE(store->put_generation(generation(1, "{\"a\":1}")));
	REQUIRE(store->set_epoch(5, "boot"));
	CHECK(fs::status(directory.path).permissions() == fs::perms::owner_all);
	unsigned files = 0;
	for (const auto &entry : fs::recursive_directory_iterator(directory.path)) {
		INFO(entry.path());
		CHECK((entry.status().permissions() & others) == fs::perms::none);
		files += entry.is_regular_file();
	}
	// The database with its log, a copy of the generation, the epoch.
	CHECK(files >= 4);
}

TEST_CASE("a generation is not changed and does not go back")
{
	Directory directory;
	auto store = Store::open(directory.path);

	REQUIRE(store->put_generation(generation(5, "five")));
	CHECK(store->put_generation(generation(5, "five")));
	CHECK_FALSE(store->put_generation(generation(5, "other")));
	CHECK_FALSE(store->put_generation(generation(4, "four")));
	CHECK(store->generations()->size() == 1);
}

TEST_CASE("a damaged database is moved aside and the newest generation is used")
{
	Directory directory;
	{
		auto store = Store::open(directory.path);
		REQUIRE(store->put_generation(generation(1, "one")));
		REQUIRE(store->put_generation(generation(2, "two")));
		REQUIRE(store->set_epoch(4711, "boot"));
	}
	auto file = directory.path + "/mib.db";
	SECTION("no database at all") { overwrite(file, 0, std::string(100, 'x')); }
	SECTION("a page overwritten") { overwrite(file, 4096, std::string(4096, '\x5a')); }
	SECTION("cut short") { fs::resize_file(file, fs::file_size(file) / 2 / 4096 * 4096 + 100); }
	fs::remove(file + "-wal");
	auto store = Store::open(directory.path);
	REQUIRE(store);
	CHECK_FALSE(store->warnings().empty());
	auto newest = store->newest_generation();
	REQUIRE(*newest);
	CHECK((*newest)->number == 2);
	CHECK((*newest)->document == "two");
	CHECK(*store->epoch() == 4711);
	bool kept = false;
	for (const auto &entry : fs::directory_iterator(directory.path))
		kept |= entry.path().filename().string().find("damaged") != std::string::npos;
	CHECK(kept);
	auto history = store->history(10);
	REQUIRE_FALSE(history->empty());
	CHECK(history->front().what == "mib");
}

TEST_CASE("a document damaged inside the database is replaced by its copy")
{
	Directory directory;
	{
		auto store = Store::open(directory.path);
		REQUIRE(store->put_generation(generation(1, "one")));
	}
	{
		auto database = Database::open(directory.path + "/mib.db", false);
		REQUIRE(database->execute("UPDATE generation SET document = 'bad'"));
	}
	auto store = Store::open(directory.path);
	REQUIRE(store);
	CHECK_FALSE(store->warnings().empty());
	CHECK((*store->newest_generation())->document == "one");
}

TEST_CASE("with the newest copy damaged too the previous generation is used")
{
	Directory directory;
	{
		auto store = Store::open(directory.path);
		REQUIRE(store->put_generation(generation(1, "one")));
		REQUIRE(store->put_generation(generation(2, "two")));
	}
	overwrite(directory.path + "/mib.db", 0, std::string(100, 'x'));
	fs::remove(directory.path + "/mib.db-wal");
	fs::resize_file(directory.path + "/generation-2.mib", 20);
	auto store = Store::open(directory.path);
	REQUIRE(store);
	CHECK((*store->newest_generation())->number == 1);
	CHECK(store->warnings().size() >= 3);
}

TEST_CASE("a power loss while a file is replaced leaves the old one")
{
	Directory directory;
	auto path = directory.path + "/epoch";

	REQUIRE(write_file(path, "1 boot\n"));
	// What a crash before the rename leaves behind.
	std::ofstream(path + ".new") << "2 bo";
	auto store = Store::open(directory.path);
	CHECK(*store->epoch() == 1);
	REQUIRE(store->set_epoch(3, "other"));
	CHECK(*read_file(path) == "3 other\n");
	CHECK(*store->epoch_boot_id() == "other");
}

TEST_CASE("an unfinished transaction is not there after a crash")
{
	Directory directory;
	auto path = directory.path + "/mib.db";
	{
		auto store = Store::open(directory.path);
		REQUIRE(store->put_generation(generation(1, "one")));
	}
	{
		auto database = Database::open(path, false);
		auto done = database->transaction([&]() -> Status {
			if (auto put = database->execute("INSERT INTO generation VALUES(2,'two','x',0)"); !put)
				return put;
			// The same files, as a power loss would find them.
			fs::copy(path, path + ".crash");
			if (fs::exists(path + "-wal"))
				fs::copy(path + "-wal", path + ".crash-wal");
			return Error{"stop", "", ""};
		});
		CHECK_FALSE(done);
	}
	auto crashed = Database::open(path + ".crash", false);
	REQUIRE(crashed);
	int rows = 0;
	REQUIRE(crashed->query("SELECT number FROM generation", {}, [&](const auto &) { rows++; }));
	CHECK(rows == 1);
}

TEST_CASE("a full disk leaves the old generation or the new one, and no copy of what is not in force")
{
	const std::string old(3000, 'o'), next(200000, 'n');
	std::size_t refused = 0;
	rlimit before{};

	REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
	const auto handler = std::signal(SIGXFSZ, SIG_IGN);
	for (rlim_t limit = 1000;; limit += 20000) {
		Directory directory;
		auto store = Store::open(directory.path);
		REQUIRE(store->put_generation(generation(1, old)));
		REQUIRE(store->put_candidate({7, 2, true, generation(2, next)}));
		// No file may grow beyond the limit: the copy first, the database's log later.
		const rlimit full{limit, before.rlim_max};
		REQUIRE(setrlimit(RLIMIT_FSIZE, &full) == 0);
		const auto done = store->commit_candidate();
		REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
		INFO("limit " << limit << ": " << (done ? "" : done.error().text()));
		if (done) {
			CHECK((*store->newest_generation())->document == next);
			break;
		}
		refused++;
		CHECK(done.error().text().find("full") != std::string::npos);
		CHECK((*store->newest_generation())->number == 1);
		CHECK((*store->candidate())->passed);
		CHECK_FALSE(fs::exists(directory.path + "/generation-2.mib"));
		CHECK_FALSE(fs::exists(directory.path + "/generation-2.mib.new"));
		// The disk has room again: what was decided comes into force.
		CHECK(store->commit_candidate());
		CHECK((*store->newest_generation())->document == next);
	}
	std::signal(SIGXFSZ, handler);
	CHECK(refused > 10);
}

TEST_CASE("only the newest copies of the MIB are kept as files")
{
	Directory directory;
	auto store = Store::open(directory.path);

	for (std::uint32_t number = 1; number <= Store::generation_files + 4; number++)
		REQUIRE(store->put_generation(generation(number, "document " + std::to_string(number))));
	auto found = read_generation_files(directory.path);
	CHECK(found.intact.size() == Store::generation_files);
	CHECK(found.intact.front().number == 5);
	CHECK(found.rejected.empty());
	CHECK(store->generations()->size() == Store::generation_files + 4);
}

TEST_CASE("records and processes come back as they were")
{
	Directory directory;
	auto store = Store::open(directory.path);
	netlink::AppRecord app;
	app.id = 1;
	app.name = "records";
	app.state = KNELL_APP_RUNNING;
	app.owner = 2;
	app.owner_epoch = 0xfffffff0;
	app.version = 12;
	app.stamp_ns = 0xf000000000000001;
	REQUIRE(store->put_app(app));
	app.version = 13;
	REQUIRE(store->put_app(app));
	auto apps = store->applications();
	REQUIRE(apps->size() == 1);
	CHECK(apps->front().version == 13);
	CHECK(apps->front().owner_epoch == 0xfffffff0);
	CHECK(apps->front().stamp_ns == 0xf000000000000001);

	netlink::NodeRecord node;
	node.id = 2;
	node.name = "a";
	node.status = KNELL_STATUS_DOWN;
	REQUIRE(store->put_node(node));
	CHECK(store->nodes()->front().status == KNELL_STATUS_DOWN);

	REQUIRE(store->set_processes(1, {{1, 2, 100, 12345, "/usr/bin/recordd"}}));
	REQUIRE(store->set_processes(1, {{1, 2, 200, 23456, "/usr/bin/recordd"}}));
	auto processes = store->processes(1);
	REQUIRE(processes->size() == 1);
	CHECK(processes->front().pid == 200);
	CHECK(processes->front().start_time == 23456);
	REQUIRE(store->set_processes(1, {}));
	CHECK(store->processes(1)->empty());
}

TEST_CASE("the history is read beside the writer, newest last")
{
	Directory directory;
	auto store = Store::open(directory.path);

	for (std::uint64_t i = 1; i <= 5; i++)
		REQUIRE(store->append({i, "node a", "standby", "active", "takeover"}));
	auto reader = Store::open_read_only(directory.path);
	REQUIRE(reader);
	auto entries = reader->history(3);
	REQUIRE(entries);
	REQUIRE(entries->size() == 3);
	CHECK(entries->front().time_ns == 3);
	CHECK(entries->back().time_ns == 5);
	CHECK(entries->back().reason == "takeover");
	CHECK_FALSE(Store::open_read_only(directory.path + "/none"));
}
