// SPDX-License-Identifier: GPL-2.0
// Two arrays with a replica each, their witness, and what fails between them.
#pragma once

#include "fence_world.hpp"

#include "actions/replica.hpp"

#include <cstdlib>
#include <filesystem>

namespace replica_world {

using namespace fence_world;

inline constexpr std::uint16_t app = 7;

/// A directory that goes with the test.
struct Folder {
	Folder()
	{
		char name[] = "/tmp/knell-test-XXXXXX";
		path = ::mkdtemp(name);
	}
	~Folder() { std::filesystem::remove_all(path); }
	std::string path;
};

/// The witness as its target keeps it: who may write is asked of the reservation.
struct Medium {
	std::array<WitnessBlock, witness_slots> slots{};
	bool away = false;
	std::function<void()> before_write;	// somebody else, in between
};

class Store : public WitnessStore {
public:
	Store(std::shared_ptr<Medium> medium, std::shared_ptr<fake::Unit> unit, std::string nexus)
		: medium_(std::move(medium)), unit_(std::move(unit)), nexus_(std::move(nexus))
	{
	}
	Result<WitnessBlock> read(std::size_t slot) override
	{
		if (medium_->away)
			return Error{"cannot read", "away", "", EIO};
		return medium_->slots.at(slot);
	}
	Status write(std::size_t slot, const WitnessBlock &block) override
	{
		if (medium_->before_write)
			medium_->before_write();
		if (medium_->away)
			return Error{"cannot write", "away", "", EIO};
		if (!unit_->may_write(nexus_))
			return Error{"cannot write", "reservation conflict", "", reservation_conflict};
		medium_->slots.at(slot) = block;
		return {};
	}

private:
	std::shared_ptr<Medium> medium_;
	std::shared_ptr<fake::Unit> unit_;
	std::string nexus_;
};

/// The replication's two ends, with the rules of DRBD: asks before it is alone, never two primaries.
struct Pair {
	struct End {
		bool primary = false;
		bool up_to_date = true;
		bool whole = true;
		bool frozen = false;
		Status policy;
	};
	std::map<std::uint16_t, End> ends{{4, {}}, {5, {}}};
	bool connected = true;
	std::function<Status(std::uint16_t node)> ask;	// may this end go on alone?
	int disconnects = 0;
	int leaving = 0;	// attempts to connect that come too early
	std::map<std::uint16_t, bool> waits;	// for the peer

	std::uint16_t peer(std::uint16_t node) const { return node == 4 ? 5 : 4; }
};

class End : public Replication {
public:
	End(std::shared_ptr<Pair> pair, std::uint16_t node) : pair_(std::move(pair)), node_(node) {}

	Result<ReplicationState> state() const override
	{
		const auto &own = pair_->ends[node_], &other = pair_->ends[pair_->peer(node_)];
		ReplicationState state;
		state.primary = own.primary;
		state.connected = pair_->connected;
		state.connecting = pair_->connected || pair_->waits[node_];
		state.up_to_date = own.up_to_date;
		state.whole = own.whole;
		state.frozen = own.frozen;
		state.peer_primary = pair_->connected && other.primary;
		state.peer_up_to_date = pair_->connected && other.up_to_date;
		return state;
	}
	Status policy() const override { return pair_->ends[node_].policy; }
	Status promote(const Control &) override
	{
		if (pair_->connected && pair_->ends[pair_->peer(node_)].primary)
			return Error{"cannot promote", "two primaries", ""};
		if (!pair_->connected)
			if (auto yes = pair_->ask(node_); !yes)
				return yes;
		pair_->ends[node_].primary = true;
		return {};
	}
	Status demote(const Control &) override
	{
		pair_->ends[node_].primary = false;
		return {};
	}
	Status disconnect(const Control &) override
	{
		pair_->connected = false;
		pair_->waits.clear();
		pair_->disconnects++;
		return {};
	}
	Status connect(const Control &) override
	{
		if (pair_->leaving-- > 0)
			return Error{"cannot connect", "it is being disconnected", ""};
		pair_->waits[node_] = true;
		return {};
	}

private:
	std::shared_ptr<Pair> pair_;
	std::uint16_t node_;
};

/// Arrays 4 and 5, both healthy, nothing written on the witness.
struct Arrays {
	World world;
	std::shared_ptr<Medium> medium = std::make_shared<Medium>();
	std::shared_ptr<Pair> pair = std::make_shared<Pair>();
	std::map<std::uint16_t, Folder> folders;
	std::map<std::uint16_t, Site> sites;

	Arrays()
	{
		for (std::uint16_t node : {4, 5})
			sites[node] = world.site(node, 10);
		pair->ask = [this](std::uint16_t node) { return fence_peer(node); };
	}
	std::string nexus(std::uint16_t node) const { return "array" + std::to_string(node); }
	model::Replica described() const { return {"disk0", {"/dev/drbd0"}, "/dev/witness", {4, 5}}; }
	Store store(std::uint16_t node) { return {medium, world.unit, nexus(node)}; }
	UnitFinder find(std::uint16_t node) { return fake::finder(world.unit, {nexus(node)}); }
	std::unique_ptr<Replica> replica(std::uint16_t node)
	{
		return std::make_unique<Replica>(sites[node], app, described(), std::make_unique<End>(pair, node),
						 std::make_unique<Store>(medium, world.unit, nexus(node)), find(node),
						 folders[node].path);
	}
	std::unique_ptr<Fence> fence(std::uint16_t node)
	{
		return std::make_unique<Fence>(sites[node], "/dev/witness", find(node));
	}
	/// What the program of the same name does once.
	Status fence_peer(std::uint16_t node)
	{
		auto grant = load_grant(folders[node].path, "disk0");
		if (!grant)
			return grant.error();
		auto witness = store(node);
		return exclude_peers(*grant, find(node), witness, End(pair, node).state().value());
	}
	/// Fence and replica, as the plan has them.
	Status take(std::uint16_t node, bool planned = false)
	{
		Control control = soon(2s);
		control.planned = planned;
		if (auto done = fence(node)->run(control); !done)
			return done;
		return replica(node)->run(control);
	}
	void die(std::uint16_t node)
	{
		world.nodes[node].status = KNELL_STATUS_DOWN;
		pair->connected = false;
	}
	WitnessRecord record()
	{
		auto witness = store(4);
		return read_witness(witness, cluster, app).value();
	}
};

} // namespace replica_world
