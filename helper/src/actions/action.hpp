// SPDX-License-Identifier: GPL-2.0
// What an action is: one step of serving an application, done and undone.
//
// Context and locking: an action belongs to one application and runs in one worker
// thread at a time, but for after_relogin(), which may come in another one at any time; it may
// block, but never beyond Control::deadline where it can help it.
#pragma once

#include "model/cluster.hpp"
#include "util/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace knell::actions {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How an action is to be undone.
enum class Release {
	orderly,	///< flush, stop gently: a planned switch, a shutdown, a failed start
	abandon,	///< the node is DOWN, LOST or fenced: drop it at once, write nothing
};

/// What limits and colours one run of an action.
struct Control {
	Clock::time_point deadline;	///< give up then
	std::stop_token stop;		///< give up as soon as it is requested
	bool planned = false;		///< the former owner let go in good order, or there was none

	milliseconds remaining() const
	{
		auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
		return left.count() > 0 ? left : milliseconds(0);
	}
	bool over() const { return stop.stop_requested() || Clock::now() >= deadline; }
	/// The error of an action that was over() before it was done.
	Error expired(const std::string &doing) const;
	/// Sleep; false as soon as it is over().
	bool pause(milliseconds time) const;
};

/// What the node table says about a node.
struct NodeView {
	std::uint8_t status = KNELL_STATUS_UNKNOWN;
	std::uint32_t epoch = 0;
};

/// A process that belongs to a running application.
struct ProcessView {
	pid_t pid = 0;
	std::uint64_t start_time = 0;
	std::string program;
};

/// Where and as whom the actions run.
struct Site {
	std::uint32_t cluster = 0;
	std::string cluster_name;
	std::uint16_t node = 0;
	std::string node_name;
	std::uint32_t epoch = 0;
	/// Fresh look at the kernel's node table; any thread.
	std::function<Result<NodeView>(std::uint16_t node)> look_up;
};

/// Who serves an application, as the kernel here knows.
enum class Served {
	nobody,
	here,
	elsewhere,
	changing,	///< somebody takes it or lets it go, or it is not known
};

/// What an inspection may ask about the application.
struct Situation {
	/// A fresh look; any thread. Empty: the application is not that of the description in force.
	std::function<Served()> served;
};

class Action {
public:
	virtual ~Action() = default;

	/// "fence", "replica", "mount", "exec", "address", "export": the phase it belongs to.
	virtual std::string kind() const = 0;
	/// What it acts on: a device, a mount point, a program, an address.
	virtual std::string subject() const = 0;
	/// What run() would do, for people; changes nothing.
	virtual std::string dry_run() const = 0;
	/// Could run() work on this node now? Pre-join test; changes nothing. What it asks must be this
	/// node's own affair: what is wrong with a volume or an address for everybody must not keep a
	/// node from standing by for other applications.
	virtual Status test() const = 0;
	/// The same on demand, with all that can be found out without changing anything anywhere, also
	/// while another node serves the application. What was seen, for people.
	virtual Result<std::string> inspect(const Situation &) const
	{
		if (auto done = test(); !done)
			return done.error();
		return std::string();
	}
	/// Do it. Idempotent; after an error undo() is called.
	virtual Status run(const Control &control) = 0;
	/// Take it back, also when run() failed half-way or never ran. Idempotent.
	virtual Status undo(Release how, const Control &control) = 0;
	/// Is it still done, for example after knelld was restarted? Changes nothing it need not.
	virtual Status verify() = 0;
	/// The storage came back after a re-login: is it still ours? Error = it is not.
	virtual Status after_relogin() { return {}; }

	/// The process it keeps running, if it does.
	virtual std::optional<ProcessView> process() const { return {}; }
	/// Take hold of a process that an earlier knelld started.
	virtual Status adopt(const ProcessView &) { return {}; }
};

using Actions = std::vector<std::unique_ptr<Action>>;

} // namespace knell::actions
