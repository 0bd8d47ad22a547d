// SPDX-License-Identifier: GPL-2.0
// SQLite as the store needs it: statements with bound values, transactions, errors as values.
#pragma once

#include "util/handle.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <functional>
#include <sqlite3.h>
#include <string>
#include <variant>
#include <vector>

namespace knell::mib {

using Value = std::variant<std::int64_t, std::string>;

class Database {
public:
	/// Open or create; `read_only` opens what exists and changes nothing.
	static Result<Database> open(const std::string &path, bool read_only);

	/// A row as it is being read.
	class Row {
	public:
		explicit Row(sqlite3_stmt *statement) : statement_(statement) {}
		std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
		std::string text(int column) const;

	private:
		sqlite3_stmt *statement_;
	};

	Status execute(const std::string &sql, const std::vector<Value> &values = {});
	Status query(const std::string &sql, const std::vector<Value> &values,
		     const std::function<void(const Row &)> &each);
	/// All of `work` or nothing of it.
	Status transaction(const std::function<Status()> &work);

private:
	using Handle = knell::Handle<sqlite3, sqlite3_close_v2>;

	explicit Database(Handle handle, std::string path) : handle_(std::move(handle)), path_(std::move(path)) {}
	Error failure(int result) const;

	Handle handle_;
	std::string path_;
};

/// Error code of a database that is damaged or no database at all.
inline constexpr int damaged = 74;	// EBADMSG

} // namespace knell::mib
