// SPDX-License-Identifier: GPL-2.0
// CLUSTER_SET from the model.
#include "daemon/install.hpp"

#include "actions/announce.hpp"
#include "model/order.hpp"

#include <atomic>
#include <cerrno>
#include <fmt/format.h>

namespace knell::daemon {

namespace {

std::uint32_t ms(std::chrono::milliseconds time)
{
	return static_cast<std::uint32_t>(time.count());
}

} // namespace

Result<ClusterKey> keep_key(const model::Cluster &cluster, const model::Secret &secret)
{
	// A new generation's key must not take the place of the present one's: it may be refused.
	static std::atomic<unsigned> count;
	auto logon = LogonKey::add(fmt::format(KNELL_KEY_PREFIX "{}:{}", cluster.name, ++count), secret.octets);

	if (logon)
		return ClusterKey{std::move(*logon), {}};
	if (logon.error().code == ENOSYS)
		return ClusterKey{{}, secret};
	return logon.error();
}

Result<netlink::ClusterConfig> kernel_config(const model::Cluster &cluster, const ClusterKey &key,
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
	if (key.logon)
		config.key_name = key.logon->description();
	else
		config.key = key.octets.octets;
	for (const auto &node : cluster.nodes) {
		netlink::NodeConfig made{node.id, node.name,
					 static_cast<std::uint8_t>(model::fabric_role(cluster, node)),
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
