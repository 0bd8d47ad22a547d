// SPDX-License-Identifier: GPL-2.0
// fence: make sure that nobody but this node can write to a volume, by SCSI-3 persistent
// reservations. The last arbiter: whatever was announced or granted, one node writes.
//
// The rule. Every serving node is registered on every path and holds a reservation of type
// Write Exclusive - Registrants Only; only the node that serves is registered. Whoever takes
// over registers, then preempts the keys of the dead. Two that try at once meet in PREEMPT:
// the target lets the first one through and makes it the holder; the second finds a holder
// that is alive and backs off. Who lets go while it holds leaves the reservation behind, under
// a key that is nobody's: between two owners nobody that was fenced before may write.
#pragma once

#include "actions/action.hpp"
#include "actions/reservation.hpp"

#include <mutex>

namespace knell::actions {

/// Opens all paths to all logical units under a block device.
using UnitFinder = std::function<Result<std::vector<LogicalUnit>>(const std::string &device)>;

class Fence : public Action {
public:
	Fence(const Site &site, std::string device, UnitFinder find);

	std::string kind() const override { return "fence"; }
	std::string subject() const override { return device_; }
	std::string dry_run() const override;
	Status test() const override;
	/// Only asks, and on every path offers a key that must be refused. To register, even under a key of no
	/// meaning, is to be let through the fence: what a former life left in this node's memory could be
	/// written; and another node that takes over in that moment meets a key that it must take for a living
	/// owner's, or for a stranger's.
	Result<std::string> inspect(const Situation &situation) const override;
	Status run(const Control &control) override;
	/// Takes the own key away on every path; never clears, never touches another's key. Who
	/// holds the reservation leaves it behind under the key of nobody (Key::left_behind). What
	/// cannot be taken away when abandoned is left for the next owner to preempt.
	Status undo(Release how, const Control &control) override;
	/// Error = the own key is gone: this node was fenced.
	Status verify() override;
	/// As verify(); a path that came back without its registration is registered again.
	Status after_relogin() override;

private:
	Status take(LogicalUnit &unit, const Control &control);
	Status preempt_dead(LogicalUnit &unit, Clock::time_point patience, bool &again);
	Status check(LogicalUnit &unit, bool repair);
	Status unregister(LogicalUnit &unit, bool wait);
	/// REGISTER with a reservation key that nobody has: RESERVATION CONFLICT if the target does what this
	/// nexus asks of it (SPC-4, 5.13.7). The new key is the same: nothing could change.
	Status offer_scratch_key(ReservationPath &path) const;
	Error other_type(const Reservation &holder) const;
	Error other_cluster(std::uint64_t number) const;
	Result<bool> dead(Key owner) const;
	Key own() const { return {site_.cluster, site_.node, static_cast<std::uint16_t>(site_.epoch)}; }

	const Site &site_;
	std::string device_;
	UnitFinder find_;
	std::mutex mutex_;	// a look at the reservation must not register again what undo() took away
};

} // namespace knell::actions
