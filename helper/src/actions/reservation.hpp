// SPDX-License-Identifier: GPL-2.0
// SCSI-3 persistent reservations as the fence uses them: the key, and one I_T nexus.
#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace knell::actions {

/// Write Exclusive - Registrants Only, SPC-4 table "persistent reservation type codes".
/// (The kernel's PR_WRITE_EXCLUSIVE_REG_ONLY is numbered 3, this is the code on the wire.)
inline constexpr std::uint8_t write_exclusive_registrants_only = 5;

/// A reservation key: cluster id (32 bit), node (16), epoch modulo 65536 (16).
struct Key {
	std::uint32_t cluster = 0;
	std::uint16_t node = 0;
	std::uint16_t epoch = 0;

	static Key from(std::uint64_t number)
	{
		return {static_cast<std::uint32_t>(number >> 32), static_cast<std::uint16_t>(number >> 16),
			static_cast<std::uint16_t>(number)};
	}
	std::uint64_t number() const
	{
		return static_cast<std::uint64_t>(cluster) << 32 |
		       static_cast<std::uint64_t>(node) << 16 | epoch;
	}
	/// No epoch ends in 0: the key of who let go while it held the reservation. The reservation
	/// stays, nobody serves behind it, and whoever is next may preempt it.
	bool parked() const { return epoch == 0; }
	Key left_behind() const { return {cluster, node, 0}; }
	/// "0x4b4e000100024d2a (node 2)"
	std::string text() const;
	bool operator==(const Key &) const = default;
};

/// Registered keys, one entry per I_T nexus.
struct KeyList {
	std::uint32_t generation = 0;
	std::vector<std::uint64_t> keys;
};

/// The reservation; `held` false = there is none.
struct Reservation {
	bool held = false;
	std::uint64_t key = 0;
	std::uint8_t type = 0;
};

/// What a target says it can do, as far as the fence needs it.
struct Capabilities {
	bool outlives_restart = false;	///< PTPL_C: keeps registrations when its power goes
	bool types_told = false;	///< TMV: the next one counts
	bool registrants_only = false;	///< can hold Write Exclusive - Registrants Only
};

/// What a target does with a command of one nexus that another one aborts.
struct Aborts {
	bool answered = false;	///< TAS of the Control mode page: with TASK ABORTED
	bool waits = false;	///< and the one who aborts waits until that was taken: LIO
};

/// Error code of a RESERVATION CONFLICT status: EBADE, as the block layer has it.
inline constexpr int reservation_conflict = 52;

/// Error code when no path can be asked now: EAGAIN.
inline constexpr int session_gone = 11;

/// One path (I_T nexus) to a logical unit. Every call is one SCSI command with a time-out
/// of its own; UNIT ATTENTION is retried below.
class ReservationPath {
public:
	virtual ~ReservationPath() = default;

	virtual std::string name() const = 0;
	/// False: a command would wait for a session that is gone.
	virtual bool usable() const { return true; }
	virtual Result<KeyList> read_keys() = 0;
	virtual Result<Reservation> read_reservation() = 0;
	/// Error code EOPNOTSUPP: it does not tell.
	virtual Result<Capabilities> read_capabilities() = 0;
	/// An Error if it does not tell this nexus.
	virtual Result<Aborts> read_aborts() = 0;
	/// REGISTER: replace `old_key` of this nexus (0 = not registered) by `new_key` (0 = unregister).
	virtual Status register_key(std::uint64_t old_key, std::uint64_t new_key) = 0;
	/// REGISTER AND IGNORE EXISTING KEY.
	virtual Status register_ignore(std::uint64_t new_key) = 0;
	virtual Status reserve(std::uint64_t key) = 0;
	virtual Status preempt_and_abort(std::uint64_t own_key, std::uint64_t victim) = 0;
};

/// One logical unit and all paths to it; `identity` names it for people.
struct LogicalUnit {
	std::string identity;
	std::vector<std::unique_ptr<ReservationPath>> paths;
};

} // namespace knell::actions
