// SPDX-License-Identifier: GPL-2.0
// Writes what happens to the store, beside the event loop: a slow disk delays the history,
// not a takeover.
//
// Context and locking: any thread may call; everything runs in order in one thread that owns
// the store.
#pragma once

#include "daemon/async.hpp"
#include "mib/store.hpp"
#include "model/cluster.hpp"
#include "plan/plan.hpp"

#include <functional>
#include <string>

namespace knell::daemon {

class Recorder {
public:
	explicit Recorder(mib::Store store) : store_(std::move(store)) {}
	Recorder(const Recorder &) = delete;
	Recorder &operator=(const Recorder &) = delete;
	~Recorder() { drain(); }

	void node(const netlink::Event &event);
	void app(const netlink::Event &event);
	void step(const plan::StepReport &report);
	void note(const std::string &what, const std::string &text);
	void processes(std::uint16_t app, std::vector<mib::ProcessEntry> entries);

	/// Wait until all that was given is written; then run `work` on the store and return.
	template <class Work>
	Task<std::invoke_result_t<Work, mib::Store &>> with_store(Work work)
	{
		co_return co_await run_on(thread_, [&] { return work(store_); });
	}

	/// Write what is left. Blocks.
	void drain() { thread_.join(); }

private:
	void post(std::function<Status(mib::Store &)> work);

	mib::Store store_;
	asio::thread_pool thread_{1};
};

} // namespace knell::daemon
