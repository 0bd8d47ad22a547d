// SPDX-License-Identifier: GPL-2.0
// One function per group of metrics.
#include "metrics/exposition.hpp"

#include "model/names.hpp"

#include <algorithm>
#include <map>

namespace knell::metrics {

namespace {

using Labels = std::vector<Label>;

constexpr double ns_per_s = 1e9, ms_per_s = 1e3;

/// UTF-8 is demanded of a label; what came over the network may be anything.
std::string plain(std::string_view text)
{
	std::string result(text);

	for (char &c : result)
		if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e)
			c = '?';
	return result;
}

/// A family under construction.
class Builder {
public:
	Builder(Kind kind, const char *name, const char *help) : family_{kind, name, help, {}} {}

	Builder &add(Labels labels, double value)
	{
		for (auto &label : labels)
			label.value = plain(label.value);
		family_.samples.push_back({std::move(labels), value, {}});
		return *this;
	}

	/// Unless it is empty: a family without a sample says nothing.
	void into(std::vector<Family> &all)
	{
		if (!family_.samples.empty())
			all.push_back(std::move(family_));
	}

private:
	Family family_;
};

Builder gauge(const char *name, const char *help) { return {Kind::gauge, name, help}; }
Builder counter(const char *name, const char *help) { return {Kind::counter, name, help}; }

class Exposition {
public:
	explicit Exposition(const Facts &facts) : facts_(facts) {}

	std::vector<Family> run()
	{
		cluster();
		nodes();
		applications();
		links();
		checks();
		counters();
		if (facts_.sample)
			sample(*facts_.sample);
		return std::move(all_);
	}

private:
	[[nodiscard]] std::string node_name(std::uint16_t id) const
	{
		const auto found = std::ranges::find(facts_.nodes, id, &netlink::NodeRecord::id);

		if (id == KNELL_NODE_NONE)
			return "";
		return found == facts_.nodes.end() ? "#" + std::to_string(id) : found->name;
	}

	void cluster()
	{
		const auto &c = facts_.cluster;

		gauge("knell_cluster_info", "The cluster of this node and the node itself; the value is 1.")
			.add({{"cluster", c.name}, {"node", node_name(c.self)}}, 1)
			.into(all_);
		gauge("knell_cluster_generation", "Generation of the cluster's description on this node.")
			.add({}, c.generation)
			.into(all_);
		gauge("knell_maintenance", "1 while maintenance is on and nobody takes over.")
			.add({}, c.maintenance ? 1 : 0)
			.into(all_);
	}

	void nodes()
	{
		auto each = gauge("knell_node_status", "1 for the status a node has, as this node knows it.");
		auto since = gauge("knell_node_status_since_seconds", "When a node's status was written, since 1970.");
		auto same = gauge("knell_node_mib_matches", "1 if a node holds the same description as this one.");
		auto sums = gauge("knell_nodes", "Nodes by status.");
		std::map<std::uint8_t, unsigned> sum;

		for (const auto &node : facts_.nodes) {
			sum[node.status]++;
			for (std::uint8_t s = 0; s <= KNELL_STATUS_DOWN; s++)
				each.add({{"node", node.name},
					  {"role", std::string(model::role_name(node.role))},
					  {"status", std::string(model::status_name(s))}},
					 node.status == s ? 1 : 0);
			if (node.stamp_ns)
				since.add({{"node", node.name}}, static_cast<double>(node.stamp_ns) / ns_per_s);
			same.add({{"node", node.name}}, node.mib_hash == facts_.cluster.mib_hash ? 1 : 0);
		}
		for (std::uint8_t s = 0; s <= KNELL_STATUS_DOWN; s++)
			sums.add({{"status", std::string(model::status_name(s))}}, sum[s]);
		each.into(all_);
		since.into(all_);
		same.into(all_);
		sums.into(all_);
	}

	void applications()
	{
		auto each = gauge("knell_application_state", "1 for the state an application is in.");
		auto owner = gauge("knell_application_owner", "1 for the node that serves an application, or is about to.");
		auto sums = gauge("knell_applications", "Applications by state.");
		std::map<std::uint8_t, unsigned> sum;

		for (const auto &app : facts_.apps) {
			const bool held = app.state == KNELL_APP_STARTING || app.state == KNELL_APP_RUNNING ||
					  app.state == KNELL_APP_STOPPING;
			sum[app.state]++;
			for (std::uint8_t s = 0; s <= KNELL_APP_FAILED; s++)
				each.add({{"application", app.name},
					  {"state", std::string(model::app_state_name(s))}},
					 app.state == s ? 1 : 0);
			if (held)
				owner.add({{"application", app.name}, {"node", node_name(app.owner)}}, 1);
		}
		for (std::uint8_t s = 0; s <= KNELL_APP_FAILED; s++)
			sums.add({{"state", std::string(model::app_state_name(s))}}, sum[s]);
		each.into(all_);
		owner.into(all_);
		sums.into(all_);
	}

