// SPDX-License-Identifier: GPL-2.0
// What a node measures of itself once a period. Passive data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace knell::statistics {

/// I/O of a volume during a period, from the kernel's own counters.
struct VolumeUse {
	std::string device;	///< as the cluster file names it
	std::uint64_t reads = 0;
	std::uint64_t writes = 0;
	/// Mean time of a request, ms; nothing = there was none.
	std::optional<double> read_ms;
	std::optional<double> write_ms;

	bool operator==(const VolumeUse &) const = default;
};

/// What came of asking an application something, as a client would.
struct Response {
	std::string application;	///< its name
	/// Until it had answered, ms; nothing = it did not, or not in time, or what it answered was no.
	std::optional<double> ms;

	bool operator==(const Response &) const = default;
};

struct Sample {
	std::uint64_t time_ns = 0;		///< CLOCK_REALTIME at the end of the period
	double cpu_busy = 0;			///< 0..1, mean of all processors during the period
	double load = 0;			///< runnable tasks, mean of one minute
	double delay_ms = 0;			///< how late the sampler itself was woken
	std::uint64_t memory_total = 0;		///< octets
	std::uint64_t memory_available = 0;	///< octets
	std::vector<VolumeUse> volumes;
	std::vector<Response> responses;	///< of the applications that were asked here

	bool operator==(const Sample &) const = default;
};

} // namespace knell::statistics
