// SPDX-License-Identifier: GPL-2.0
// What a node remembers across restarts: every generation of the MIB document, its epoch,
// the last records of nodes and applications, the processes it started, and the history.
//
// Kept in STATE_DIR/mib.db (SQLite). The documents are also kept as one file per generation
// and the epoch as a file, each replaced atomically: a damaged database is moved aside,
// the newest intact generation is used and the administrator is told.
//
// Context and locking: one thread at a time.
#pragma once

#include "mib/database.hpp"
#include "netlink/records.hpp"

#include <optional>
#include <string>
#include <vector>

namespace knell::mib {

/// A stored generation of the document.
struct Generation {
	std::uint32_t number = 0;
	std::string document;
	std::string sha256;		///< 64 hexadecimal digits
	std::uint64_t stored_ns = 0;	///< CLOCK_REALTIME
};

/// A description that is to come into force at a start of day, but is not yet.
struct Candidate {
	std::uint64_t transaction = 0;	///< which start of day, not 0
	std::uint16_t origin = 0;	///< the node whose console it came from
	bool passed = false;		///< this node's tests said yes
	Generation generation;
};

/// A line of the history.
struct HistoryEntry {
	std::uint64_t time_ns = 0;	///< CLOCK_REALTIME of the event
	std::string what;		///< "node a", "application records", "step", "mib"
	std::string old_value;
	std::string new_value;
	std::string reason;
};

/// A process of a running application.
struct ProcessEntry {
	std::uint16_t app = 0;
	std::size_t action = 0;		///< index in the application's plan
	pid_t pid = 0;
	std::uint64_t start_time = 0;
	std::string program;
};

class Store {
public:
	/// Open STATE_DIR/mib.db; makes the directory and the database if need be. What was
	/// found damaged and done about it is in warnings().
	static Result<Store> open(const std::string &state_dir);
	/// For readers beside the daemon: error if there is no database yet.
	static Result<Store> open_read_only(const std::string &state_dir);

	const std::vector<std::string> &warnings() const { return warnings_; }

	/// Store a generation; the same number with the same document is no change. An error
	/// with another document of that number, or a lower number than the newest.
	Status put_generation(const Generation &generation);
	Result<std::optional<Generation>> newest_generation();
	Result<std::vector<Generation>> generations();

	/// One at a time: a new one replaces the present one. On the disk when it returns.
	Status put_candidate(const Candidate &candidate);
	Result<std::optional<Candidate>> candidate();
	/// Its document; an Error if there is none.
	Result<std::string> candidate_document();
	Status drop_candidate();
	/// The candidate is the newest generation from now on, and was distributed: both or neither.
	/// An error if it is not above the newest.
	Status commit_candidate();
	/// A generation that came from another node: stored as such.
	Status put_distributed(const Generation &generation);
	/// As if this machine had never been in a cluster, but for its epoch and its history.
	Status forget_description();
	/// Did this generation come by start of day rather than by a file here?
	Result<bool> distributed(std::uint32_t number);

	/// The last epoch chosen, 0 = none; on the disk when set_epoch() returns.
	Result<std::uint32_t> epoch();
	Result<std::string> epoch_boot_id();
	Status set_epoch(std::uint32_t epoch, const std::string &boot_id);

	Status put_app(const netlink::AppRecord &record);
	Result<std::vector<netlink::AppRecord>> applications();
	Status put_node(const netlink::NodeRecord &record);
	Result<std::vector<netlink::NodeRecord>> nodes();

	/// Replace what is known about an application's processes (of this boot).
	Status set_processes(std::uint16_t app, const std::vector<ProcessEntry> &processes);
	Result<std::vector<ProcessEntry>> processes(std::uint16_t app);

	/// Append; the oldest entries beyond `history_limit` go.
	Status append(const HistoryEntry &entry);
	/// The newest `count`, oldest first.
	Result<std::vector<HistoryEntry>> history(std::size_t count);

	static constexpr std::size_t history_limit = 100000;
	static constexpr std::size_t generation_files = 16;

private:
	Store(std::string directory, Database database)
		: directory_(std::move(directory)), database_(std::move(database)) {}
	static Result<Database> open_checked(const std::string &path);
	Status make_tables();
	Status recover();
	Status write_generation_file(const Generation &generation);

	std::string directory_;
	Database database_;
	std::vector<std::string> warnings_;
};

} // namespace knell::mib