	void links()
	{
		auto up = gauge("knell_link_up", "1 if a link of this node carries frames.");
		auto frames = counter("knell_link_frames_total", "Frames sent and received over a link.");
		auto dropped = counter("knell_link_dropped_frames_total", "Frames dropped at a link.");
		auto restarts = counter("knell_link_restarts_total", "Times a link began anew.");

		for (const auto &link : facts_.links) {
			const auto labels = [&link](const char *direction) {
				return Labels{{"link", link.name}, {"direction", direction}};
			};

			up.add({{"link", link.name},
				{"kind", std::string(model::link_kind_name(link.kind))},
				{"peer", node_name(link.peer)}},
			       link.state == KNELL_LINK_UP ? 1 : 0);
			frames.add(labels("transmit"), static_cast<double>(link.tx_frames));
			frames.add(labels("receive"), static_cast<double>(link.rx_frames));
			dropped.add(labels("transmit"), static_cast<double>(link.tx_dropped));
			dropped.add(labels("receive"), static_cast<double>(link.rx_dropped));
			restarts.add({{"link", link.name}}, static_cast<double>(link.restarts));
		}
		up.into(all_);
		frames.into(all_);
		dropped.into(all_);
		restarts.into(all_);
	}

	void checks()
	{
		auto answer = gauge("knell_health_check", "1 for the answer a health check of this node gives.");
		auto runs = counter("knell_health_check_runs_total", "Times a health check ran.");

		for (const auto &check : facts_.checks) {
			for (std::uint8_t a = 0; a <= KNELL_ANSWER_NO; a++)
				answer.add({{"check", check.name}, {"answer", std::string(model::answer_name(a))}},
					   check.answer == a ? 1 : 0);
			runs.add({{"check", check.name}}, static_cast<double>(check.runs));
		}
		answer.into(all_);
		runs.into(all_);
	}

	void counters()
	{
		auto events = counter("knell_kernel_events_total", "Counters of this node's kernel, as knellctl stats.");

		for (const auto &c : facts_.counters)
			events.add({{"event", c.name}}, static_cast<double>(c.value));
		events.into(all_);
	}

	void sample(const statistics::Sample &s)
	{
		auto ios = gauge("knell_volume_requests", "Requests to a volume during the last period.");
		auto latency = gauge("knell_volume_request_seconds",
				     "Mean time of a request to a volume during the last period.");
		auto response = gauge("knell_application_response_seconds",
				      "Time an application served here took to answer; absent if it did not.");
		auto unanswered = gauge("knell_application_unanswered",
					"1 if an application served here did not answer when it was asked last.");

		gauge("knell_sample_time_seconds", "When the last sample was taken, since 1970.")
			.add({}, static_cast<double>(s.time_ns) / ns_per_s)
			.into(all_);
		gauge("knell_cpu_busy_ratio", "Busy part of all processors during the last period.")
			.add({}, s.cpu_busy)
			.into(all_);
		gauge("knell_load_average", "Runnable tasks, mean of a minute.").add({}, s.load).into(all_);
		gauge("knell_wakeup_delay_seconds", "How late the sampler was woken.")
			.add({}, s.delay_ms / ms_per_s)
			.into(all_);
		gauge("knell_memory_total_bytes", "Memory of this node.")
			.add({}, static_cast<double>(s.memory_total))
			.into(all_);
		gauge("knell_memory_available_bytes", "Memory that programs could get.")
			.add({}, static_cast<double>(s.memory_available))
			.into(all_);
		for (const auto &v : s.volumes) {
			const auto labels = [&v](const char *operation) {
				return Labels{{"device", v.device}, {"operation", operation}};
			};

			ios.add(labels("read"), static_cast<double>(v.reads));
			ios.add(labels("write"), static_cast<double>(v.writes));
			if (v.read_ms)
				latency.add(labels("read"), *v.read_ms / ms_per_s);
			if (v.write_ms)
				latency.add(labels("write"), *v.write_ms / ms_per_s);
		}
		for (const auto &r : s.responses) {
			unanswered.add({{"application", r.application}}, r.ms ? 0 : 1);
			if (r.ms)
				response.add({{"application", r.application}}, *r.ms / ms_per_s);
		}
		ios.into(all_);
		latency.into(all_);
		response.into(all_);
		unanswered.into(all_);
	}

	const Facts &facts_;
	std::vector<Family> all_;
};

} // namespace

std::vector<Family> families(const Facts &facts)
{
	return Exposition(facts).run();
}

Family up(bool answered)
{
	return {Kind::gauge, "knell_up", "1 if the kernel part answered and a cluster is installed.",
		{{{}, answered ? 1.0 : 0.0, {}}}};
}

} // namespace knell::metrics
