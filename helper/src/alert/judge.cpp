// SPDX-License-Identifier: GPL-2.0
// The rules behind every event of knell-cluster.yaml(5).
#include "alert/judge.hpp"

#include "model/names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace knell::alert {

namespace {

using model::AlertEvent;

bool ended(std::uint8_t status)
{
	return status == KNELL_STATUS_DOWN || status == KNELL_STATUS_LOST;
}

bool healthy(std::uint8_t status)
{
	return status == KNELL_STATUS_STANDBY || status == KNELL_STATUS_ACTIVE;
}

/// Somebody asked for it: no failure.
bool intended(std::uint8_t reason)
{
	return reason == KNELL_REASON_PLANNED || reason == KNELL_REASON_SHUTDOWN || reason == KNELL_REASON_ADMIN;
}

Alert make(AlertEvent event, std::uint64_t time_ns)
{
	Alert alert;

	alert.event = event;
	alert.severity = model::severity_of(event);
	alert.time_ns = time_ns ? time_ns : now_ns();
	return alert;
}

} // namespace

Alert Judge::about(AlertEvent event, const netlink::NodeRecord &record) const
{
	Alert alert = make(event, record.stamp_ns);

	alert.node = node_name(record.id);
	alert.reason = model::reason_name(record.reason);
	return alert;
}

Alert Judge::about(AlertEvent event, const netlink::AppRecord &record) const
{
	Alert alert = make(event, record.stamp_ns);

	alert.application = record.name;
	alert.reason = model::reason_name(record.reason);
	if (record.owner)
		alert.node = node_name(record.owner);
	return alert;
}

std::string Judge::node_name(std::uint16_t id) const
{
	const auto found = nodes_.find(id);

	return found != nodes_.end() && !found->second.record.name.empty() ? found->second.record.name :
									      "#" + std::to_string(id);
}

bool Judge::mismatched(const netlink::NodeRecord &record) const
{
	const bool up = healthy(record.status) || record.status == KNELL_STATUS_JOINING ||
			record.status == KNELL_STATUS_RECOVERED;

	return up && record.id != position_.self && record.mib_hash != position_.mib_hash;
}

/// Does somebody serve it, or is about to? An owner that ended, or came back since, does not.
bool Judge::served(const netlink::AppRecord &record) const
{
	if (record.state == KNELL_APP_ORPHAN)
		return false;
	if (record.state != KNELL_APP_STARTING && record.state != KNELL_APP_RUNNING &&
	    record.state != KNELL_APP_STOPPING)
		return true;	// nobody shall, or it is told already
	const auto owner = nodes_.find(record.owner);

	return owner == nodes_.end() || (!ended(owner->second.record.status) &&
					 owner->second.record.status != KNELL_STATUS_LEFT &&
					 owner->second.record.epoch <= record.owner_epoch);
}

void Judge::know(const netlink::NodeRecord &record)
{
	nodes_[record.id].record = record;
}

void Judge::know(const netlink::AppRecord &record)
{
	apps_[record.id].record = record;
}

void Judge::hear_node(const netlink::NodeRecord &record, Time now, std::vector<Alert> &alerts)
{
	NodeState &state = nodes_[record.id];
	const std::uint8_t before = state.record.status;
	const std::uint32_t epoch = state.record.epoch;
	std::string name = record.name.empty() ? state.record.name : record.name;

	state.record = record;
	state.record.name = std::move(name);
	const auto who = "node " + node_name(record.id);
	const bool again = before == record.status && epoch == record.epoch;

	if (ended(record.status) && !again) {
		const bool lost = record.status == KNELL_STATUS_LOST;
		Alert alert = about(lost ? AlertEvent::node_lost : AlertEvent::node_down, record);

		// A router's word may follow a node's own, of the same death.
		if (!(ended(before) && epoch == record.epoch)) {
			alert.text = lost ? fmt::format("{} is lost: a router has had no connection to it for too long",
							who) :
					    fmt::format("{} is down ({})", who, alert.reason);
			alerts.push_back(std::move(alert));
		}
	}
	if (record.status == KNELL_STATUS_RECOVERED && !again) {
		Alert alert = about(AlertEvent::node_recovered, record);

		alert.text = who + " has come back and is being tested";
		alerts.push_back(std::move(alert));
	}
	if (ended(record.status)) {
		if (!state.ended)
			state.ended = now;
	} else {
		state.ended.reset();
	}
	if (!mismatched(record)) {
		state.mismatch.reset();
		state.mismatch_told = false;
	} else if (!state.mismatch) {
		state.mismatch = now;
	}
}

