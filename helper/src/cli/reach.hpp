// SPDX-License-Identifier: GPL-2.0
// Asks members and machines without a cluster alike, for commands that change who belongs to it.
//
// Context and locking: one thread; blocks.
#pragma once

#include "cli/console.hpp"
#include "talk/discovery.hpp"
#include "talk/start_of_day.hpp"

#include <chrono>
#include <functional>

namespace knell::cli {

class Reach {
    public:
	/// `secret_file`: of the cluster; if it cannot be read only members are reached.
	static Result<std::unique_ptr<Reach>> open(const std::string &secret_file);

	/// How long a machine is looked for: its daemon and its sessions may just be starting.
	static constexpr std::chrono::seconds look_for{5};

	/// Who has no cluster and can be heard; looks again until these are `enough`, or it has looked for so long.
	std::vector<talk::Stranger> strangers(const std::function<bool(const std::vector<talk::Stranger> &)> &enough);

	/// Is every node of a description a member here that answers, or one of these?
	[[nodiscard]] bool all_there(const model::Cluster &cluster, const std::vector<talk::Stranger> &strangers) const;

	/// The nodes of this cluster as the kernel here knows them; none if it is in no cluster.
	[[nodiscard]] std::vector<talk::Member> members() const;

	/// ... and the strangers that a description names; `tell` hears a line for each.
	std::vector<talk::Member> members_of(const model::Cluster &cluster,
					     const std::vector<talk::Stranger> &strangers,
					     const std::function<void(const std::string &)> &tell);

	talk::Asker &asker() { return asker_; }
	talk::Routes &routes() { return routes_; }
	netlink::Client &kernel() { return client_; }
	[[nodiscard]] const std::optional<Snapshot> &snapshot() const { return snapshot_; }
	void never_stop() { console_->never_stop(); }

    private:
	std::vector<talk::Stranger> look();

	Reach(netlink::Client client, std::optional<Snapshot> snapshot, std::unique_ptr<Console> console,
	      std::optional<talk::Seal> seal)
		: client_(std::move(client)), snapshot_(std::move(snapshot)), console_(std::move(console)),
		  routes_(console_->fabric(), std::move(seal)), asker_(routes_, talk::random_number)
	{
	}

	netlink::Client client_;
	std::optional<Snapshot> snapshot_;
	std::unique_ptr<Console> console_;
	talk::Routes routes_;
	talk::Asker asker_;
};

/// What a machine without a cluster says of itself, on one line.
[[nodiscard]] std::string portrait(const talk::Facts &facts);

} // namespace knell::cli
