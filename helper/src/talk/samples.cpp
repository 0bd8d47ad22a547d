// SPDX-License-Identifier: GPL-2.0
// Samples to JSON and back: an array of eight values for each, the last two its volumes and answers.
#include "talk/samples.hpp"

#include "talk/newest.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>

namespace knell::talk {

namespace {

using json = nlohmann::json;

json or_null(const std::optional<double> &value)
{
	return value ? json(*value) : json(nullptr);
}

std::optional<double> or_nothing(const json &value)
{
	if (value.is_null())
		return std::nullopt;
	return value.get<double>();
}

std::uint64_t count_of(const json &value)
{
	if (!value.is_number_unsigned())
		throw json::type_error::create(302, "a count is no number", &value);
	return value.get<std::uint64_t>();
}

json to_json(const statistics::Sample &sample)
{
	json volumes = json::array(), responses = json::array();

	for (const auto &use : sample.volumes)
		volumes.push_back({use.device, use.reads, use.writes, or_null(use.read_ms), or_null(use.write_ms)});
	for (const auto &response : sample.responses)
		responses.push_back({response.application, or_null(response.ms)});
	return {sample.time_ns,	     sample.cpu_busy,	      sample.load,	  sample.delay_ms,
		sample.memory_total, sample.memory_available, std::move(volumes), std::move(responses)};
}

statistics::Sample from_json(const json &array)
{
	statistics::Sample sample;

	sample.time_ns = count_of(array.at(0));
	array.at(1).get_to(sample.cpu_busy);
	array.at(2).get_to(sample.load);
	array.at(3).get_to(sample.delay_ms);
	sample.memory_total = count_of(array.at(4));
	sample.memory_available = count_of(array.at(5));
	for (const json &use : array.at(6))
		sample.volumes.push_back({use.at(0).get<std::string>(), count_of(use.at(1)), count_of(use.at(2)),
					  or_nothing(use.at(3)), or_nothing(use.at(4))});
	for (const json &response : array.at(7))
		sample.responses.push_back({response.at(0).get<std::string>(), or_nothing(response.at(1))});
	return sample;
}

} // namespace

std::string serialize(const std::vector<statistics::Sample> &samples)
{
	return newest_that_fit(samples.size(), [&](std::size_t i) {
		return to_json(samples[i]).dump(-1, ' ', false, json::error_handler_t::replace);
	});
}

Result<std::vector<statistics::Sample>> read_samples(std::string_view text)
{
	try {
		std::vector<statistics::Sample> samples;

		for (const json &sample : json::parse(text))
			samples.push_back(from_json(sample));
		return samples;
	} catch (const json::exception &e) {
		return Error{"cannot read a node's statistics", e.what(), "install the same version on all nodes", EPROTO};
	}
}

} // namespace knell::talk
