// SPDX-License-Identifier: GPL-2.0
// The witness as a device, and which of its records counts.
#include "actions/witness.hpp"

#include "actions/device.hpp"
#include "util/handle.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <new>

namespace knell::actions {

namespace {

/// A block where O_DIRECT may put it.
struct alignas(witness_block) Aligned {
	WitnessBlock block;
};

Result<UniqueFd> open_device(const std::string &device, int flags)
{
	auto real = resolve_device(device);
	if (!real)
		return real.error().within("witness");
	UniqueFd fd(::open(real->c_str(), flags | O_DIRECT | O_CLOEXEC));
	if (!fd)
		return Error::from_errno("cannot open the witness " + device, errno);
	return fd;
}

} // namespace

Result<WitnessBlock> WitnessDevice::read(std::size_t slot)
{
	auto fd = open_device(device_, O_RDONLY);
	if (!fd)
		return fd.error();
	auto buffer = std::make_unique<Aligned>();
	const auto got = ::pread(fd->get(), buffer->block.data(), witness_block,
				 static_cast<off_t>(slot * witness_block));
	if (got < 0)
		return Error::from_errno("cannot read the witness " + device_, errno);
	if (got != static_cast<ssize_t>(witness_block))
		return Error{"cannot read the witness " + device_, "it is too small", "8 KiB are needed"};
	return buffer->block;
}

Status WitnessDevice::write(std::size_t slot, const WitnessBlock &block)
{
	auto fd = open_device(device_, O_WRONLY | O_DSYNC);
	if (!fd)
		return fd.error();
	auto buffer = std::make_unique<Aligned>();
	buffer->block = block;
	const auto put = ::pwrite(fd->get(), buffer->block.data(), witness_block,
				  static_cast<off_t>(slot * witness_block));
	if (put < 0)
		return Error::from_errno("cannot write the witness " + device_, errno);
	if (put != static_cast<ssize_t>(witness_block))
		return Error{"cannot write the witness " + device_, "it is too small", "8 KiB are needed"};
	return {};
}

namespace {

/// What both slots hold.
struct Slots {
	std::optional<WitnessRecord> newest;
	bool damaged = false;	// a slot holds neither zeroes nor a record
	bool foreign = false;	// a record of another application or cluster
};

Result<Slots> read_slots(WitnessStore &store, std::uint32_t cluster, std::uint16_t app)
{
	Slots slots;

	for (std::size_t slot = 0; slot < witness_slots; slot++) {
		auto block = store.read(slot);
		if (!block)
			return block.error();
		auto record = decode_witness(*block);
		if (!record)
			slots.damaged |=
				std::any_of(block->begin(), block->end(), [](auto octet) { return octet != 0; });
		else if (record->cluster != cluster || record->app != app)
			slots.foreign = true;
		else if (!slots.newest || record->sequence > slots.newest->sequence)
			slots.newest = std::move(*record);
	}
	return slots;
}

Error foreign_witness()
{
	return {"cannot use the witness", "it belongs to another application or cluster",
		"give each replicated application a witness of its own"};
}

} // namespace

Result<WitnessRecord> read_witness(WitnessStore &store, std::uint32_t cluster, std::uint16_t app)
{
	auto slots = read_slots(store, cluster, app);
	if (!slots)
		return slots.error();
	if (slots->foreign)
		return foreign_witness();
	// The older slot alone might name a node that the damaged one has excluded.
	if (slots->damaged)
		return Error{"cannot use the witness", "a slot of it is damaged",
			     "it is mended when both arrays are up and connected; is it another volume?",
			     witness_damaged};
	if (!slots->newest)
		return WitnessRecord{cluster, app, 0, {}};
	return *slots->newest;
}

Status write_witness(WitnessStore &store, const WitnessRecord &last, std::vector<std::uint16_t> current)
{
	std::sort(current.begin(), current.end());
	const WitnessRecord next{last.cluster, last.app, last.sequence + 1, std::move(current)};
	return store.write(next.sequence % witness_slots, encode_witness(next));
}

Status reset_witness(WitnessStore &store, std::uint32_t cluster, std::uint16_t app,
		     const std::vector<std::uint16_t> &current)
{
	auto slots = read_slots(store, cluster, app);
	if (!slots)
		return slots.error();
	if (slots->foreign)
		return foreign_witness();
	WitnessRecord last{cluster, app, slots->newest ? slots->newest->sequence : 0, {}};
	for (std::size_t slot = 0; slot < witness_slots; slot++, last.sequence++)
		if (auto done = write_witness(store, last, current); !done)
			return done;
	return {};
}

} // namespace knell::actions
