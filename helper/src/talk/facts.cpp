// SPDX-License-Identifier: GPL-2.0
// Facts to JSON and back.
#include "talk/facts.hpp"

#include <cerrno>
#include <limits>
#include <nlohmann/json.hpp>

namespace knell::talk {

namespace {

using json = nlohmann::json;

template <class Number>
Number whole(const json &j, const char *key)
{
	const auto value = j.at(key).get<json::number_unsigned_t>();

	if (!j.at(key).is_number_unsigned() || value > std::numeric_limits<Number>::max())
		throw json::other_error::create(501, std::string("out of range: ") + key, &j);
	return static_cast<Number>(value);
}

} // namespace

std::string serialize(const Facts &facts)
{
	const json j = {
		{"addresses", facts.addresses},
		{"candidate", facts.candidate},
		{"clock_ns", facts.clock_ns},
		{"cluster", facts.cluster},
		{"distributed", facts.distributed},
		{"epoch", facts.epoch},
		{"file", facts.file},
		{"generation", facts.generation},
		{"host", facts.host},
		{"id", facts.id},
		{"initiator", facts.initiator},
		{"instance", facts.instance},
		{"kernel", facts.kernel},
		{"name", facts.name},
		{"problems", facts.problems},
		{"role", facts.role},
		{"sha256", facts.sha256},
		{"version", facts.version},
	};

	return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Facts> read_facts(std::string_view text)
{
	try {
		const json j = json::parse(text);
		Facts facts;

		j.at("addresses").get_to(facts.addresses);
		facts.candidate = whole<std::uint64_t>(j, "candidate");
		facts.clock_ns = whole<std::uint64_t>(j, "clock_ns");
		facts.cluster = whole<std::uint32_t>(j, "cluster");
		j.at("distributed").get_to(facts.distributed);
		facts.epoch = whole<std::uint32_t>(j, "epoch");
		j.at("file").get_to(facts.file);
		facts.generation = whole<std::uint32_t>(j, "generation");
		j.at("host").get_to(facts.host);
		facts.id = whole<std::uint16_t>(j, "id");
		j.at("initiator").get_to(facts.initiator);
		facts.instance = whole<std::uint64_t>(j, "instance");
		j.at("kernel").get_to(facts.kernel);
		j.at("name").get_to(facts.name);
		j.at("problems").get_to(facts.problems);
		j.at("role").get_to(facts.role);
		j.at("sha256").get_to(facts.sha256);
		j.at("version").get_to(facts.version);
		return facts;
	} catch (const json::exception &e) {
		return Error{"cannot read a node's facts", e.what(), "install the same version on all nodes", EPROTO};
	}
}

} // namespace knell::talk