void Judge::hear_app(const netlink::AppRecord &record, Time now, std::vector<Alert> &alerts)
{
	AppState &state = apps_[record.id];
	const netlink::AppRecord before = state.record;
	std::string name = record.name.empty() ? before.name : record.name;

	state.record = record;
	state.record.name = std::move(name);
	if (before.version >= record.version && before.state == record.state)
		return;
	const netlink::AppRecord &is = state.record;
	const bool moved = is.from != KNELL_NODE_NONE;

	if (is.state == KNELL_APP_STARTING && moved) {
		Alert alert = about(AlertEvent::takeover_started, is);

		alert.text = fmt::format("node {} takes application {} over from node {} ({})", alert.node, is.name,
					 node_name(is.from), alert.reason);
		alerts.push_back(std::move(alert));
	} else if (is.state == KNELL_APP_RUNNING && moved && before.state != KNELL_APP_RUNNING) {
		Alert alert = about(AlertEvent::takeover_done, is);
		const auto from = nodes_.find(is.from);

		alert.text = fmt::format("application {} runs on node {}", is.name, alert.node);
		if (from != nodes_.end() && from->second.ended) {
			alert.seconds = std::chrono::duration<double>(now - *from->second.ended).count();
			alert.text += fmt::format(", {:.1f} s after it was known that node {} is {}", *alert.seconds,
						  node_name(is.from),
						  model::status_name(from->second.record.status));
		}
		alerts.push_back(std::move(alert));
	} else if ((is.state == KNELL_APP_ORPHAN || is.state == KNELL_APP_FAILED) &&
		   before.state == KNELL_APP_STARTING && !intended(is.reason)) {
		Alert alert = about(AlertEvent::takeover_failed, is);

		alert.text = fmt::format("node {} could not serve application {} ({}); its journal says why", alert.node,
					 is.name, alert.reason);
		alerts.push_back(std::move(alert));
	}
	if (is.state == KNELL_APP_FAILED && before.state != KNELL_APP_FAILED) {
		Alert alert = about(AlertEvent::application_failed, is);

		alert.text = fmt::format("application {} failed on every candidate: mend the cause, then knellctl reset {}",
					 is.name, is.name);
		alerts.insert(alerts.begin(), std::move(alert));
	}
}

void Judge::hear_order(const netlink::Order &order, std::vector<Alert> &alerts)
{
	const bool on = order.arg != 0;

	if (order.what != KNELL_ORDER_MAINTENANCE || maintenance_ == on)
		return;
	maintenance_ = on;
	Alert alert = make(on ? AlertEvent::maintenance_on : AlertEvent::maintenance_off, 0);

	alert.node = node_name(order.origin);
	alert.text = on ? "maintenance is on, ordered on node " + alert.node + ": nobody takes over" :
			  "maintenance is off, ordered on node " + alert.node;
	alerts.push_back(std::move(alert));
}

void Judge::hear_check(const netlink::CheckInfo &check, std::vector<Alert> &alerts)
{
	const bool told = std::exchange(checks_[check.name], check.answer) == KNELL_ANSWER_NO;

	if (check.answer != KNELL_ANSWER_NO || told)
		return;
	Alert alert = make(AlertEvent::health_no, 0);

	alert.node = node_name(position_.self);
	alert.reason = model::reason_name(check.reason);
	alert.text = fmt::format("health check {} of node {} says no{}{}", check.name, alert.node,
				 check.detail.empty() ? "" : ": ", check.detail);
	alert.local = true;
	alerts.push_back(std::move(alert));
}

std::vector<Alert> Judge::hear(const netlink::Event &event, Time now)
{
	std::vector<Alert> alerts;

	if (event.node)
		hear_node(*event.node, now, alerts);
	if (event.app)
		hear_app(*event.app, now, alerts);
	if (event.order && event.command == KNELL_CMD_ORDER)
		hear_order(*event.order, alerts);
	if (event.check)
		hear_check(*event.check, alerts);
	look_for_orphans(now);
	return alerts;
}

/// A node's record decides as well as the application's own.
void Judge::look_for_orphans(Time now)
{
	for (auto &[id, app] : apps_) {
		if (served(app.record)) {
			app.nobody.reset();
			app.nobody_told = false;
		} else if (!app.nobody) {
			app.nobody = now;
		}
	}
}

std::vector<Alert> Judge::due(Time now)
{
	std::vector<Alert> alerts;

	for (auto &[id, app] : apps_) {
		if (!app.nobody || app.nobody_told || now - *app.nobody < position_.patience.orphan)
			continue;
		app.nobody_told = true;
		Alert alert = about(AlertEvent::application_orphan, app.record);

		alert.time_ns = now_ns();
		alert.text = fmt::format("nobody has served application {} for {} s: see knellctl, and knellctl failover "
					 "NODE --simulate",
					 app.record.name,
					 std::chrono::duration_cast<std::chrono::seconds>(now - *app.nobody).count());
		alerts.push_back(std::move(alert));
	}
	for (auto &[id, node] : nodes_) {
		if (!node.mismatch || node.mismatch_told || now - *node.mismatch < position_.patience.mismatch)
			continue;
		node.mismatch_told = true;
		Alert alert = about(AlertEvent::mib_mismatch, node.record);

		alert.time_ns = now_ns();
		alert.text = fmt::format("node {} holds another cluster description than node {}: see knellctl mib verify",
					 alert.node, node_name(position_.self));
		alerts.push_back(std::move(alert));
	}
	return alerts;
}

std::optional<Time> Judge::next() const
{
	std::optional<Time> first;
	const auto consider = [&first](Time time) { first = first ? std::min(*first, time) : time; };

	for (const auto &[id, app] : apps_)
		if (app.nobody && !app.nobody_told)
			consider(*app.nobody + position_.patience.orphan);
	for (const auto &[id, node] : nodes_)
		if (node.mismatch && !node.mismatch_told)
			consider(*node.mismatch + position_.patience.mismatch);
	return first;
}

bool Judge::may_report(std::uint16_t node) const
{
	const auto found = nodes_.find(node);

	return found != nodes_.end() && healthy(found->second.record.status);
}

std::uint16_t Judge::reporter() const
{
	for (const auto &[id, node] : nodes_)	// in the order of their numbers
		if (healthy(node.record.status))
			return id;
	return position_.self;
}

} // namespace knell::alert
