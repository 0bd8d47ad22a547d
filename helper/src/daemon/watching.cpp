// SPDX-License-Identifier: GPL-2.0
// What the daemon hands to those that only watch: alerts, statistics, metrics.
#include "daemon/daemon.hpp"

#include "util/log.hpp"

namespace knell::daemon {

alert::Setup Daemon::alert_setup(const Description &description)
{
	const auto &cluster = description.cluster;
	alert::Setup setup;

	setup.origin = {cluster.name, description.self.name};
	setup.position.self = description.self.id;
	setup.position.mib_hash = model::short_hash(description.digest);
	setup.position.patience.orphan = cluster.options.start_grace;
	setup.targets = cluster.watching.alerts;
	return setup;
}

statistics::Sampler::Wanted Daemon::sampler_setup(const Description &description)
{
	const auto &cluster = description.cluster;
	statistics::Sampler::Wanted wanted{cluster.watching.statistics, {}, {}};

	// A disk this machine does not have is left out of its samples.
	for (const auto &app : cluster.applications) {
		for (const auto &volume : app.volumes)
			wanted.devices.push_back(volume.device);
		if (!app.response.empty())
			wanted.questions.push_back({app.id,
						    app.name,
						    app.response,
						    {{"KNELL_CLUSTER", cluster.name},
						     {"KNELL_NODE", description.self.name},
						     {"KNELL_APPLICATION", app.name}}});
	}
	return wanted;
}

/// At the start and after every new generation. What fails here is told and nothing more.
void Daemon::configure_watching()
{
	alerts_.configure(alert_setup(description_));
	sampler_.configure(sampler_setup(description_));
	if (auto done = metrics_.configure(description_.cluster.watching.metrics); !done)
		log::error("{}", done.error().text());
}

/// What happened while no daemon ran here is news; what was known before is not.
Task<void> Daemon::remember_for_alerts()
{
	auto nodes = co_await recorder_.with_store([](mib::Store &store) { return store.nodes(); });
	auto apps = co_await recorder_.with_store([](mib::Store &store) { return store.applications(); });

	if (nodes && apps)
		alerts_.know(std::move(*nodes), std::move(*apps));
	else
		log::warning("{}", (nodes ? apps.error() : nodes.error()).text());
}

/// Records found in the tables stand for events that may have been missed.
void Daemon::watch_records(const std::vector<netlink::NodeRecord> &nodes,
			   const std::vector<netlink::AppRecord> &apps)
{
	for (const auto &record : nodes) {
		netlink::Event event;
		event.command = KNELL_CMD_NODE_GET;
		event.node = record;
		alerts_.hear(std::move(event));
	}
	for (const auto &record : apps) {
		netlink::Event event;
		event.command = KNELL_CMD_APP_GET;
		event.app = record;
		alerts_.hear(std::move(event));
	}
}

} // namespace knell::daemon
