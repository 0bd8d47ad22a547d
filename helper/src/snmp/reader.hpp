// SPDX-License-Identifier: GPL-2.0
// The side of the kernel: follows its events, reads its tables, and tells the speaker what
// changed. Never takes anything from the speaker.
//
// Context and locking: one thread.
#pragma once

#include "alert/judge.hpp"
#include "model/cluster.hpp"
#include "netlink/subscription.hpp"
#include "snmp/pipe.hpp"

#include <chrono>
#include <memory>

namespace knell::snmp {

class Reader {
public:
	/// How old an image may be when nothing happens.
	static constexpr std::chrono::seconds period{10};

	/// `speaker` is where news go; samples are read below `state_dir`.
	Reader(int speaker, std::string state_dir) : speaker_(speaker), state_dir_(std::move(state_dir)) {}

	/// Until the speaker ends, or `stop` is readable.
	Status run(int stop);

private:
	void listen();
	Status look();
	Status hear();
	void place(const metrics::Facts &facts);
	void describe(std::uint32_t mib_hash);
	void judge(const netlink::Event &event);
	void judge(const metrics::Facts &facts);
	std::optional<statistics::Sample> latest_sample() const;

	const int speaker_;
	const std::string state_dir_;
	std::unique_ptr<netlink::Subscription> events_;
	std::unique_ptr<alert::Judge> judge_;	// from the first look on
	std::optional<metrics::Facts> facts_;	// of the last look
	model::Cluster cluster_;		// as described by the document mib_hash_
	std::optional<std::uint32_t> mib_hash_;
	std::optional<Image> told_;
	std::vector<Notification> waiting_;	// for the image that goes with them
	bool complained_ = false;		// that the kernel does not answer
};

} // namespace knell::snmp
