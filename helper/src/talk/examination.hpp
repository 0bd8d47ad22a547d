// SPDX-License-Identifier: GPL-2.0
// A node is asked to test itself: the report as it travels, the asking side and the answering side.
#pragma once

#include "talk/asker.hpp"
#include "talk/facts.hpp"

namespace knell::talk {

/// What one test found.
struct TestLine {
	std::string application;	///< empty: it is of the node as a whole
	std::string kind;		///< fence, mount, exec, address ...
	std::string subject;
	bool passed = false;
	std::string words;		///< why it failed, or what was seen; may be empty

	bool operator==(const TestLine &) const = default;
};

/// JSON; members that are not known are skipped when it is read.
[[nodiscard]] std::string serialize(const std::vector<TestLine> &lines);
[[nodiscard]] Result<std::vector<TestLine>> read_tests(std::string_view text);

/// A test may wait for a disk that does not answer.
inline constexpr milliseconds examination_limit{90000};

/// Have a node test itself, and fetch what it found. Error code ETIMEDOUT: it takes too long.
Result<std::vector<TestLine>> examine(Asker &asker, std::uint16_t node, milliseconds limit = examination_limit);

/// A node's facts, and its clock against this one's.
struct TimedFacts {
	Facts facts;
	std::int64_t clock_difference_ns = 0;	///< above 0: its clock is ahead
	std::int64_t clock_error_ns = 0;	///< the difference is known to this: half the way there and back
};

/// Asks some times and takes the quickest answer.
Result<TimedFacts> timed_facts(Asker &asker, std::uint16_t node);

/// The answering side: one test at a time, each run once however often it is asked for.
///
/// Context and locking: one thread at a time.
class Examination {
public:
	struct Asked {
		Packet reply;
		bool start = false;	///< run the tests, then call done()
	};

	/// A request: its body is the test's number.
	Asked ask(std::string_view body);
	/// The tests that ask() started have ended.
	void done(std::string report);
	/// What was found; `argument`: the lower half of the number.
	[[nodiscard]] Result<std::string> report(std::uint32_t argument) const;

private:
	std::uint64_t running_ = 0;	// 0 = none
	std::uint64_t finished_ = 0;	// report_ is of this one
	std::string report_;
};

} // namespace knell::talk
