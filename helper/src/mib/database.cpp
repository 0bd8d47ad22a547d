// SPDX-License-Identifier: GPL-2.0
// The few SQLite calls behind Database.
#include "mib/database.hpp"

#include "util/handle.hpp"

#include <cerrno>
#include <fcntl.h>

namespace knell::mib {

static_assert(damaged == EBADMSG);

namespace {

constexpr int busy_timeout_ms = 2000;	// another process reads the history

} // namespace

Error Database::failure(int result) const
{
	int primary = result & 0xff;
	bool broken = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
	bool full = primary == SQLITE_FULL || primary == SQLITE_IOERR;

	return {"cannot use the database " + path_,
		handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(result),
		full ? "is the file system full, or its disk broken?" : "",
		broken ? damaged : EIO};
}

Result<Database> Database::open(const std::string &path, bool read_only)
{
	sqlite3 *raw = nullptr;
	// Made for us alone; SQLite gives its other files the same mode. Why it fails SQLite says.
	const UniqueFd made(read_only ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	int result = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
	Database database(Handle(raw), path);

	if (result != SQLITE_OK)
		return database.failure(result);
	sqlite3_extended_result_codes(raw, 1);
	sqlite3_busy_timeout(raw, busy_timeout_ms);
	if (read_only)
		return database;
	// A commit is on the disk before it is acknowledged; a torn one is detected by its checksum.
	for (const char *pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"})
		if (auto done = database.execute(pragma); !done)
			return done.error();
	return database;
}

std::string Database::Row::text(int column) const
{
	const auto *data = static_cast<const char *>(sqlite3_column_blob(statement_, column));
	auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));

	return data ? std::string(data, size) : std::string();
}

Status Database::execute(const std::string &sql, const std::vector<Value> &values)
{
	return query(sql, values, {});
}

Status Database::query(const std::string &sql, const std::vector<Value> &values,
		       const std::function<void(const Row &)> &each)
{
	sqlite3_stmt *raw = nullptr;
	int result = sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &raw, nullptr);
	knell::Handle<sqlite3_stmt, sqlite3_finalize> statement(raw);

	if (result != SQLITE_OK)
		return failure(result);
	int index = 0;
	for (const auto &value : values) {
		index++;
		if (const auto *number = std::get_if<std::int64_t>(&value))
			result = sqlite3_bind_int64(raw, index, *number);
		else {
			const auto &text = std::get<std::string>(value);
			result = sqlite3_bind_text64(raw, index, text.data(), text.size(), SQLITE_TRANSIENT,
						     SQLITE_UTF8);
		}
		if (result != SQLITE_OK)
			return failure(result);
	}
	while ((result = sqlite3_step(raw)) == SQLITE_ROW)
		if (each)
			each(Row(raw));
	if (result != SQLITE_DONE)
		return failure(result);
	return {};
}

Status Database::transaction(const std::function<Status()> &work)
{
	if (auto begun = execute("BEGIN IMMEDIATE"); !begun)
		return begun;
	auto done = work();
	if (done)
		done = execute("COMMIT");
	if (!done)
		(void)execute("ROLLBACK").ok();
	return done;
}

} // namespace knell::mib
