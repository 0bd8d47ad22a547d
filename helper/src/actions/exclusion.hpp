// SPDX-License-Identifier: GPL-2.0
// Who may go on without the other array: the one place where an array is ruled out, or let back in.
//
// The replication asks before it goes on alone (a primary that lost its peer: its I/O is frozen until
// then; a secondary without a peer that is told to become primary). The answer is yes only after the
// witness says so; the witness can be written only by who holds its reservation, so at most one of two
// arrays ever gets a yes.
//
// Context and locking: one process at a time looks at the replication and writes the witness, held
// together by a lock on the grant's file; a look that came before the loss is overwritten by the
// exclusion that came after it.
#pragma once

#include "actions/action.hpp"
#include "actions/replication.hpp"
#include "actions/reservation.hpp"
#include "actions/witness.hpp"
#include "util/handle.hpp"

#include <functional>
#include <string>
#include <vector>

namespace knell::actions {

/// What an array needs to know to answer, written by the replica action for as long as it serves.
struct Grant {
	std::string resource;
	std::string witness;			///< device
	std::vector<std::string> devices;	///< every volume of the resource
	std::uint32_t cluster = 0;
	std::uint16_t app = 0;
	std::uint16_t node = 0;
	std::uint16_t epoch = 0;		///< low 16 bits, as in the reservation key
	std::vector<std::uint16_t> nodes;	///< every array with a replica

	bool operator==(const Grant &) const = default;
};

inline constexpr const char *grants_directory = "/run/knell/replica";

/// As JSON, replaced atomically; readable by root only.
Status save_grant(const std::string &directory, const Grant &grant);
/// Error code ENOENT: this node was not granted the resource.
Result<Grant> load_grant(const std::string &directory, const std::string &resource);
Status remove_grant(const std::string &directory, const std::string &resource);

/// Exclusive lock of one resource on this node, until it goes; waits for it as long as `control` allows.
Result<UniqueFd> lock_grant(const std::string &directory, const std::string &resource, const Control &control);

/// Paths to the witness by its device (find_units()).
using UnitFinder = std::function<Result<std::vector<LogicalUnit>>(const std::string &device)>;

/// Does this node hold the witness? Error code reservation_conflict: no, or not any more.
Status holds_witness(const Grant &grant, const UnitFinder &find);

/// This node goes on alone: the witness names nobody else from now on, and that is on its medium. The lock is held.
/// Error code reservation_conflict: another array has taken over, or this replica lacks something.
Status exclude_peers(const Grant &grant, const UnitFinder &find, WitnessStore &store,
		     const ReplicationState &state);

/// If this node is primary, the replicas are connected and both up to date, the witness names both. The lock
/// is held. Does nothing if they are not, or if it does so already.
///
/// Only a primary's word counts: its I/O freezes when the peer is lost, and the exclusion comes after this. A
/// secondary may miss for seconds that the peer has gone on without it.
Status include_peers(const Grant &grant, const UnitFinder &find, WitnessStore &store,
		     const ReplicationState &state);

} // namespace knell::actions
