// SPDX-License-Identifier: GPL-2.0
// Plans of their own, beside those that serve: nothing that is served waits for an inspection.
#include "daemon/examine.hpp"

#include "actions/registry.hpp"
#include "model/order.hpp"
#include "netlink/client.hpp"
#include "plan/plan.hpp"

#include <algorithm>

namespace knell::daemon {

namespace {

using actions::Served;

bool up(const actions::Site &site, std::uint16_t node)
{
	const auto seen = site.look_up(node);

	return seen && (seen->status == KNELL_STATUS_ACTIVE || seen->status == KNELL_STATUS_STANDBY);
}

/// Who serves an application, by the kernel's table.
Served who_serves(const actions::Site &site, std::uint16_t app)
{
	auto kernel = netlink::Client::connect();
	auto records = kernel ? kernel->applications() : Result<std::vector<netlink::AppRecord>>(kernel.error());

	if (!records)
		return Served::changing;
	const auto record = std::ranges::find(*records, app, &netlink::AppRecord::id);
	if (record == records->end())
		return Served::nobody;
	switch (record->state) {
	case KNELL_APP_RUNNING:
		if (record->owner == site.node)
			return Served::here;
		return up(site, record->owner) ? Served::elsewhere : Served::changing;
	case KNELL_APP_STARTING:
	case KNELL_APP_STOPPING:
		return Served::changing;
	default:
		return Served::nobody;
	}
}

} // namespace

std::vector<talk::TestLine> examine(const model::Cluster &cluster, const actions::Site &site, bool in_force)
{
	std::vector<talk::TestLine> lines;

	for (const auto &app : cluster.applications) {
		if (!std::ranges::count(model::candidates(cluster, app), site.node))
			continue;
		actions::Situation situation;
		if (in_force)
			situation.served = [&site, id = app.id] { return who_serves(site, id); };
		const plan::Plan plan(app.id, app.name, actions::make_actions(site, app), {});
		for (const auto &finding : plan.inspect(situation))
			lines.push_back({app.name, finding.kind, finding.subject, finding.seen.ok(),
					 finding.seen ? *finding.seen : finding.seen.error().text()});
	}
	return lines;
}

} // namespace knell::daemon
