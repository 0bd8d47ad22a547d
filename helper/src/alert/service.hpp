// SPDX-License-Identifier: GPL-2.0
// Alerts of the daemon: what it hears goes in, what is worth telling goes to every target.
//
// Who sends: journal and file are each node's own. E-mail and command go out once, from the
// lowest-numbered healthy node as each node's own table says; every other node keeps what it did
// not send for a while and sends it if that node ends. So an alert may come twice, and is not lost.
//
// Context and locking: know(), hear() and configure() from any thread, none waits for anything;
// mutex_ protects inbox_, dropped_ and stopping_; the rest belongs to the service's thread.
#pragma once

#include "alert/courier.hpp"
#include "alert/judge.hpp"

#include <list>
#include <memory>

namespace knell::alert {

/// What the cluster file and this node's place in it say.
struct Setup {
	Origin origin;
	Position position;
	std::vector<model::AlertTarget> targets;
};

class Service {
public:
	/// `told` is called in the service's thread with every alert, sent by this node or not.
	explicit Service(Setup setup, std::function<void(const Alert &)> told = {},
			 Courier::Deliver deliver = alert::deliver);
	/// Ends the targets' programs; returns within seconds.
	~Service();
	Service(const Service &) = delete;
	Service &operator=(const Service &) = delete;

	/// Another generation of the cluster file. A target that did not change keeps its queue.
	void configure(Setup setup);
	/// Known from before, no news.
	void know(std::vector<netlink::NodeRecord> nodes, std::vector<netlink::AppRecord> apps);
	/// An event of the kernel, or a record found in its tables.
	void hear(netlink::Event event);

	static constexpr std::size_t inbox_limit = 4096;
	static constexpr std::chrono::minutes held_for{2};

private:
	using Work = std::function<void()>;
	struct Held {
		Alert alert;
		Time until;
	};

	void post(Work work);
	void run();
	void apply(Setup setup);
	void tell(const std::vector<Alert> &alerts, Time now);
	void send(const Alert &alert, bool for_all);
	void look_at_reporter(Time now);

	Setup setup_;
	const std::function<void(const Alert &)> told_;
	const Courier::Deliver deliver_;
	Judge judge_;
	std::list<std::unique_ptr<Courier>> couriers_;
	std::deque<Held> held_;		///< for the reporter to send, unless it ends
	std::uint16_t reporter_ = 0;
	std::mutex mutex_;
	std::condition_variable wake_;
	std::deque<Work> inbox_;
	unsigned dropped_ = 0;
	bool stopping_ = false;
	std::thread thread_;	// last: it uses all the others
};

} // namespace knell::alert
