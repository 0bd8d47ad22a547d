// SPDX-License-Identifier: GPL-2.0
// This node's part in a start of day: what was written becomes a candidate, is tested, and comes
// into force or goes, all of it on the disk before it is answered.
//
// A node has one candidate at a time and keeps it for `lifetime`; another start of day is refused
// meanwhile. A console commits only if it gathered all answers within half of that. So no two
// consoles can both have been promised by everybody, whatever is lost and however late a commit
// comes (Documentation/adr/0011-start-of-day.md).
//
// Context and locking: one thread at a time, the one that owns the store.
#pragma once

#include "mib/store.hpp"
#include "talk/responder.hpp"

namespace knell::talk {

/// What is in force on this node.
struct Present {
	std::uint32_t cluster = 0;	///< 0 = it is in no cluster
	std::uint32_t generation = 0;
};

/// What the daemon has to do after a request.
struct Served {
	Packet reply;
	bool test = false;	///< test the candidate, then call tested()
	bool adopt = false;	///< the store has a newer generation: put it in force
	std::string note;	///< for log and history; empty = nothing changed
};

class Candidacy {
public:
	static constexpr milliseconds lifetime{60000};

	Served serve(mib::Store &store, const Present &present, std::uint16_t from, Method method,
		     std::string_view body, Clock::time_point now);

	/// After a start: a candidate that had passed still stands, and lives anew. True if there is one.
	Result<bool> resume(mib::Store &store, Clock::time_point now);
	/// The tests of the candidate `transaction` ended; no problems = it passed.
	Status tested(mib::Store &store, std::uint64_t transaction, const std::vector<std::string> &problems);
	/// Drop what is older than its lifetime; the start of day it was of, 0 = nothing.
	Result<std::uint64_t> expire(mib::Store &store, Clock::time_point now);
	/// Another node has put generation and hash in force: if that is the candidate, so does this one.
	Result<bool> follow(mib::Store &store, std::uint32_t generation, std::uint32_t short_hash);

private:
	enum class State { none, testing, passed };

	Served write(std::uint16_t from, std::string_view body);
	Served prepare(mib::Store &store, const Present &present, std::uint16_t from, const Decision &decision,
		       Clock::time_point now);
	Served commit(mib::Store &store, const Decision &decision);
	Served abort(mib::Store &store, const Decision &decision);
	bool busy_with_another(std::uint64_t transaction) const;

	State state_ = State::none;
	std::uint64_t transaction_ = 0;		// of state_
	Clock::time_point since_{};
	std::uint64_t refused_ = 0;		// the last start of day refused here, and why
	std::string why_;
	std::uint64_t writing_ = 0;		// what is being written
	std::uint32_t total_ = 0;
	std::string written_;
};

} // namespace knell::talk
