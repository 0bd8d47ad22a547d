// SPDX-License-Identifier: GPL-2.0
// The fence, step by step: register, preempt the dead, verify; or back off.
#include "actions/fence.hpp"

#include "model/epoch.hpp"
#include "model/names.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

namespace knell::actions {

namespace {

constexpr milliseconds look_again{20};	// between two looks at a reservation that is changing
constexpr milliseconds loser_leaves{2000};	// how long a living registrant may take to back off

bool terminal(std::uint8_t status)
{
	return status == KNELL_STATUS_DOWN || status == KNELL_STATUS_LOST || status == KNELL_STATUS_LEFT;
}

bool contains(const KeyList &list, std::uint64_t key)
{
	return std::find(list.keys.begin(), list.keys.end(), key) != list.keys.end();
}

/// Has any path a session?
bool reachable(const LogicalUnit &unit)
{
	return std::any_of(unit.paths.begin(), unit.paths.end(), [](const auto &path) { return path->usable(); });
}

/// The first path that answers; those whose session is gone are asked last, they would wait for it.
template <class Ask>
auto ask(LogicalUnit &unit, Ask question) -> decltype(question(*unit.paths.front()))
{
	std::vector<ReservationPath *> order;
	order.reserve(unit.paths.size());
	for (auto &path : unit.paths)
		order.push_back(path.get());
	std::stable_partition(order.begin(), order.end(), [](const auto *path) { return path->usable(); });
	auto answer = question(*order.front());

	for (std::size_t i = 1; !answer && i < order.size(); i++)
		answer = question(*order[i]);
	return answer;
}

} // namespace

std::string Key::text() const
{
	if (parked())
		return fmt::format("{:#018x} (left by node {})", number(), node);
	return fmt::format("{:#018x} (node {})", number(), node);
}

Fence::Fence(const Site &site, std::string device, UnitFinder find)
	: site_(site), device_(std::move(device)), find_(std::move(find))
{
}

std::string Fence::dry_run() const
{
	return fmt::format("register key {} on every path of {}, preempt the former owner, reserve",
			   own().text(), device_);
}

Status Fence::test() const
{
	auto units = find_(device_);

	if (!units)
		return units.error();
	for (auto &unit : *units)
		for (auto &path : unit.paths)
			if (auto keys = path->read_keys(); !keys)
				return keys.error().within("persistent reservations of " + path->name());
	return {};
}

Error Fence::other_type(const Reservation &holder) const
{
	return {"cannot fence " + device_,
		fmt::format("it is reserved with type {} by something else", holder.type),
		"release that reservation (sg_persist --clear) once nothing uses the volume", EBUSY};
}

Error Fence::other_cluster(std::uint64_t number) const
{
	return {"cannot fence " + device_, fmt::format("key {:#018x} is not of this cluster", number),
		"does another cluster or program use the volume?", EBUSY};
}

Status Fence::offer_scratch_key(ReservationPath &path) const
{
	const auto scratch = Key{~site_.cluster, site_.node, static_cast<std::uint16_t>(site_.epoch)}.number();
	auto done = path.register_key(scratch, scratch);

	if (!done && done.error().code == reservation_conflict)
		return {};
	if (!done)
		return done.error().within("cannot fence " + device_ + " through " + path.name());
	return Error{"cannot fence " + device_, "its target takes a key for registered that is not",
		     "its persistent reservations do not work as SPC-4 demands; use another target", EPROTO};
}

Result<std::string> Fence::inspect(const Situation &) const
{
	std::string seen;

	if (auto done = test(); !done)
		return done.error();
	auto units = find_(device_);
	if (!units)
		return units.error();
	for (auto &unit : *units) {
		auto can = ask(unit, [](auto &path) { return path.read_capabilities(); });
		auto keys = ask(unit, [](auto &path) { return path.read_keys(); });
		auto holder = ask(unit, [](auto &path) { return path.read_reservation(); });
		auto aborts = ask(unit, [](auto &path) { return path.read_aborts(); });
		if (!can && can.error().code != EOPNOTSUPP)
			return can.error();
		if (!keys)
			return keys.error();
		if (!holder)
			return holder.error();
		if (can && !can->outlives_restart)
			return Error{"cannot fence " + device_, "its target does not keep reservations over a restart",
				     "use one that can (PTPL_C in REPORT CAPABILITIES)"};
		if (can && can->types_told && !can->registrants_only)
			return Error{"cannot fence " + device_,
				     "its target has no reservations of type Write Exclusive - Registrants Only",
				     "use one that has"};
		if (aborts && aborts->waits)
			return Error{"cannot fence " + device_ + " in time",
				     "its target would answer what a takeover aborts, and wait until the dead node has "
				     "taken the answer",
				     "on the target, while the LUN is not exported: targetcli "
				     "/backstores/block/NAME set attribute emulate_tas=0"};
		if (holder->held && holder->type != write_exclusive_registrants_only)
			return other_type(*holder);
		for (auto number : keys->keys)
			if (Key::from(number).cluster != site_.cluster)
				return other_cluster(number);
		for (auto &path : unit.paths)
			if (auto heard = offer_scratch_key(*path); !heard)
				return heard.error();
		seen += fmt::format("{}{} path{}, {}{}", seen.empty() ? "" : "; ", unit.paths.size(),
				    unit.paths.size() == 1 ? "" : "s",
				    holder->held ? "held by " + Key::from(holder->key).text() : "held by nobody",
				    can ? "" : ", its target does not tell its capabilities");
	}
	return seen;
}

Result<bool> Fence::dead(Key owner) const
{
	if (owner.parked())
		return true;
	auto seen = site_.look_up(owner.node);

	if (!seen)
		return seen.error();
	// Nothing was ever heard: fencing is the safe answer, the victim finds out by itself.
	if (seen->status == KNELL_STATUS_UNKNOWN)
		return true;
	if (owner.epoch == static_cast<std::uint16_t>(seen->epoch))
		return terminal(seen->status);
	// The key of an earlier life: that node has let go of everything before it came back. That of
	// a later one says that it is back, whatever was heard of the life before.
	return model::earlier_life(owner.epoch, seen->epoch,
				   model::minutes_since_2020(std::chrono::system_clock::now()));
}

/// Remove every key whose owner is dead; `again` = the picture changed, look once more.
/// Until `patience` is over a living registrant may back off.
Status Fence::preempt_dead(LogicalUnit &unit, Clock::time_point patience, bool &again)
{
	auto keys = ask(unit, [](auto &path) { return path.read_keys(); });
	auto holder = ask(unit, [](auto &path) { return path.read_reservation(); });

	again = false;
	if (!keys)
		return keys.error();
	if (!holder)
		return holder.error();
	if (!contains(*keys, own().number()))
		return Error{"lost the race for " + device_, "another node preempted this one's key", "",
			     EBUSY};
	if (holder->held && holder->type != write_exclusive_registrants_only)
		return other_type(*holder);
	// A key is there once per path of its owner; one preemption takes them all.
	std::sort(keys->keys.begin(), keys->keys.end());
	keys->keys.erase(std::unique(keys->keys.begin(), keys->keys.end()), keys->keys.end());
	for (auto number : keys->keys) {
		Key key = Key::from(number);
		if (key == own())
			continue;
		if (key.cluster != site_.cluster)
			return other_cluster(number);
		bool holds = holder->held && holder->key == number;
		bool former_self = key.node == site_.node;
		auto gone = former_self ? Result<bool>(true) : dead(key);
		if (!gone)
			return gone.error();
		if (!*gone && holds)
			return Error{"lost the race for " + device_,
				     "it is held by " + key.text() + ", which is alive", "", EBUSY};
		if (!*gone) {
			// It registered but does not hold: it is backing off.
			if (Clock::now() < patience) {
				again = true;
				continue;
			}
			return Error{"cannot fence " + device_,
				     key.text() + " is registered and alive", "", EBUSY};
		}
		log::notice("{}: preempting {}", device_, key.text());
		auto done = ask(unit, [&](auto &path) {
			return path.preempt_and_abort(own().number(), number);
		});
		// Conflict: the victim is gone already, or this node is; the next look tells.
		if (!done && done.error().code != reservation_conflict)
			return done.error().within("cannot preempt " + key.text());
		again = true;
	}
	if (!again && !holder->held) {
		auto done = ask(unit, [&](auto &path) { return path.reserve(own().number()); });
		if (!done && done.error().code != reservation_conflict)
			return done.error().within("cannot reserve " + device_);
		again = true;
	}
	if (!again && holder->key != own().number())
		return Error{"cannot fence " + device_,
			     fmt::format("the reservation is held by {:#018x}, which is not registered",
					 holder->key), "", EBUSY};
	return {};
}

Status Fence::take(LogicalUnit &unit, const Control &control)
{
	for (auto &path : unit.paths)
		if (auto done = path->register_ignore(own().number()); !done)
			return done.error().within("cannot register on " + path->name());
	// Whoever is alive and only registered gets a bounded time to back off.
	const auto patience = std::min(control.deadline, Clock::now() + loser_leaves);
	bool again = true;
	for (;;) {
		if (auto done = preempt_dead(unit, patience, again); !done)
			return done;
		if (!again)
			return {};
		if (!control.pause(look_again))
			return control.expired("cannot fence " + device_);
	}
}

Status Fence::run(const Control &control)
{
	const std::scoped_lock guard(mutex_);
	auto units = find_(device_);

	if (!units)
		return units.error();
	for (auto &unit : *units)
		if (auto done = take(unit, control); !done)
			return done;
	return {};
}

Status Fence::unregister(LogicalUnit &unit, bool wait)
{
	Status failed;

	// Before the first join there is no own key.
	if (own().parked())
		return {};
	if (!wait && !reachable(unit))
		return Error{"cannot unregister from " + device_, "its session is gone", ""};
	// The reservation must not end with its holder: a node that was fenced may still be running,
	// and without a reservation everybody may write.
	auto holder = ask(unit, [](auto &path) { return path.read_reservation(); });
	const bool elsewhere = holder && (!holder->held || holder->key != own().number());
	const std::uint64_t left = elsewhere ? 0 : own().left_behind().number();

	for (auto &path : unit.paths) {
		if (!wait && !path->usable()) {
			failed = Error{"cannot unregister from " + path->name(), "its session is gone", ""};
			continue;
		}
		auto done = path->register_key(own().number(), left);
		// Conflict: this nexus is not registered with our key, which is what we want.
		if (!done && done.error().code != reservation_conflict)
			failed = done.error().within("cannot unregister from " + path->name());
	}
	// The list of keys has the last word: a target that cannot store its reservations answers
	// with an error although it has done what it was told.
	auto keys = ask(unit, [](auto &path) { return path.read_keys(); });
	if (!keys)
		return failed ? Status(keys.error()) : failed;
	if (!contains(*keys, own().number()))
		return {};
	if (!failed)
		return failed;
	return Error{"cannot unregister from " + device_, "a path that is gone is still registered", ""};
}

Status Fence::undo(Release how, const Control &)
{
	const std::scoped_lock guard(mutex_);
	auto units = find_(device_);
	Status failed;

	if (!units)
		failed = units.error();
	else
		for (auto &unit : *units)
			if (auto done = unregister(unit, how == Release::orderly); !done)
				failed = done;
	if (!failed && how == Release::abandon) {
		log::notice("{}; the next owner preempts it", failed.error().text());
		return {};
	}
	return failed;
}

Status Fence::check(LogicalUnit &unit, bool repair)
{
	if (!reachable(unit))
		return Error{"cannot look at the reservation of " + device_, "its session is gone", "",
			     session_gone};
	auto keys = ask(unit, [](auto &path) { return path.read_keys(); });
	auto holder = ask(unit, [](auto &path) { return path.read_reservation(); });

	if (!keys)
		return keys.error();
	if (!holder)
		return holder.error();
	if (!contains(*keys, own().number()) || !holder->held || holder->key != own().number())
		return Error{"this node was fenced from " + device_,
			     holder->held ? "it is held by " + Key::from(holder->key).text()
					  : "its key is gone", "", reservation_conflict};
	auto registered = std::count(keys->keys.begin(), keys->keys.end(), own().number());
	if (!repair || registered >= static_cast<long>(unit.paths.size()))
		return {};
	for (auto &path : unit.paths) {
		if (!path->usable())
			continue;
		// Key 0 as the old one: only a nexus that is not registered lets this pass.
		auto done = path->register_key(0, own().number());
		if (!done && done.error().code != reservation_conflict)
			return done.error().within("cannot register on " + path->name());
		if (!done)
			continue;
		log::notice("{}: registered again on {}", device_, path->name());
		// Preempted in between? Then this registration must not stay for a moment longer.
		auto after = path->read_reservation();
		if (!after || !after->held || after->key != own().number()) {
			if (auto back = path->register_key(own().number(), 0); !back)
				log::error("{}", back.error().text());
			return Error{"this node was fenced from " + device_,
				     "it was preempted while it registered again", "", reservation_conflict};
		}
	}
	return {};
}

Status Fence::verify()
{
	const std::scoped_lock guard(mutex_);
	auto units = find_(device_);

	if (!units)
		return units.error();
	for (auto &unit : *units)
		if (auto done = check(unit, false); !done)
			return done;
	return {};
}

Status Fence::after_relogin()
{
	const std::scoped_lock guard(mutex_);
	auto units = find_(device_);

	if (!units)
		return units.error();
	for (auto &unit : *units)
		if (auto done = check(unit, true); !done)
			return done;
	return {};
}

} // namespace knell::actions
