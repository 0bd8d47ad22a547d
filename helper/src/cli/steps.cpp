// SPDX-License-Identifier: GPL-2.0
// Makes a plan as the daemon would, and only asks it what it would do.
#include "cli/steps.hpp"

#include "actions/registry.hpp"
#include "plan/plan.hpp"

namespace knell::cli {
namespace {

actions::Site site_of(const model::Cluster &cluster, const model::Node &node, std::uint32_t epoch)
{
	actions::Site site;

	site.cluster = cluster.id;
	site.cluster_name = cluster.name;
	site.node = node.id;
	site.node_name = node.name;
	site.epoch = epoch;
	site.look_up = [](std::uint16_t) -> Result<actions::NodeView> { return actions::NodeView{}; };
	return site;
}

plan::Plan plan_of(const actions::Site &site, const model::Application &app)
{
	return {app.id, app.name, actions::make_actions(site, app), {}};
}

} // namespace

std::vector<std::string> take_steps(const model::Cluster &cluster, const model::Node &node,
				    const model::Application &app, std::uint32_t epoch)
{
	const actions::Site site = site_of(cluster, node, epoch);

	return plan_of(site, app).dry_run();
}

std::vector<Error> test_here(const model::Cluster &cluster, const model::Node &node,
			     const model::Application &app)
{
	const actions::Site site = site_of(cluster, node, 0);

	return plan_of(site, app).test();
}

} // namespace knell::cli
