// SPDX-License-Identifier: GPL-2.0
// Reads alert targets with the rules between their keys, statistics and metrics.
#include "config/watching.hpp"

#include <algorithm>
#include <set>

#include "config/syntax.hpp"
#include "config/values.hpp"

namespace knell::config {
namespace {

using namespace std::chrono_literals;
using model::AlertKind;

constexpr const char *severities = "emerg, alert, crit, err, warning, notice, info, debug";
constexpr const char *kinds = "journal, file, email, command";

std::string known_events()
{
	std::string list;

	for (std::size_t i = 0; i < model::alert_events; i++)
		if (const auto event = static_cast<model::AlertEvent>(i); event != model::AlertEvent::test)
			list += (list.empty() ? "" : ", ") + std::string(model::name(event));
	return list;
}

Result<model::AlertEvent> parse_event(std::string_view text)
{
	if (auto event = model::parse_name<model::AlertEvent>(text); event && *event != model::AlertEvent::test)
		return *event;
	return Error{"'" + std::string(text) + "' is no event of an alert", "", "write one of: " + known_events()};
}

/// Keys that only targets of some kinds have.
void check_keys(Fields &f, AlertKind kind)
{
	struct Key {
		const char *name;
		bool needed, allowed;
		const char *hint;
	};
	const bool file = kind == AlertKind::file, email = kind == AlertKind::email,
		   command = kind == AlertKind::command;
	const Key keys[] = {
		{"path", file, file, "write the absolute path of the file"},
		{"recipients", email, email, "write a list of mail addresses"},
		{"sendmail", false, email, "write the absolute path of the program"},
		{"program", command, command, "write the absolute path of the program"},
		{"arguments", false, command, "write a list"},
		{"deadline", false, email || command, "write a duration"},
	};

	for (const Key &key : keys) {
		if (key.needed && !f.has(key.name))
			f.problems().add(f.place(),
					 "an alert target of kind " + std::string(model::name(kind)) + " needs '" +
						 key.name + "'",
					 key.hint);
		else if (!key.allowed && f.has(key.name))
			f.problems().add(f.child(key.name),
					 "an alert target of kind " + std::string(model::name(kind)) + " has no '" +
						 key.name + "'",
					 "remove the line, or write another kind after 'to'");
	}
}

void read_target(Fields &f, model::AlertTarget &t)
{
	f.scalar("name", t.name, Need::required, parse_label);
	const bool known = f.scalar("to", t.kind, Need::required, word<AlertKind>(kinds));
	f.scalar("severity", t.severity, Need::optional, word<model::Severity>(severities));
	f.list("events", t.events, Need::optional, parse_event);
	f.scalar("limit", t.limit, Need::optional, number(1, 1000));
	f.scalar("period", t.period, Need::optional, duration(1s, 24h));
	f.scalar("path", t.path, Need::optional, parse_path);
	f.list("recipients", t.recipients, Need::optional, parse_recipient);
	f.scalar("sendmail", t.path, Need::optional, parse_path);
	f.scalar("program", t.path, Need::optional, parse_path);
	f.list("arguments", t.arguments, Need::optional, parse_argument);
	f.scalar("deadline", t.deadline, Need::optional, duration(100ms, 10min));
	if (!known)
		return;
	check_keys(f, t.kind);
	if (t.kind == AlertKind::email && t.path.empty())
		t.path = model::default_sendmail;
	if (t.kind == AlertKind::email && f.has("recipients") && t.recipients.empty())
		f.problems().add(f.child("recipients"), "nobody would get this e-mail", "name a recipient");
}

void read_alerts(Fields &top, std::vector<model::AlertTarget> &alerts)
{
	std::set<std::string> names;

	top.maps("alerts", Need::optional, [&](Fields &f) {
		auto &target = alerts.emplace_back();

		read_target(f, target);
		if (!target.name.empty() && !names.insert(target.name).second)
			f.problems().add(f.child("name"), "alert target " + target.name + " is there already",
					 "give each its own name");
	});
	if (alerts.size() > model::alert_targets_max)
		top.problems().add("alerts",
				   "there are " + std::to_string(alerts.size()) + " alert targets, possible are " +
					   std::to_string(model::alert_targets_max),
				   "let one command tell several people");
}

} // namespace

void read_watching(Fields &top, model::Watching &watching)
{
	read_alerts(top, watching.alerts);
	top.map("statistics", Need::optional, [&](Fields &f) {
		f.scalar("period", watching.statistics.period, Need::optional, duration(10s, 1h, true));
		f.scalar("keep", watching.statistics.keep, Need::optional, duration(1h, 1000h));
	});
	top.map("metrics", Need::optional, [&](Fields &f) {
		f.scalar("listen", watching.metrics, Need::required, parse_listen);
	});
}

} // namespace knell::config
