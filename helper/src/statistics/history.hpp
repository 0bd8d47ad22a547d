// SPDX-License-Identifier: GPL-2.0
// Samples on the disk: STATE_DIR/statistics.db, apart from the MIB, whose durability it does not
// share. Losing the newest samples in a power cut is fine; a damaged file is begun anew.
//
// Context and locking: one thread at a time; readers in other processes.
#pragma once

#include "mib/database.hpp"
#include "statistics/sample.hpp"

#include <chrono>

namespace knell::statistics {

class History {
public:
	static Result<History> open(const std::string &state_dir);
	/// For readers beside the daemon: error if there is none yet.
	static Result<History> open_read_only(const std::string &state_dir);

	/// Append, and forget what is older than `keep`.
	Status append(const Sample &sample, std::chrono::milliseconds keep);
	/// The newest `count`, oldest first.
	Result<std::vector<Sample>> newest(std::size_t count);

private:
	explicit History(mib::Database database) : database_(std::move(database)) {}
	static Result<History> open_tables(const std::string &path);
	Status read_volumes(std::vector<Sample> &samples);
	Status read_responses(std::vector<Sample> &samples);

	mib::Database database_;
};

} // namespace knell::statistics
