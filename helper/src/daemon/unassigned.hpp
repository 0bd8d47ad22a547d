// SPDX-License-Identifier: GPL-2.0
// A machine that has the cluster's secret, but no description: it answers consoles over links of
// strangers until a start of day, or a router that knows it, gives it one.
//
// Context and locking: one thread, which blocks as long as a test or the store does.
#pragma once

#include "daemon/daemon.hpp"
#include "talk/candidacy.hpp"
#include "talk/facts.hpp"
#include "talk/relay.hpp"
#include "talk/seal.hpp"

#include <memory>

namespace knell::daemon {

/// Is there neither a cluster file nor a stored description here?
Result<bool> undescribed(const Settings &settings);

class Unassigned : private talk::Service {
public:
	static Result<std::unique_ptr<Unassigned>> create(const Settings &settings);
	~Unassigned() override = default;

	enum class End {
		described,	///< there is a description, or a cluster file, now
		stopped,	///< by SIGTERM or SIGINT
	};
	/// Until either; an error if the kernel cannot be listened to any more.
	Result<End> run();

private:
	Unassigned(Settings settings, talk::Seal seal, mib::Store store, netlink::Client kernel,
		   netlink::Subscription events);

	void heard(const netlink::Message &message);
	void answer(const netlink::Message &message, std::string_view octets);
	void pass_on(const netlink::Message &message, const talk::Packet &request);
	void send(std::uint32_t link, std::uint64_t challenge, std::string_view octets);
	void test_candidate();
	void look_round();
	void consider(std::uint32_t link, std::uint64_t challenge, std::string_view body);
	Result<bool> follow(const talk::Facts &peer);
	void ask_part();
	void take_part(const talk::Packet &answer);
	Status adopt();

	Result<std::string> read(talk::What what, std::uint32_t argument) override;
	talk::Packet serve(std::uint16_t from, talk::Method method, std::string_view body) override;

	Settings settings_;
	talk::Seal seal_;
	mib::Store store_;
	netlink::Client kernel_;
	netlink::Subscription events_;
	talk::Responder responder_;
	talk::Candidacy candidacy_;
	talk::Relay relay_;
	std::uint64_t challenge_;
	std::uint64_t asked_ = 0;	// number of the last question to the other ends of the links
	/// A description being fetched, part after part; others are answered meanwhile.
	struct Fetch {
		std::uint32_t link = 0;
		std::uint64_t challenge = 0;
		talk::Facts peer;
		std::uint64_t number = 0, tag = 0;	// of the part that is asked for
		std::string document;
		std::size_t seen = 0;			// of it, at the last look round
	};
	std::optional<Fetch> fetch_;
	std::string not_ours_;		// SHA-256 of a description that was not taken over
	talk::Clock::time_point not_before_{};	// ... and when it is looked at again
	bool test_ = false;		// the candidate is to be tested
	bool described_ = false;
};

} // namespace knell::daemon
