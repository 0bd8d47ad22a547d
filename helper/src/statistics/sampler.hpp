// SPDX-License-Identifier: GPL-2.0
// Takes a sample of this node once a period, in a thread that sleeps in between. Shortly before,
// the applications this node serves are asked, each in a thread of its own.
//
// Context and locking: any thread may call, and none waits; mutex_ protects wanted_, changed_,
// stopping_ and latest_. The history belongs to the thread.
#pragma once

#include "model/watching.hpp"
#include "statistics/inquirer.hpp"
#include "statistics/sample.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace knell::statistics {

class Sampler {
public:
	/// What the cluster file says.
	struct Wanted {
		model::Statistics statistics;
		std::vector<std::string> devices;	///< whose I/O is counted
		std::vector<Question> questions{};	///< to applications, while they are served here
	};

	Sampler(std::string state_dir, Wanted wanted);
	~Sampler();
	Sampler(const Sampler &) = delete;
	Sampler &operator=(const Sampler &) = delete;

	/// Another generation of the cluster file; the period begins anew.
	void configure(Wanted wanted);
	/// This node serves an application from now on, or not any more.
	void serves(model::AppId app, bool yes) { inquirer_.serves(app, yes); }
	/// The newest sample, if one was taken.
	std::optional<Sample> latest();

private:
	void run();

	const std::string state_dir_;
	std::mutex mutex_;
	std::condition_variable wake_;
	Wanted wanted_;
	bool changed_ = false;
	bool stopping_ = false;
	std::optional<Sample> latest_;
	Inquirer inquirer_;
	std::thread thread_;	// last: it uses all the others
};

} // namespace knell::statistics
