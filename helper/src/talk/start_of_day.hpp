// SPDX-License-Identifier: GPL-2.0
// The console's part in a start of day: ask everybody, write to everybody, have everybody test and
// keep it, compare what they keep, and only if all is well with all of them put it in force.
//
// Context and locking: one thread; blocks.
#pragma once

#include "talk/asker.hpp"
#include "talk/candidacy.hpp"
#include "talk/facts.hpp"

namespace knell::talk {

/// A node as the kernel here knows it, or a machine without a cluster that the file names.
struct Member {
	std::uint16_t id = 0;
	std::string name;
	bool up = false;
	std::string status;	///< word for it
	std::uint16_t address = 0;	///< of the transport; 0 = that of a member, its number
};

/// What became of one node.
struct NodeLine {
	std::uint16_t id = 0;
	std::string name;
	bool good = true;
	std::string stage;	///< absent, answered, written, passed, same, confirmed; or refused, different
	std::string why;	///< if it is not good, or worth a warning
	std::uint16_t address = 0;	///< of the transport
	model::Role role = model::Role::server;	///< in the file
	bool told = false;		///< it has taken the commit
	Facts facts = {};		///< what it answered first
};

struct DayReport {
	enum class End {
		refused,	///< nothing has changed anywhere
		confirmed,	///< in force on every node
		decided,	///< it will be in force on every node; some have not said so yet
	};
	End end = End::refused;
	std::uint32_t generation = 0;
	std::string sha256;
	std::vector<NodeLine> nodes;
	std::string why;	///< refused: in one sentence
};

class StartOfDay {
public:
	/// From the first write to the decision; half of what the nodes keep a candidate for.
	static constexpr milliseconds decision_limit = Candidacy::lifetime / 2;
	static constexpr milliseconds confirm_limit{30000};

	/// `version`: of knell, which all must have. `progress` hears one line per step.
	/// `hold` is called before the first commit, and before giving up: nothing may end the asking then.
	StartOfDay(Asker &asker, std::string version, std::function<void(const std::string &)> progress,
		   std::function<void()> hold)
		: asker_(asker), version_(std::move(version)), progress_(std::move(progress)),
		  hold_(std::move(hold)) {}

	/// A node that is up although the file does not name it: `go` has it leave, as the last thing
	/// before the first commit. An error = nothing changes.
	void dismiss(std::uint16_t node, std::function<Status()> go)
	{
		leaving_ = node;
		go_ = std::move(go);
	}

	/// `file`: what the file says; its generation is raised above every one in force.
	DayReport run(model::Cluster file, const std::vector<Member> &members);

private:
	bool ask_everybody(model::Cluster &file, const std::vector<Member> &members);
	bool write_to_everybody();
	bool have_everybody_test();
	bool compare_copies();
	bool dismissed();
	void confirm();
	bool confirm_first();
	void commit(const std::vector<NodeLine *> &lines);
	void look(const std::vector<NodeLine *> &lines, bool as_members);
	bool forget_unfinished();
	void give_up();
	void judge(const model::Cluster &file, NodeLine &line, const Result<std::string> &told,
		   std::uint32_t &highest);
	bool good(const std::string &why);
	std::vector<std::uint16_t> addresses() const;
	bool pause(milliseconds time);

	Asker &asker_;
	std::uint16_t leaving_ = 0;
	std::function<Status()> go_;
	std::string version_;
	std::function<void(const std::string &)> progress_;
	std::function<void()> hold_;
	DayReport report_;
	Decision decision_;
	std::string document_;
	Clock::time_point begun_{};
};

} // namespace knell::talk
