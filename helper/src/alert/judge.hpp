// SPDX-License-Identifier: GPL-2.0
// Decides what of all that happens is worth an alert, and which node sends those that one node
// sends for all.
//
// Pure: no clock, no I/O; the caller tells the time. Compares with what it heard before, so that
// doubled, late and lost events need no special case.
#pragma once

#include "alert/alert.hpp"
#include "alert/limit.hpp"
#include "netlink/records.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <vector>

namespace knell::alert {

/// How long a state may last before it is worth an alert.
struct Patience {
	std::chrono::milliseconds orphan = std::chrono::seconds(60);	///< start_grace
	std::chrono::milliseconds mismatch = std::chrono::seconds(60);	///< a new file is copied node by node
};

/// What the judge must know of its node and cluster.
struct Position {
	std::uint16_t self = 0;
	std::uint32_t mib_hash = 0;	///< of this node
	Patience patience;
};

class Judge {
public:
	explicit Judge(Position position) : position_(position) {}

	/// This node's MIB or patience changed.
	void place(Position position) { position_ = position; }

	/// Known from before: no news.
	void know(const netlink::NodeRecord &record);
	void know(const netlink::AppRecord &record);

	/// What of an event is news, the worst first if there are two.
	std::vector<Alert> hear(const netlink::Event &event, Time now);

	/// What has lasted too long by now.
	std::vector<Alert> due(Time now);
	/// When due() has something to tell next; nothing = never, unless something is heard.
	[[nodiscard]] std::optional<Time> next() const;

	/// Who sends what one node sends for all: the lowest number that is STANDBY or ACTIVE, as far
	/// as this node knows; this node if it knows none.
	[[nodiscard]] std::uint16_t reporter() const;
	/// Is this node STANDBY or ACTIVE?
	[[nodiscard]] bool may_report(std::uint16_t node) const;

private:
	struct NodeState {
		netlink::NodeRecord record;
		std::optional<Time> ended;	///< heard DOWN or LOST
		std::optional<Time> mismatch;	///< holds another MIB since
		bool mismatch_told = false;
	};
	struct AppState {
		netlink::AppRecord record;
		std::optional<Time> nobody;	///< nobody serves it since
		bool nobody_told = false;
	};

	void hear_node(const netlink::NodeRecord &record, Time now, std::vector<Alert> &alerts);
	void hear_app(const netlink::AppRecord &record, Time now, std::vector<Alert> &alerts);
	void hear_order(const netlink::Order &order, std::vector<Alert> &alerts);
	void hear_check(const netlink::CheckInfo &check, std::vector<Alert> &alerts);
	void look_for_orphans(Time now);
	[[nodiscard]] bool served(const netlink::AppRecord &record) const;
	[[nodiscard]] bool mismatched(const netlink::NodeRecord &record) const;
	[[nodiscard]] std::string node_name(std::uint16_t id) const;
	Alert about(model::AlertEvent event, const netlink::NodeRecord &record) const;
	Alert about(model::AlertEvent event, const netlink::AppRecord &record) const;

	Position position_;
	std::map<std::uint16_t, NodeState> nodes_;
	std::map<std::uint16_t, AppState> apps_;
	std::map<std::string, std::uint8_t> checks_;	///< last answers
	std::optional<bool> maintenance_;
};

} // namespace knell::alert
