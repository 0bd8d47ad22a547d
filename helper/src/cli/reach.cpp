// SPDX-License-Identifier: GPL-2.0
// The kernel's tables, and whoever answers.
#include "cli/reach.hpp"

#include <algorithm>
#include <cerrno>
#include <thread>

#include <fmt/format.h>

#include "cli/text.hpp"
#include "config/config.hpp"
#include "model/members.hpp"
#include "model/names.hpp"

namespace knell::cli {
namespace {

constexpr std::chrono::milliseconds look_again{250};

/// Which node of a description a machine is.
auto named(const model::Cluster &cluster, const talk::Stranger &stranger)
{
	return model::find_self(cluster, stranger.facts.name, stranger.facts.initiator, stranger.facts.host);
}

} // namespace

Result<std::unique_ptr<Reach>> Reach::open(const std::string &secret_file)
{
	auto client = netlink::Client::connect();

	if (!client)
		return client.error();
	std::optional<Snapshot> snapshot;
	auto s = take_snapshot(*client);

	if (s)
		snapshot = std::move(*s);
	else if (s.error().code != ENOENT)
		return s.error();
	auto console = Console::open();

	if (!console)
		return console.error();
	std::optional<talk::Seal> seal;

	if (auto secret = config::load_secret(secret_file))
		seal.emplace(std::move(*secret));
	else if (!snapshot)
		return secret.error();
	return std::unique_ptr<Reach>(
		new Reach(std::move(*client), std::move(snapshot), std::move(*console), std::move(seal)));
}

std::vector<talk::Stranger>
Reach::strangers(const std::function<bool(const std::vector<talk::Stranger> &)> &enough)
{
	const auto end = std::chrono::steady_clock::now() + look_for;

	for (;;) {
		auto found = look();
		if (enough(found) || std::chrono::steady_clock::now() >= end)
			return found;
		// A link that comes up is an event, a daemon that starts at its other end is none.
		std::this_thread::sleep_for(look_again);
	}
}

bool Reach::all_there(const model::Cluster &cluster, const std::vector<talk::Stranger> &strangers) const
{
	std::vector<model::NodeId> there;

	for (const auto &member : members())
		if (member.up)
			there.push_back(member.id);
	for (const auto &stranger : strangers)
		if (const auto node = named(cluster, stranger))
			there.push_back(node->id);
	return std::ranges::all_of(cluster.nodes, [&](const model::Node &node) {
		return std::ranges::find(there, node.id) != there.end();
	});
}

std::vector<talk::Stranger> Reach::look()
{
	talk::Outlook outlook{.self = !snapshot_, .links = {}, .routers = {}};

	if (auto links = client_.links())
		for (const auto &link : *links)
			if (link.state == KNELL_LINK_STRANGER)
				outlook.links.push_back(link.id);
	if (snapshot_)
		for (const auto &node : snapshot_->nodes)
			if (!node.self && node.role != KNELL_ROLE_SERVER && askable(node))
				outlook.routers.push_back(node.id);
	return talk::discover(routes_, asker_, outlook);
}

std::vector<talk::Member> Reach::members() const
{
	std::vector<talk::Member> members;

	if (snapshot_)
		for (const auto &node : snapshot_->nodes)
			members.push_back({node.id, node.name, askable(node),
					   std::string(model::status_name(node.status)), 0});
	return members;
}

std::vector<talk::Member> Reach::members_of(const model::Cluster &cluster,
					    const std::vector<talk::Stranger> &strangers,
					    const std::function<void(const std::string &)> &tell)
{
	auto found = members();

	for (const auto &stranger : strangers) {
		const auto node = named(cluster, stranger);

		if (!node) {
			tell("no node of this cluster: " + portrait(stranger.facts));
			continue;
		}
		tell("node " + node->name + ": " + portrait(stranger.facts));
		routes_.call(stranger.address, "node " + node->name);
		std::erase_if(found, [&](const talk::Member &member) { return member.id == node->id && !member.up; });
		if (std::ranges::find(found, node->id, &talk::Member::id) == found.end())
			found.push_back({node->id, node->name, true, "in no cluster", stranger.address});
	}
	return found;
}

std::string portrait(const talk::Facts &facts)
{
	std::string addresses;

	for (const auto &address : facts.addresses)
		addresses += (addresses.empty() ? "" : ", ") + address;
	return printable(fmt::format("host {}, {}, {}, kernel {}, knell {}", facts.host,
				     facts.initiator.empty() ? "no initiator name" : facts.initiator,
				     addresses.empty() ? "no address" : addresses, facts.kernel, facts.version));
}

} // namespace knell::cli
