// SPDX-License-Identifier: GPL-2.0
// Names and severities of what is watched.
#include "model/watching.hpp"

#include "model/names.hpp"

#include <algorithm>
#include <array>

namespace knell::model {
namespace {

struct EventRow {
	std::string_view name;
	Severity severity;
};

constexpr std::array<EventRow, alert_events> events = {{
	{"node-down", Severity::crit},
	{"node-lost", Severity::crit},
	{"node-recovered", Severity::notice},
	{"takeover-started", Severity::warning},
	{"takeover-done", Severity::notice},
	{"takeover-failed", Severity::err},
	{"application-failed", Severity::crit},
	{"application-orphan", Severity::crit},
	{"maintenance-on", Severity::notice},
	{"maintenance-off", Severity::notice},
	{"health-no", Severity::err},
	{"mib-mismatch", Severity::warning},
	{"alerts-suppressed", Severity::warning},
	{"test", Severity::notice},
}};
constexpr auto severities = std::to_array<std::string_view>(
	{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"});
constexpr auto kinds = std::to_array<std::string_view>({"journal", "file", "email", "command"});

template <typename E, std::size_t N>
std::optional<E> find(const std::array<std::string_view, N> &table, std::string_view word)
{
	const auto found = std::ranges::find(table, word);

	if (found == table.end())
		return std::nullopt;
	return static_cast<E>(found - table.begin());
}

} // namespace

std::string_view name(Severity severity) { return severities.at(static_cast<std::size_t>(severity)); }
std::string_view name(AlertEvent event) { return events.at(static_cast<std::size_t>(event)).name; }
std::string_view name(AlertKind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

Severity severity_of(AlertEvent event)
{
	return events.at(static_cast<std::size_t>(event)).severity;
}

bool wants(const AlertTarget &target, AlertEvent event, Severity severity)
{
	if (event == AlertEvent::test)
		return true;
	return severity <= target.severity &&
	       (target.events.empty() || std::ranges::find(target.events, event) != target.events.end());
}

template <> std::optional<Severity> parse_name(std::string_view word)
{
	return find<Severity>(severities, word);
}

template <> std::optional<AlertKind> parse_name(std::string_view word)
{
	return find<AlertKind>(kinds, word);
}

template <> std::optional<AlertEvent> parse_name(std::string_view word)
{
	const auto found = std::ranges::find(events, word, &EventRow::name);

	if (found == events.end())
		return std::nullopt;
	return static_cast<AlertEvent>(found - events.begin());
}

} // namespace knell::model
