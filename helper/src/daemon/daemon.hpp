// SPDX-License-Identifier: GPL-2.0
// knelld: joins the node to its cluster, follows the kernel's events and acts on them.
//
// Context and locking: one event loop, one thread; blocking steps run in a pool, the store in
// a thread of its own, canaries and petting in theirs.
#pragma once

#include "alert/service.hpp"
#include "daemon/application.hpp"
#include "daemon/canary.hpp"
#include "daemon/describe.hpp"
#include "daemon/install.hpp"
#include "daemon/sessions.hpp"
#include "daemon/talker.hpp"
#include "metrics/endpoint.hpp"
#include "model/document.hpp"
#include "netlink/subscription.hpp"
#include "statistics/sampler.hpp"

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <map>
#include <memory>
#include <string>

namespace knell::daemon {

class Daemon {
public:
	/// Reads the cluster file and opens the store; error = cannot start at all.
	static Result<std::unique_ptr<Daemon>> create(const Settings &settings);

	Daemon(Settings settings, Description description, mib::Store store, netlink::Client kernel,
	       netlink::Client petting);
	~Daemon();
	Daemon(const Daemon &) = delete;
	Daemon &operator=(const Daemon &) = delete;

	/// Until SIGTERM. The exit status.
	int run();

private:
	// Joining (join.cpp)
	Task<void> begin();
	Task<bool> readopt();
	Task<Status> join();
	Task<Status> install(std::uint32_t epoch);
	Task<void> join_until_done();
	Task<void> test_until_passed();
	Result<netlink::NodeRecord> own_record();
	void make_applications();
	Task<void> guard_shutdown();
	std::unique_ptr<plan::Plan> make_plan(const model::Application &app);
	bool candidate_of(const model::Application &app) const;

	// Following events (events.cpp)
	Task<void> follow();
	Task<void> follow_signals();
	Task<void> follow_sessions();
	void check_fences();
	void dispatch(const netlink::Event &event);
	void look_again();
	void consider(const netlink::AppRecord &record);
	void consider_self(const netlink::NodeRecord &record);
	void obey(const netlink::Order &order);

	// Watching (watching.cpp)
	static alert::Setup alert_setup(const Description &description);
	static statistics::Sampler::Wanted sampler_setup(const Description &description);
	void configure_watching();
	void watch_records(const std::vector<netlink::NodeRecord> &nodes,
			   const std::vector<netlink::AppRecord> &apps);
	Task<void> remember_for_alerts();

	// Leaving (leave.cpp)
	Task<void> let_go_and_rejoin();
	Task<void> leave_fenced();
	Task<void> let_go_all();
	Task<void> shut_down();

	// The description in force, and newer ones (describe.cpp)
	void reload();
	Task<void> advance();
	Task<Status> put_in_force(Description next);
	void consider_peer(const netlink::NodeRecord &record);
	Task<void> catch_up();
	Task<Status> take_from(netlink::NodeRecord peer);
	Task<std::vector<std::string>> test_candidate(std::string document);
	Task<std::vector<talk::TestLine>> examine_self();
	TalkHooks talk_hooks();
	talk::Facts own_facts() const;
	Task<void> beat();
	void spawn(Task<void> task);
	Application *find(std::uint16_t app);

	Settings settings_;
	Description description_;
	netlink::Client kernel_;
	netlink::Client petting_;	// the petter's own
	Recorder recorder_;
	// Those that only watch; alerts_ last, it feeds the others.
	statistics::Sampler sampler_;
	metrics::Endpoint metrics_;
	alert::Service alerts_;
	actions::Site site_;
	Surroundings around_;
	Talker talker_;
	// Never erased from: coroutines refer to its elements. The loop, which owns the
	// coroutines, is destroyed before all they refer to.
	std::map<std::uint16_t, std::unique_ptr<Application>> applications_;
	asio::thread_pool workers_{16};	// a step that hangs occupies one; the others go on
	asio::io_context loop_{1};
	std::unique_ptr<netlink::Subscription> events_;
	Canary exec_canary_, disk_canary_, loop_canary_;
	Petter petter_;
	std::uint32_t epoch_ = 0;
	bool leaving_ = false;		// let_go_and_rejoin() or leave_fenced() is under way
	bool stopping_ = false;
	bool catching_up_ = false;	// catch_up() is under way
	AsyncMutex changing_;		// of the description in force
	unsigned joins_ = 0;		// numbers the joins, so that an old test loop ends
	Clock::time_point last_join_{};
	int exit_status_ = 0;
};

} // namespace knell::daemon
