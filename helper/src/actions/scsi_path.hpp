// SPDX-License-Identifier: GPL-2.0
// PERSISTENT RESERVE IN and OUT and what else the fence asks (SPC-4) on one path, by SG_IO through libsgutils2.
#pragma once

#include "actions/reservation.hpp"
#include "util/handle.hpp"

#include <array>
#include <span>
#include <string_view>

namespace knell::actions {

/// Parameter list of PERSISTENT RESERVE OUT with APTPL set: what is registered outlives
/// a restart of the target.
std::array<std::uint8_t, 24> pr_out_parameters(std::uint64_t key, std::uint64_t service_action_key);

/// READ KEYS data; an answer cut short gives the keys that arrived whole.
Result<KeyList> parse_keys(std::span<const std::uint8_t> data);

/// READ RESERVATION data.
Result<Reservation> parse_reservation(std::span<const std::uint8_t> data);

/// REPORT CAPABILITIES data.
Result<Capabilities> parse_capabilities(std::span<const std::uint8_t> data);

/// MODE SENSE(6) data with the Control mode page (SPC-4 7.5.8) and the vendor of standard INQUIRY data.
Result<Aborts> parse_aborts(std::span<const std::uint8_t> mode, std::string_view vendor);

class ScsiPath : public ReservationPath {
public:
	static Result<std::unique_ptr<ReservationPath>> open(const std::string &device);

	std::string name() const override { return device_; }
	bool usable() const override;
	Result<KeyList> read_keys() override;
	Result<Reservation> read_reservation() override;
	Result<Capabilities> read_capabilities() override;
	Result<Aborts> read_aborts() override;
	Status register_key(std::uint64_t old_key, std::uint64_t new_key) override;
	Status register_ignore(std::uint64_t new_key) override;
	Status reserve(std::uint64_t key) override;
	Status preempt_and_abort(std::uint64_t own_key, std::uint64_t victim) override;

	ScsiPath(UniqueFd fd, std::string device) : fd_(std::move(fd)), device_(std::move(device)) {}

private:
	Status out(std::uint8_t action, std::uint8_t type, std::uint64_t key, std::uint64_t action_key,
		   const char *doing);
	Result<std::vector<std::uint8_t>> in(std::uint8_t action, std::size_t length, const char *doing);
	Result<std::vector<std::uint8_t>> read(std::span<const std::uint8_t> cdb, std::size_t length,
					       const char *doing);

	UniqueFd fd_;
	std::string device_;
};

} // namespace knell::actions
