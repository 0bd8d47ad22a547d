// SPDX-License-Identifier: GPL-2.0
// Asks the applications this node serves something, as a client would, and takes the time. Nobody
// acts on what comes of it.
//
// Context and locking: one thread asks and destroys, any may call the rest. Only the destructor waits
// for a program. mutex_ protects everything but the threads; each program has one of its own, and an
// application never has two.
#pragma once

#include "model/cluster.hpp"
#include "statistics/sample.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace knell::statistics {

/// How an application is asked.
struct Question {
	model::AppId app = 0;
	std::string name;			///< of the application
	std::vector<std::string> argv;		///< argv[0] is an absolute path
	std::vector<std::pair<std::string, std::string>> environment{};

	bool operator==(const Question &) const = default;
};

class Inquirer {
public:
	explicit Inquirer(std::vector<Question> questions);
	/// Kills what is under way.
	~Inquirer();
	Inquirer(const Inquirer &) = delete;
	Inquirer &operator=(const Inquirer &) = delete;

	/// Another generation of the cluster file: what is not asked so any more is killed.
	void configure(std::vector<Question> questions);
	/// This node serves an application from now on, or not: then it is asked no more, and a
	/// program that asks it is killed.
	void serves(model::AppId app, bool yes);

	/// Forget the answers so far and ask every application that is served here. One that is still
	/// being asked is not asked twice. A program is killed, with its process group, after `limit`.
	void ask(std::chrono::milliseconds limit);
	/// What came since ask(), by number of application. Who has not answered yet has no time.
	std::vector<Response> responses();

private:
	struct Inquiry;

	static std::unique_ptr<Inquiry> prepare(const Question &question, std::chrono::milliseconds limit);
	void start(Inquiry &inquiry);
	void run(Inquiry &inquiry);

	std::mutex mutex_;
	std::map<model::AppId, Question> questions_;
	std::set<model::AppId> served_;
	std::map<model::AppId, std::unique_ptr<Inquiry>> inquiries_;
	std::map<model::AppId, std::string> troubles_;	// what was logged last
};

} // namespace knell::statistics
