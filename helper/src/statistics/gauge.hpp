// SPDX-License-Identifier: GPL-2.0
// Reads the kernel's counters of this host and makes samples of their differences. No I/O of its
// own on any disk: a healthy node stays quiet.
//
// Context and locking: one thread at a time.
#pragma once

#include "statistics/sample.hpp"
#include "util/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace knell::statistics {

/// Counters since the start of the host, as /proc and /sys tell them.
struct Counters {
	std::uint64_t busy = 0, all = 0;	///< clock ticks of all processors
	double load = 0;
	std::uint64_t memory_total = 0, memory_available = 0;	///< octets
	struct Disk {
		std::uint64_t reads = 0, read_ms = 0, writes = 0, write_ms = 0;
	};
	std::map<std::string, Disk> disks;	///< by the device of the cluster file
};

/// /proc/stat, /proc/loadavg, /proc/meminfo, /sys/class/block/NAME/stat; each false if it is not
/// understood.
bool parse_stat(std::string_view text, Counters &into);
bool parse_loadavg(std::string_view text, Counters &into);
bool parse_meminfo(std::string_view text, Counters &into);
bool parse_disk(std::string_view text, Counters::Disk &into);

/// Read all of this host. A device that is not there is left out.
Result<Counters> read_counters(const std::vector<std::string> &devices);

/// What happened between two readings. A counter that went back began anew: it counts from 0.
[[nodiscard]] Sample difference(const Counters &before, const Counters &after);

} // namespace knell::statistics
