// SPDX-License-Identifier: GPL-2.0
// The kernel's tables as JSON.
#include "daemon/kernel_report.hpp"

#include "model/names.hpp"
#include "netlink/client.hpp"

#include <nlohmann/json.hpp>

namespace knell::daemon {

namespace {

using json = nlohmann::json;

/// `make` of everything in a table, or why there is none.
template <class Item, class Make>
json told(const Result<std::vector<Item>> &table, Make make)
{
	json list = json::array();

	if (!table)
		return {{"error", table.error().text()}};
	for (const Item &item : *table)
		list.push_back(make(item));
	return list;
}

} // namespace

Result<std::string> kernel_report()
{
	auto kernel = netlink::Client::connect();
	json report;

	if (!kernel)
		return kernel.error();
	report["nodes"] = told(kernel->nodes(), [](const netlink::NodeRecord &r) {
		return json{{"id", r.id}, {"name", r.name}, {"status", model::status_name(r.status)},
			    {"reason", model::reason_name(r.reason)}, {"epoch", r.epoch}, {"seq", r.seq},
			    {"author", r.author}, {"generation", r.generation}, {"mib_hash", r.mib_hash},
			    {"stamp_ns", r.stamp_ns}, {"self", r.self}};
	});
	report["applications"] = told(kernel->applications(), [](const netlink::AppRecord &r) {
		return json{{"id", r.id}, {"name", r.name}, {"state", model::app_state_name(r.state)},
			    {"reason", model::reason_name(r.reason)}, {"owner", r.owner},
			    {"owner_epoch", r.owner_epoch}, {"from", r.from}, {"prefer", r.prefer},
			    {"version", r.version}, {"tried", r.tried}, {"author", r.author},
			    {"stamp_ns", r.stamp_ns}};
	});
	report["links"] = told(kernel->links(), [](const netlink::LinkInfo &l) {
		return json{{"name", l.name}, {"kind", model::link_kind_name(l.kind)},
			    {"state", model::link_state_name(l.state)}, {"peer", l.peer},
			    {"tx_frames", l.tx_frames}, {"rx_frames", l.rx_frames}, {"tx_queued", l.tx_queued},
			    {"tx_dropped", l.tx_dropped}, {"rx_dropped", l.rx_dropped},
			    {"rx_duplicate", l.rx_duplicate}, {"restarts", l.restarts}, {"parked", l.parked}};
	});
	report["checks"] = told(kernel->checks(), [](const netlink::CheckInfo &c) {
		return json{{"name", c.name}, {"answer", model::answer_name(c.answer)},
			    {"reason", model::reason_name(c.reason)}, {"runs", c.runs}, {"missed", c.missed},
			    {"limit", c.limit}, {"detail", c.detail}};
	});
	report["counters"] = told(kernel->counters(), [](const netlink::Counter &c) {
		return json{{"name", c.name}, {"value", c.value}};
	});
	return report.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace knell::daemon
