// SPDX-License-Identifier: GPL-2.0
// The formats of proc(5) and of the block layer's stat file.
#include "statistics/gauge.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace knell::statistics {

namespace {

constexpr std::uint64_t kib = 1024;

Result<std::string> content(const std::string &path)
{
	std::ifstream in(path);
	std::ostringstream text;

	if (!in || !(text << in.rdbuf()))
		return Error{"cannot read " + path, "", "is it mounted?"};
	return text.str();
}

std::uint64_t since(std::uint64_t before, std::uint64_t after)
{
	return after >= before ? after - before : after;
}

std::optional<double> mean(std::uint64_t time, std::uint64_t count)
{
	if (!count)
		return std::nullopt;
	return static_cast<double>(time) / static_cast<double>(count);
}

} // namespace

bool parse_stat(std::string_view text, Counters &into)
{
	std::istringstream in{std::string(text)};
	std::string word;
	std::uint64_t value = 0, idle = 0, all = 0;

	in >> word;
	if (word != "cpu")
		return false;
	// user nice system idle iowait irq softirq steal; guest time is in user already
	for (int field = 0; field < 8; field++) {
		if (!(in >> value))
			return false;
		all += value;
		if (field == 3 || field == 4)
			idle += value;
	}
	into.all = all;
	into.busy = all - idle;
	return true;
}

bool parse_loadavg(std::string_view text, Counters &into)
{
	std::istringstream in{std::string(text)};

	return static_cast<bool>(in >> into.load);
}

bool parse_meminfo(std::string_view text, Counters &into)
{
	std::istringstream in{std::string(text)};
	bool total = false, available = false;

	for (std::string line; std::getline(in, line);) {
		std::istringstream fields(line);
		std::string key;
		std::uint64_t value = 0;

		fields >> key >> value;
		if (!fields)
			continue;
		if (key == "MemTotal:") {
			into.memory_total = value * kib;
			total = true;
		} else if (key == "MemAvailable:") {
			into.memory_available = value * kib;
			available = true;
		}
	}
	return total && available;
}

bool parse_disk(std::string_view text, Counters::Disk &into)
{
	std::istringstream in{std::string(text)};
	std::uint64_t merged = 0, sectors = 0;

	return static_cast<bool>(in >> into.reads >> merged >> sectors >> into.read_ms >> into.writes >> merged >>
				 sectors >> into.write_ms);
}

Result<Counters> read_counters(const std::vector<std::string> &devices)
{
	struct File {
		const char *path;
		bool (*parse)(std::string_view, Counters &);
	};
	constexpr File files[] = {
		{"/proc/stat", parse_stat}, {"/proc/loadavg", parse_loadavg}, {"/proc/meminfo", parse_meminfo}};
	Counters counters;

	for (const File &file : files) {
		auto text = content(file.path);
		if (!text)
			return text.error();
		if (!file.parse(*text, counters))
			return Error{std::string("cannot understand ") + file.path, "", "report it with its content"};
	}
	for (const std::string &device : devices) {
		std::error_code error;
		const auto node = std::filesystem::canonical(device, error);
		if (error)
			continue;
		auto text = content("/sys/class/block/" + node.filename().string() + "/stat");
		Counters::Disk disk;
		if (text && parse_disk(*text, disk))
			counters.disks[device] = disk;
	}
	return counters;
}

Sample difference(const Counters &before, const Counters &after)
{
	Sample sample;
	const std::uint64_t all = since(before.all, after.all);

	if (all)
		sample.cpu_busy = static_cast<double>(since(before.busy, after.busy)) / static_cast<double>(all);
	sample.load = after.load;
	sample.memory_total = after.memory_total;
	sample.memory_available = after.memory_available;
	for (const auto &[device, now] : after.disks) {
		const auto found = before.disks.find(device);
		// A disk that is new here has a past that is none of this period.
		const Counters::Disk then = found == before.disks.end() ? now : found->second;
		VolumeUse use;

		use.device = device;
		use.reads = since(then.reads, now.reads);
		use.writes = since(then.writes, now.writes);
		use.read_ms = mean(since(then.read_ms, now.read_ms), use.reads);
		use.write_ms = mean(since(then.write_ms, now.write_ms), use.writes);
		sample.volumes.push_back(std::move(use));
	}
	return sample;
}

} // namespace knell::statistics
