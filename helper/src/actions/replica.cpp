// SPDX-License-Identifier: GPL-2.0
// Promote a replica, or refuse to; let it go.
#include "actions/replica.hpp"

#include "util/log.hpp"

#include <cerrno>
#include <fmt/format.h>

namespace knell::actions {

namespace {

constexpr milliseconds look_again{100};
constexpr milliseconds peer_answers{10000};	// one that died is missed only after DRBD's time-outs
constexpr milliseconds include_limit{10000};
constexpr milliseconds former_demotes{5000};	// planned switch: the other side becomes secondary by itself
constexpr milliseconds former_leaves{5000};	// its connection, after it was cut off
constexpr milliseconds device_free{5000};	// what was exported may be held a moment longer

/// Repeat until it works, for at most `patience`.
template <class Attempt>
Status insist(const Control &control, milliseconds patience, Attempt attempt)
{
	const auto until = Clock::now() + patience;

	for (;;) {
		auto done = attempt();
		if (done || Clock::now() >= until || !control.pause(look_again))
			return done;
	}
}

} // namespace

Replica::Replica(const Site &site, std::uint16_t app, model::Replica replica,
		 std::unique_ptr<Replication> replication, std::unique_ptr<WitnessStore> witness, UnitFinder find,
		 std::string directory)
	: site_(site), app_(app), replica_(std::move(replica)), replication_(std::move(replication)),
	  witness_(std::move(witness)), find_(std::move(find)), directory_(std::move(directory))
{
}

Grant Replica::grant() const
{
	return {replica_.resource, replica_.witness, replica_.devices, site_.cluster, app_, site_.node,
		static_cast<std::uint16_t>(site_.epoch), replica_.nodes};
}

std::string Replica::dry_run() const
{
	return fmt::format("see on the witness {} that the replica {} lacks nothing, make it primary",
			   replica_.witness, replica_.resource);
}

Status Replica::test() const
{
	if (auto state = replication_->state(); !state)
		return state.error().within("replica " + replica_.resource);
	if (auto safe = replication_->policy(); !safe)
		return safe;
	if (auto record = read_witness(*witness_, site_.cluster, app_);
	    !record && record.error().code != witness_damaged)
		return record.error();
	return {};
}

/// In a planned switch the former owner becomes secondary first; one that is dead but still connected
/// never does.
Result<ReplicationState> Replica::wait_former(const Control &control)
{
	const auto until = Clock::now() + former_demotes;

	for (;;) {
		auto state = replication_->state();
		if (!state || !state->peer_primary)
			return state;
		if (!control.planned || Clock::now() >= until) {
			log::notice("{}: cutting off the former primary", replica_.resource);
			if (auto done = replication_->disconnect(control); !done)
				return done.error();
			return replication_->state();
		}
		if (!control.pause(look_again))
			return control.expired("the former primary of " + replica_.resource + " does not let go");
	}
}

Status Replica::promote(const Control &control)
{
	const auto until = Clock::now() + peer_answers;

	for (;;) {
		auto done = replication_->promote(control);
		if (done)
			return done;
		// Without the witness no other candidate gets any further: it is waited for to the end.
		const auto held = holds_witness(grant(), find_);
		const bool away = !held && held.error().code != reservation_conflict;
		if ((!away && Clock::now() >= until) || !control.pause(look_again))
			return done;
	}
}

Status Replica::found(const Control &control, const std::string &why)
{
	const auto refuse = [&](const ReplicationState &state) {
		return Error{"cannot serve the replica " + replica_.resource,
			     "its witness is " + why + ", and the replicas are not connected and up to date: " +
				     state.text,
			     "let the first synchronisation finish"};
	};
	auto state = replication_->state();
	if (!state)
		return state.error().within("replica " + replica_.resource);
	if (!state->connected || !state->up_to_date || !state->peer_up_to_date || state->peer_primary)
		return refuse(*state);
	// No grant yet: alone it is refused. What a primary then sees of its peer is true.
	if (auto done = remove_grant(directory_, replica_.resource); !done)
		return done;
	if (!state->primary)
		if (auto done = replication_->promote(control); !done)
			return done;
	if (auto done = include(control); !done)
		return done;
	state = replication_->state();
	if (!state)
		return state.error();
	if (auto record = read_witness(*witness_, site_.cluster, app_); !record || record->sequence == 0)
		return refuse(*state);
	return {};
}

Status Replica::run(const Control &control)
{
	if (auto safe = replication_->policy(); !safe)
		return safe;
	auto record = read_witness(*witness_, site_.cluster, app_);
	const bool damaged = !record && record.error().code == witness_damaged;
	if (!record && !damaged)
		return record.error();
	if (damaged || record->sequence == 0) {
		if (auto done = found(control, damaged ? "damaged" : "blank"); !done)
			return done;
		record = read_witness(*witness_, site_.cluster, app_);
		if (!record)
			return record.error();
	}
	if (!record->has(site_.node))
		return Error{"cannot serve the replica " + replica_.resource,
			     "it lacks what was acknowledged by the other array", "start the other array"};
	if (auto done = save_grant(directory_, grant()); !done)
		return done;

	auto state = wait_former(control);
	if (!state)
		return state.error();
	if (!state->primary)
		if (auto done = promote(control); !done)
			return done;
	// The other array may come back: it is connected again, and catches up as a secondary. A connection that
	// was cut off is not gone at once.
	auto done = insist(control, former_leaves, [&]() -> Status {
		auto now = replication_->state();
		if (!now)
			return now.error();
		if (now->connecting)
			return {};
		return replication_->connect(control);
	});
	if (!done)
		log::warning("{}: no replication: {}", replica_.resource, done.error().text());
	// The peer may be there already, and equal: nothing will tell.
	if (done = include(control); !done)
		log::warning("{}: {}", replica_.resource, done.error().text());
	return {};
}

Status Replica::undo(Release how, const Control &control)
{
	auto state = replication_->state();

	// The next owner can go by the witness alone. It may not know yet that the peer has caught up.
	if (how == Release::orderly && state && state->primary)
		if (auto done = include(control); !done)
			log::warning("{}: {}", replica_.resource, done.error().text());
	// Without the module or the resource there is no primary.
	if (!state && state.error().code != ENOENT && state.error().code != ENODEV)
		return state.error();
	if (state && state->primary)
		if (auto done = insist(control, device_free, [&] { return replication_->demote(control); }); !done)
			return done.error().within("the replica is still served");
	// Without this file the replication gets no for an answer.
	return remove_grant(directory_, replica_.resource);
}

Status Replica::verify()
{
	auto state = replication_->state();

	if (!state)
		return state.error();
	if (!state->primary)
		return Error{"the replica " + replica_.resource + " is not primary", state->text, ""};
	auto granted = load_grant(directory_, replica_.resource);
	if (!granted)
		return granted.error();
	if (*granted != grant())
		return Error{"the replica " + replica_.resource + " was granted to an earlier life", "", ""};
	return include({Clock::now() + include_limit, {}, false});
}

Status Replica::after_relogin()
{
	return include({Clock::now() + include_limit, {}, false});
}

Status Replica::include(const Control &control)
{
	auto lock = lock_grant(directory_, replica_.resource, control);
	if (!lock)
		return lock.error();
	auto state = replication_->state();
	if (!state)
		return state.error();
	return include_peers(grant(), find_, *witness_, *state);
}

} // namespace knell::actions
