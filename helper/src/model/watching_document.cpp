// SPDX-License-Identifier: GPL-2.0
// Alert targets, statistics and metrics as JSON.
#include "model/watching_document.hpp"

#include "model/names.hpp"

namespace knell::model {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

template <typename E> E get_name(const json &j)
{
	if (auto value = parse_name<E>(j.get<std::string>()))
		return *value;
	throw json::other_error::create(501, "unknown word " + j.dump(), &j);
}

milliseconds get_time(const json &j, const char *key)
{
	return milliseconds(j.at(key).get<milliseconds::rep>());
}

json json_of(const AlertTarget &t)
{
	json events = json::array();

	for (AlertEvent event : t.events)
		events.push_back(name(event));
	return {
		{"arguments", t.arguments}, {"deadline", t.deadline.count()},
		{"events", events},	    {"kind", name(t.kind)},
		{"limit", t.limit},	    {"name", t.name},
		{"path", t.path},	    {"period", t.period.count()},
		{"recipients", t.recipients}, {"severity", name(t.severity)},
	};
}

void read(const json &j, AlertTarget &t)
{
	j.at("arguments").get_to(t.arguments);
	t.deadline = get_time(j, "deadline");
	for (const json &event : j.at("events"))
		t.events.push_back(get_name<AlertEvent>(event));
	t.kind = get_name<AlertKind>(j.at("kind"));
	j.at("limit").get_to(t.limit);
	j.at("name").get_to(t.name);
	j.at("path").get_to(t.path);
	t.period = get_time(j, "period");
	j.at("recipients").get_to(t.recipients);
	t.severity = get_name<Severity>(j.at("severity"));
}

} // namespace

json json_of(const Watching &watching)
{
	json j = json::object();

	if (!watching.alerts.empty()) {
		json &alerts = j["alerts"] = json::array();

		for (const AlertTarget &target : watching.alerts)
			alerts.push_back(json_of(target));
	}
	if (const Metrics &m = watching.metrics; m != Metrics{})
		j["metrics"] = {{"address", m.address}, {"port", m.port}};
	if (const Statistics &s = watching.statistics; s != Statistics{})
		j["statistics"] = {{"keep", s.keep.count()}, {"period", s.period.count()}};
	return j;
}

void read(const json &j, Watching &watching)
{
	if (j.contains("metrics")) {
		j.at("metrics").at("address").get_to(watching.metrics.address);
		j.at("metrics").at("port").get_to(watching.metrics.port);
	}
	if (j.contains("statistics")) {
		watching.statistics.keep = get_time(j.at("statistics"), "keep");
		watching.statistics.period = get_time(j.at("statistics"), "period");
	}
	if (j.contains("alerts"))
		for (const json &target : j.at("alerts"))
			read(target, watching.alerts.emplace_back());
}

} // namespace knell::model
