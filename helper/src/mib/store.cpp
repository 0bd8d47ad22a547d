// SPDX-License-Identifier: GPL-2.0
// The tables of mib.db, and what happens when it is damaged.
#include "mib/store.hpp"

#include "mib/files.hpp"
#include "mib/generation_file.hpp"
#include "model/document.hpp"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <type_traits>

namespace knell::mib {

namespace fs = std::filesystem;

namespace {

constexpr const char *tables =
	"CREATE TABLE IF NOT EXISTS setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS generation(number INTEGER PRIMARY KEY, document TEXT NOT NULL,"
	" sha256 TEXT NOT NULL, stored_ns INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS distributed(number INTEGER PRIMARY KEY);"
	"CREATE TABLE IF NOT EXISTS candidate(id INTEGER PRIMARY KEY CHECK(id = 1), xid TEXT NOT NULL,"
	" origin INTEGER NOT NULL, passed INTEGER NOT NULL, number INTEGER NOT NULL, document TEXT NOT NULL,"
	" sha256 TEXT NOT NULL, stored_ns INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS node(id INTEGER PRIMARY KEY, name TEXT, status INTEGER, reason INTEGER,"
	" epoch INTEGER, seq INTEGER, author INTEGER, generation INTEGER, mib_hash INTEGER, stamp_ns INTEGER);"
	"CREATE TABLE IF NOT EXISTS application(id INTEGER PRIMARY KEY, name TEXT, state INTEGER,"
	" reason INTEGER, owner INTEGER, owner_epoch INTEGER, source INTEGER, prefer INTEGER,"
	" version INTEGER, tried INTEGER, author INTEGER, stamp_ns INTEGER);"
	"CREATE TABLE IF NOT EXISTS process(app INTEGER, action INTEGER, pid INTEGER, start_time INTEGER,"
	" program TEXT, PRIMARY KEY(app, action)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS history(id INTEGER PRIMARY KEY AUTOINCREMENT, time_ns INTEGER NOT NULL,"
	" what TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, reason TEXT NOT NULL)";

std::string database_path(const std::string &directory)
{
	return directory + "/mib.db";
}

std::string epoch_path(const std::string &directory)
{
	return directory + "/epoch";
}

std::int64_t number(std::uint64_t value)
{
	return static_cast<std::int64_t>(value);
}

/// A column as the integer it was stored from.
template <class Integer>
void take(const Database::Row &row, int column, Integer &value)
{
	value = static_cast<Integer>(row.integer(column));
}

/// What `make` makes of every row of a query.
template <class Make, class Item = std::invoke_result_t<Make, const Database::Row &>>
Result<std::vector<Item>> all_rows(Database &database, const std::string &sql, const std::vector<Value> &values,
				   Make make)
{
	std::vector<Item> all;
	auto done = database.query(sql, values, [&](const Database::Row &row) { all.push_back(make(row)); });

	if (!done)
		return done.error();
	return all;
}

std::uint64_t now_ns()
{
	using namespace std::chrono;
	return static_cast<std::uint64_t>(
		duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

/// "EPOCH BOOT_ID\n"
std::pair<std::uint32_t, std::string> parse_epoch(const std::string &line)
{
	auto space = line.find(' ');
	auto end = line.find('\n');

	if (space == std::string::npos || end == std::string::npos || space > end)
		return {0, {}};
	return {static_cast<std::uint32_t>(std::strtoul(line.c_str(), nullptr, 10)),
		line.substr(space + 1, end - space - 1)};
}

Result<std::string> digest(const std::string &document)
{
	auto sum = model::sha256(document);

	if (!sum)
		return sum.error();
	return model::hex(*sum);
}

} // namespace

Result<Database> Store::open_checked(const std::string &path)
{
	auto database = Database::open(path, false);
	std::string verdict;

	if (!database)
		return database.error();
	auto checked = database->query("PRAGMA integrity_check(1)", {},
				       [&](const Database::Row &row) { verdict = row.text(0); });
	if (!checked)
		return checked.error();
	if (verdict != "ok")
		return Error{"cannot use the database " + path, verdict, "", damaged};
	return database;
}

Result<Store> Store::open(const std::string &state_dir)
{
	std::error_code error;

	fs::create_directories(state_dir, error);
	if (error)
		return Error::from_errno("cannot make " + state_dir, error.value());
	fs::permissions(state_dir, fs::perms::owner_all, error);
	if (error)
		return Error::from_errno("cannot keep others out of " + state_dir, error.value());
	const auto path = database_path(state_dir);
	const bool existed = fs::exists(path, error);
	auto database = open_checked(path);
	std::string moved;
	if (!database && database.error().code == damaged) {
		moved = path + ".damaged-" + std::to_string(std::time(nullptr));
		for (const char *suffix : {"", "-wal", "-shm"})
			fs::rename(path + suffix, moved + suffix, error);
		database = open_checked(path);
	}
	if (!database)
		return database.error();
	Store store(state_dir, std::move(*database));
	if (auto done = store.make_tables(); !done)
		return done.error();
	if (existed && moved.empty()) {
		auto intact = store.newest_generation();
		if (intact)
			return store;
		store.warnings_.push_back(intact.error().text());
	}
	if (!moved.empty())
		store.warnings_.push_back("the MIB database was damaged; it is kept as " + moved);
	if (auto done = store.recover(); !done)
		return done.error();
	return store;
}

Result<Store> Store::open_read_only(const std::string &state_dir)
{
	auto database = Database::open(database_path(state_dir), true);

	if (!database)
		return Error{database.error().what, database.error().why,
			     "has knelld ever run on this node? is this root?", database.error().code};
	return Store(state_dir, std::move(*database));
}

Status Store::make_tables()
{
	std::string all = tables;
	std::size_t begin = 0;

	return database_.transaction([&]() -> Status {
		while (begin < all.size()) {
			auto end = std::min(all.find(';', begin), all.size());
			if (auto done = database_.execute(all.substr(begin, end - begin)); !done)
				return done;
			begin = end + 1;
		}
		return {};
	});
}

/// Fill an empty database from the files beside it.
Status Store::recover()
{
	auto found = read_generation_files(directory_);

	for (const auto &bad : found.rejected)
		warnings_.push_back(bad);
	for (const auto &generation : found.intact)
		if (auto done = database_.execute("INSERT OR REPLACE INTO generation VALUES(?,?,?,?)",
						  {std::int64_t{generation.number}, generation.document,
						   generation.sha256, number(generation.stored_ns)});
		    !done)
			return done;
	if (!found.intact.empty() && !warnings_.empty())
		warnings_.push_back("generation " + std::to_string(found.intact.back().number) +
				    " of the MIB was taken from its copy");
	for (const auto &warning : warnings_)
		if (auto done = append({now_ns(), "mib", "", "", warning}); !done)
			return done;
	return {};
}

Status Store::put_generation(const Generation &generation)
{
	auto newest = newest_generation();
	if (!newest)
		return newest.error();
	const std::string what = "cannot store generation " + std::to_string(generation.number);
	if (*newest && (*newest)->number > generation.number)
		return Error{what, "generation " + std::to_string((*newest)->number) + " is stored already",
			     "raise the generation in the cluster file", EEXIST};
	if (*newest && (*newest)->number == generation.number) {
		if ((*newest)->sha256 == generation.sha256)
			return {};
		return Error{what, "it is stored already with another content",
			     "raise the generation in the cluster file", EEXIST};
	}
	Generation stored = generation;
	stored.stored_ns = now_ns();
	auto done = write_generation_file(stored);
	if (done)
		done = database_.execute("INSERT INTO generation VALUES(?,?,?,?)",
					 {std::int64_t{stored.number}, stored.document, stored.sha256,
					  number(stored.stored_ns)});
	// A copy of what is not in force would be taken for it after the loss of the database.
	if (!done)
		remove_generation_file(directory_, stored.number);
	return done;
}

Status Store::write_generation_file(const Generation &generation)
{
	auto done = knell::mib::write_generation_file(directory_, generation);

	if (done)
		forget_generation_files(directory_, generation_files);
	return done;
}

Result<std::optional<Generation>> Store::newest_generation()
{
	auto all = generations();

	if (!all)
		return all.error();
	if (all->empty())
		return std::optional<Generation>{};
	return std::optional<Generation>(std::move(all->back()));
}

Result<std::vector<Generation>> Store::generations()
{
	std::vector<Generation> all;
	auto done = database_.query("SELECT number, document, sha256, stored_ns FROM generation ORDER BY number",
				    {}, [&](const Database::Row &row) {
		all.push_back({static_cast<std::uint32_t>(row.integer(0)), row.text(1), row.text(2),
			       static_cast<std::uint64_t>(row.integer(3))});
	});

	if (!done)
		return done.error();
	for (const auto &generation : all) {
		auto sum = digest(generation.document);
		if (!sum)
			return sum.error();
		if (*sum != generation.sha256)
			return Error{"generation " + std::to_string(generation.number) + " of the MIB is damaged",
				     "its hash does not match", "", damaged};
	}
	return all;
}

Result<std::uint32_t> Store::epoch()
{
	std::uint32_t stored = 0;
	auto done = database_.query("SELECT value FROM setting WHERE name = 'epoch'", {},
				    [&](const Database::Row &row) {
		stored = parse_epoch(row.text(0)).first;
	});

	if (!done)
		return done.error();
	// The file is the older habit of the two and survives the loss of the database.
	if (auto line = read_file(epoch_path(directory_)))
		stored = std::max(stored, parse_epoch(*line).first);
	return stored;
}

Result<std::string> Store::epoch_boot_id()
{
	auto line = read_file(epoch_path(directory_));

	if (!line && line.error().code != ENOENT)
		return line.error();
	return line ? parse_epoch(*line).second : std::string();
}

Status Store::set_epoch(std::uint32_t epoch, const std::string &boot)
{
	std::string line = std::to_string(epoch) + " " + boot + "\n";

	if (auto done = write_file(epoch_path(directory_), line); !done)
		return done;
	return database_.execute("INSERT OR REPLACE INTO setting VALUES('epoch', ?)", {line});
}

Status Store::put_app(const netlink::AppRecord &r)
{
	return database_.execute("INSERT OR REPLACE INTO application VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
				 {std::int64_t{r.id}, r.name, std::int64_t{r.state}, std::int64_t{r.reason},
				  std::int64_t{r.owner}, std::int64_t{r.owner_epoch}, std::int64_t{r.from},
				  std::int64_t{r.prefer}, std::int64_t{r.version}, std::int64_t{r.tried},
				  std::int64_t{r.author}, number(r.stamp_ns)});
}

Result<std::vector<netlink::AppRecord>> Store::applications()
{
	return all_rows(database_, "SELECT * FROM application ORDER BY id", {}, [](const Database::Row &row) {
		netlink::AppRecord r;
		r.name = row.text(1);
		take(row, 0, r.id);
		take(row, 2, r.state);
		take(row, 3, r.reason);
		take(row, 4, r.owner);
		take(row, 5, r.owner_epoch);
		take(row, 6, r.from);
		take(row, 7, r.prefer);
		take(row, 8, r.version);
		take(row, 9, r.tried);
		take(row, 10, r.author);
		take(row, 11, r.stamp_ns);
		return r;
	});
}

Status Store::put_node(const netlink::NodeRecord &r)
{
	return database_.execute("INSERT OR REPLACE INTO node VALUES(?,?,?,?,?,?,?,?,?,?)",
				 {std::int64_t{r.id}, r.name, std::int64_t{r.status}, std::int64_t{r.reason},
				  std::int64_t{r.epoch}, std::int64_t{r.seq}, std::int64_t{r.author},
				  std::int64_t{r.generation}, std::int64_t{r.mib_hash}, number(r.stamp_ns)});
}

Result<std::vector<netlink::NodeRecord>> Store::nodes()
{
	return all_rows(database_, "SELECT * FROM node ORDER BY id", {}, [](const Database::Row &row) {
		netlink::NodeRecord r;
		r.name = row.text(1);
		take(row, 0, r.id);
		take(row, 2, r.status);
		take(row, 3, r.reason);
		take(row, 4, r.epoch);
		take(row, 5, r.seq);
		take(row, 6, r.author);
		take(row, 7, r.generation);
		take(row, 8, r.mib_hash);
		take(row, 9, r.stamp_ns);
		return r;
	});
}

Status Store::set_processes(std::uint16_t app, const std::vector<ProcessEntry> &processes)
{
	return database_.transaction([&]() -> Status {
		auto done = database_.execute("DELETE FROM process WHERE app = ?", {std::int64_t{app}});
		for (const auto &entry : processes)
			if (done)
				done = database_.execute("INSERT INTO process VALUES(?,?,?,?,?)",
							 {std::int64_t{app},
							  number(entry.action), std::int64_t{entry.pid},
							  number(entry.start_time), entry.program});
		return done;
	});
}

Result<std::vector<ProcessEntry>> Store::processes(std::uint16_t app)
{
	return all_rows(database_, "SELECT action, pid, start_time, program FROM process WHERE app = ?",
			{std::int64_t{app}}, [app](const Database::Row &row) {
		ProcessEntry entry;
		entry.app = app;
		take(row, 0, entry.action);
		take(row, 1, entry.pid);
		take(row, 2, entry.start_time);
		entry.program = row.text(3);
		return entry;
	});
}

Status Store::append(const HistoryEntry &entry)
{
	auto done = database_.execute(
		"INSERT INTO history(time_ns, what, old, new, reason) VALUES(?,?,?,?,?)",
		{number(entry.time_ns), entry.what, entry.old_value, entry.new_value, entry.reason});

	if (!done)
		return done;
	return database_.execute("DELETE FROM history WHERE id <= (SELECT MAX(id) FROM history) - ?",
				 {number(history_limit)});
}

Result<std::vector<HistoryEntry>> Store::history(std::size_t count)
{
	return all_rows(database_,
			"SELECT time_ns, what, old, new, reason FROM"
			" (SELECT * FROM history ORDER BY id DESC LIMIT ?) ORDER BY id",
			{number(count)}, [](const Database::Row &row) {
		return HistoryEntry{static_cast<std::uint64_t>(row.integer(0)), row.text(1), row.text(2),
				    row.text(3), row.text(4)};
	});
}

} // namespace knell::mib
