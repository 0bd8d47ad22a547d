// SPDX-License-Identifier: GPL-2.0
// CLUSTER_SET from the model.
#include "daemon/install.hpp"

#include "actions/announce.hpp"
#include "model/order.hpp"

namespace knell::daemon {

namespace {

std::uint32_t ms(std::chrono::milliseconds time)
{
	return static_cast<std::uint32_t>(time.count());
}

} // namespace

Result<netlink::ClusterConfig> kernel_config(const model::Cluster &cluster, const model::Secret &secret,
					     model::NodeId self, std::uint32_t epoch,
					     const model::Sha256 &digest)
{
	netlink::ClusterConfig config;
	const auto &options = cluster.options;
	auto &info = config.info;

	info.id = cluster.id;
	info.name = cluster.name;
	info.self = self;
	info.epoch = epoch;
	info.generation = cluster.generation;
	info.mib_hash = model::short_hash(digest);
	info.helper_timeout = ms(options.helper_timeout);
	info.lost_grace = ms(options.lost_grace);
	info.link_grace = ms(options.link_grace);
	info.start_grace = ms(options.start_grace);
	info.takeover_deadline = ms(options.takeover_deadline);
	info.release_deadline = ms(options.release_deadline);
	info.cpu_timeout = ms(options.cpu_timeout);
	info.on_down = static_cast<std::uint8_t>(options.on_down);
	info.supervision = static_cast<std::uint8_t>(options.supervision);
	info.oops_down = options.oops_down;
	if (options.gasp_iscsi)
		info.gasp |= KNELL_GASP_ISCSI;
	if (options.gasp_certificate)
		info.gasp |= KNELL_GASP_CERT;
	config.key = secret;
	for (const auto &node : cluster.nodes) {
		netlink::NodeConfig made{node.id, node.name, static_cast<std::uint8_t>(node.role),
					 node.initiator, {}};
		for (const auto &address : node.addresses) {
			auto octets = actions::parse_address(address);
			if (!octets)
				return octets.error().within("node " + node.name);
			made.addresses.push_back(std::move(*octets));
		}
		config.nodes.push_back(std::move(made));
	}
	for (const auto &app : cluster.applications)
		config.applications.push_back({app.id, app.name, model::candidates(cluster, app), model::flags(app)});
	return config;
}

} // namespace knell::daemon
