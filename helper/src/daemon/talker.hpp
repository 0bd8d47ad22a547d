// SPDX-License-Identifier: GPL-2.0
// Answers what other helpers and consoles ask this node, and keeps its part in a start of day.
//
// Context and locking: called in the event loop's thread. Everything that takes time runs in the
// recorder's thread, which owns the store: nothing that is asked delays a takeover.
#pragma once

#include "daemon/recorder.hpp"
#include "netlink/client.hpp"
#include "talk/candidacy.hpp"
#include "talk/examination.hpp"
#include "talk/facts.hpp"
#include "talk/relay.hpp"
#include "talk/seal.hpp"

#include <asio/io_context.hpp>

namespace knell::daemon {

/// What the talker needs of the daemon.
struct TalkHooks {
	std::string config;	///< path of the cluster file
	std::string state_dir;	///< where the statistics are
	/// What the daemon knows of itself; the rest is looked up. In the loop's thread.
	std::function<talk::Facts()> facts;
	/// What this node could not do under a new description. In the loop's thread.
	std::function<Task<std::vector<std::string>>(std::string document)> test;
	/// What this node finds when it tests itself. In the loop's thread.
	std::function<Task<std::vector<talk::TestLine>>()> examine;
	/// The store has a newer generation. In the loop's thread.
	std::function<void()> newer;
	/// Path of the cluster's secret. In the loop's thread.
	std::function<std::string()> secret;
	/// Release everything and leave the cluster. In the loop's thread.
	std::function<void()> leave;
};

class Talker {
public:
	Talker(asio::io_context &loop, netlink::Client &kernel, Recorder &recorder, TalkHooks hooks);

	/// A message came. Too many at a time are dropped: who wants an answer asks again.
	void heard(const netlink::Message &message);
	/// At the start: a candidate of an earlier life.
	Task<void> resume();
	/// Another node has this description in force. True if it was the candidate here, and now is
	/// the newest in the store.
	Task<Result<bool>> follow(std::uint32_t generation, std::uint32_t short_hash);

private:
	Task<void> answer(netlink::Message message);
	Task<void> answer_stranger(netlink::Message message);
	void pass_on(const netlink::Message &message, const talk::Packet &request);
	void leave(const netlink::Message &message, const talk::Packet &request);
	Task<void> test_candidate();
	Task<void> examine();
	Task<void> expire();
	void spawn(Task<void> task);

	asio::io_context &loop_;
	netlink::Client &kernel_;
	Recorder &recorder_;
	TalkHooks hooks_;
	talk::Responder responder_;	// the recorder's thread only
	talk::Candidacy candidacy_;	// the recorder's thread only
	talk::Relay relay_;
	const std::uint64_t challenge_;	// of this life of the daemon
	talk::Examination examination_;	// the recorder's thread only
	int answering_ = 0;
};

} // namespace knell::daemon
