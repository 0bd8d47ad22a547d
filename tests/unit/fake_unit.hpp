// SPDX-License-Identifier: GPL-2.0
// A logical unit with the persistent reservation rules of SPC-4, as far as the fence meets
// them, and paths (I_T nexuses) to it.
#pragma once

#include "actions/fence.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fake {

using namespace knell;
using namespace knell::actions;

/// The target's side: registrations by nexus name, one reservation.
struct Unit {
	std::map<std::string, std::uint64_t> registered;
	bool held = false;
	std::string holder;	// nexus that holds the reservation
	std::uint8_t type = 0;
	std::uint32_t generation = 0;
	int aborts = 0;
	std::optional<Capabilities> can = Capabilities{true, true, true};	// none: it does not tell
	std::optional<Aborts> told_of_aborts = Aborts{false, false};	// none: it does not tell
	std::map<std::string, bool> broken;	// paths that do not answer
	std::map<std::string, bool> gone;	// paths whose session is gone: a command would wait
	std::map<std::string, bool> forbidden;	// paths that may ask, not register
	std::function<void(const std::string &command)> before;	// someone else, in between

	/// May this nexus write? (Write Exclusive - Registrants Only)
	bool may_write(const std::string &nexus) const { return !held || registered.count(nexus); }

	void drop(const std::string &nexus)
	{
		registered.erase(nexus);
		// Registrants only: the reservation goes with its holder.
		if (held && holder == nexus)
			held = false;
	}
};

class Path : public ReservationPath {
public:
	Path(std::shared_ptr<Unit> unit, std::string nexus) : unit_(std::move(unit)), nexus_(std::move(nexus)) {}

	std::string name() const override { return nexus_; }
	bool usable() const override { return !unit_->gone[nexus_]; }

	Result<KeyList> read_keys() override
	{
		if (auto bad = begin("read keys"); !bad)
			return bad.error();
		KeyList list{unit_->generation, {}};
		for (const auto &[nexus, key] : unit_->registered)
			list.keys.push_back(key);
		return list;
	}

	Result<Reservation> read_reservation() override
	{
		if (auto bad = begin("read reservation"); !bad)
			return bad.error();
		if (!unit_->held)
			return Reservation{};
		return Reservation{true, unit_->registered.at(unit_->holder), unit_->type};
	}

	Result<Capabilities> read_capabilities() override
	{
		if (auto bad = begin("read capabilities"); !bad)
			return bad.error();
		if (!unit_->can)
			return Error{"refused", "invalid field", "", EOPNOTSUPP};
		return *unit_->can;
	}

	Result<Aborts> read_aborts() override
	{
		if (auto bad = begin("read aborts"); !bad)
			return bad.error();
		if (!unit_->told_of_aborts)
			return Error{"refused", "invalid field", "", EOPNOTSUPP};
		return *unit_->told_of_aborts;
	}

	Status register_key(std::uint64_t old_key, std::uint64_t new_key) override
	{
		if (auto bad = begin("register"); !bad)
			return bad;
		if (unit_->forbidden[nexus_])
			return Error{"refused", "access denied", "", EACCES};
		if (key() != old_key)
			return conflict();
		return put(new_key);
	}

	Status register_ignore(std::uint64_t new_key) override
	{
		if (auto bad = begin("register ignore"); !bad)
			return bad;
		return put(new_key);
	}

	Status reserve(std::uint64_t own) override
	{
		if (auto bad = begin("reserve"); !bad)
			return bad;
		if (key() != own || own == 0 ||
		    (unit_->held && (unit_->holder != nexus_ || unit_->type != write_exclusive_registrants_only)))
			return conflict();
		hold();
		return {};
	}

	Status preempt_and_abort(std::uint64_t own, std::uint64_t victim) override
	{
		if (auto bad = begin("preempt"); !bad)
			return bad;
		bool found = false, was_holder = false;
		if (key() != own || own == 0)
			return conflict();
		for (const auto &[nexus, key] : unit_->registered) {
			found |= key == victim;
			was_holder |= unit_->held && nexus == unit_->holder && key == victim;
		}
		if (!found)
			return conflict();
		for (auto it = unit_->registered.begin(); it != unit_->registered.end();)
			it = it->second == victim && it->first != nexus_ ? unit_->registered.erase(it)
									 : std::next(it);
		unit_->generation++;
		unit_->aborts++;
		if (was_holder)
			hold();
		return {};
	}

private:
	Status begin(const std::string &command)
	{
		if (unit_->before)
			unit_->before(command);
		if (unit_->broken[nexus_])
			return Error{"cannot " + command + " on " + nexus_, "the path failed", "", EIO};
		return {};
	}
	std::uint64_t key() const
	{
		auto it = unit_->registered.find(nexus_);
		return it == unit_->registered.end() ? 0 : it->second;
	}
	Status put(std::uint64_t new_key)
	{
		unit_->generation++;
		if (new_key)
			unit_->registered[nexus_] = new_key;
		else
			unit_->drop(nexus_);
		return {};
	}
	void hold()
	{
		unit_->held = true;
		unit_->holder = nexus_;
		unit_->type = write_exclusive_registrants_only;
	}
	static Status conflict() { return Error{"refused", "reservation conflict", "", reservation_conflict}; }

	std::shared_ptr<Unit> unit_;
	std::string nexus_;
};

/// Opens the paths of these nexuses to one unit.
inline UnitFinder finder(std::shared_ptr<Unit> unit, std::vector<std::string> nexuses)
{
	return [unit, nexuses](const std::string &) -> Result<std::vector<LogicalUnit>> {
		std::vector<LogicalUnit> units;
		LogicalUnit one{"fake", {}};
		for (const auto &nexus : nexuses)
			one.paths.push_back(std::make_unique<Path>(unit, nexus));
		units.push_back(std::move(one));
		return units;
	};
}

} // namespace fake
