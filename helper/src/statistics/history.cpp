// SPDX-License-Identifier: GPL-2.0
// Three tables: one row per sample, one per volume and sample, one per application and sample.
#include "statistics/history.hpp"

#include "util/log.hpp"

#include <cerrno>
#include <cmath>
#include <unistd.h>

namespace knell::statistics {

namespace {

// SQLite's floating numbers are not needed: microseconds and millionths are integers.
constexpr double micro = 1e6;
constexpr std::int64_t none = -1;

std::int64_t scaled(double value)
{
	return std::llround(value * micro);
}

std::int64_t scaled(const std::optional<double> &value)
{
	return value ? scaled(*value) : none;
}

double back(std::int64_t value)
{
	return static_cast<double>(value) / micro;
}

std::optional<double> maybe(std::int64_t value)
{
	if (value == none)
		return std::nullopt;
	return back(value);
}

/// The sample of a time, for times that rise.
class Finder {
public:
	explicit Finder(std::vector<Sample> &samples) : next_(samples.begin()), end_(samples.end()) {}

	Sample *find(std::int64_t time)
	{
		const auto wanted = static_cast<std::uint64_t>(time);

		while (next_ != end_ && next_->time_ns < wanted)
			++next_;
		return next_ != end_ && next_->time_ns == wanted ? &*next_ : nullptr;
	}

private:
	std::vector<Sample>::iterator next_, end_;
};

std::string path_of(const std::string &state_dir)
{
	return state_dir + "/statistics.db";
}

} // namespace

Result<History> History::open_tables(const std::string &path)
{
	auto database = mib::Database::open(path, false);

	if (!database)
		return database.error();
	for (const char *sql : {"PRAGMA synchronous=OFF",
				"CREATE TABLE IF NOT EXISTS samples (time INTEGER PRIMARY KEY, busy INTEGER NOT NULL, "
				"load INTEGER NOT NULL, delay INTEGER NOT NULL, total INTEGER NOT NULL, "
				"available INTEGER NOT NULL)",
				"CREATE TABLE IF NOT EXISTS volumes (time INTEGER NOT NULL, device TEXT NOT NULL, "
				"reads INTEGER NOT NULL, writes INTEGER NOT NULL, read_time INTEGER NOT NULL, "
				"write_time INTEGER NOT NULL, PRIMARY KEY (time, device)) WITHOUT ROWID",
				"CREATE TABLE IF NOT EXISTS responses (time INTEGER NOT NULL, "
				"application TEXT NOT NULL, response INTEGER NOT NULL, "
				"PRIMARY KEY (time, application)) WITHOUT ROWID"})
		if (auto done = database->execute(sql); !done)
			return done.error();
	return History(std::move(*database));
}

Result<History> History::open(const std::string &state_dir)
{
	const auto path = path_of(state_dir);
	auto opened = open_tables(path);

	if (opened || opened.error().code != mib::damaged)
		return opened;
	log::warning("{}: the statistics begin anew", opened.error().text());
	for (const char *ending : {"", "-wal", "-shm"})
		if (::unlink((path + ending).c_str()) != 0 && errno != ENOENT)
			return Error::from_errno("cannot remove " + path + ending, errno);
	return open_tables(path);
}

Result<History> History::open_read_only(const std::string &state_dir)
{
	const auto path = path_of(state_dir);

	if (::access(path.c_str(), F_OK) != 0)
		return Error{"there are no statistics in " + state_dir, "",
			     "knelld writes them every minute unless the cluster file says 'statistics: {period: 0}'"};
	auto database = mib::Database::open(path, true);
	if (!database)
		return database.error();
	return History(std::move(*database));
}

Status History::append(const Sample &sample, std::chrono::milliseconds keep)
{
	const auto time = static_cast<std::int64_t>(sample.time_ns);
	const auto oldest = time - std::chrono::duration_cast<std::chrono::nanoseconds>(keep).count();

	return database_.transaction([&]() -> Status {
		auto done = database_.execute("INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?)",
					      {time, scaled(sample.cpu_busy), scaled(sample.load),
					       scaled(sample.delay_ms), static_cast<std::int64_t>(sample.memory_total),
					       static_cast<std::int64_t>(sample.memory_available)});
		if (!done)
			return done;
		for (const VolumeUse &use : sample.volumes) {
			done = database_.execute("INSERT OR REPLACE INTO volumes VALUES (?, ?, ?, ?, ?, ?)",
						 {time, use.device, static_cast<std::int64_t>(use.reads),
						  static_cast<std::int64_t>(use.writes), scaled(use.read_ms),
						  scaled(use.write_ms)});
			if (!done)
				return done;
		}
		for (const Response &response : sample.responses) {
			done = database_.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?)",
						 {time, response.application, scaled(response.ms)});
			if (!done)
				return done;
		}
		// Also what lies in the future: a clock that was set back must not keep it for ever.
		for (const char *table : {"samples", "volumes", "responses"}) {
			done = database_.execute(std::string("DELETE FROM ") + table + " WHERE time < ? OR time > ?",
						 {oldest, time});
			if (!done)
				return done;
		}
		return {};
	});
}

Result<std::vector<Sample>> History::newest(std::size_t count)
{
	std::vector<Sample> samples;
	auto done = database_.query("SELECT * FROM (SELECT time, busy, load, delay, total, available FROM samples "
				    "ORDER BY time DESC LIMIT ?) ORDER BY time",
				    {static_cast<std::int64_t>(count)}, [&](const mib::Database::Row &row) {
					    Sample sample;
					    sample.time_ns = static_cast<std::uint64_t>(row.integer(0));
					    sample.cpu_busy = back(row.integer(1));
					    sample.load = back(row.integer(2));
					    sample.delay_ms = back(row.integer(3));
					    sample.memory_total = static_cast<std::uint64_t>(row.integer(4));
					    sample.memory_available = static_cast<std::uint64_t>(row.integer(5));
					    samples.push_back(std::move(sample));
				    });
	if (!done)
		return done.error();
	if (samples.empty())
		return samples;
	done = read_volumes(samples);
	if (done)
		done = read_responses(samples);
	if (!done)
		return done.error();
	return samples;
}

Status History::read_volumes(std::vector<Sample> &samples)
{
	Finder finder(samples);

	return database_.query("SELECT time, device, reads, writes, read_time, write_time FROM volumes "
			       "WHERE time >= ? ORDER BY time, device",
			       {static_cast<std::int64_t>(samples.front().time_ns)}, [&](const mib::Database::Row &row) {
				       if (auto *sample = finder.find(row.integer(0)))
					       sample->volumes.push_back({row.text(1), static_cast<std::uint64_t>(row.integer(2)),
									  static_cast<std::uint64_t>(row.integer(3)),
									  maybe(row.integer(4)), maybe(row.integer(5))});
			       });
}

/// A file of an older knelld, which asked no application, does not have this table.
Status History::read_responses(std::vector<Sample> &samples)
{
	Finder finder(samples);
	bool there = false;
	auto done = database_.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'responses'", {},
				    [&there](const mib::Database::Row &) { there = true; });

	if (!done || !there)
		return done;
	return database_.query("SELECT time, application, response FROM responses WHERE time >= ? "
			       "ORDER BY time, application",
			       {static_cast<std::int64_t>(samples.front().time_ns)}, [&](const mib::Database::Row &row) {
				       if (auto *sample = finder.find(row.integer(0)))
					       sample->responses.push_back({row.text(1), maybe(row.integer(2))});
			       });
}

} // namespace knell::statistics
