// SPDX-License-Identifier: GPL-2.0
// How a cluster is watched: alerts, statistics, metrics. Passive data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knell::model {

/// Numbers and names of syslog(3): the lower, the worse.
enum class Severity : std::uint8_t { emerg, alert, crit, err, warning, notice, info, debug };

/// What an alert tells; knell-cluster.yaml(5) has the list for people.
enum class AlertEvent : std::uint8_t {
	node_down,	    ///< a node is DOWN by its own word, or by its certificate
	node_lost,	    ///< a router says that a node is LOST
	node_recovered,	    ///< a node that was down or lost has come back
	takeover_started,   ///< an application was granted to another node
	takeover_done,	    ///< and runs there
	takeover_failed,    ///< a node could not serve an application granted to it
	application_failed, ///< no candidate can serve an application
	application_orphan, ///< nobody serves an application, for start_grace
	maintenance_on,
	maintenance_off,
	health_no,	   ///< a health check of this node says NO
	mib_mismatch,	   ///< a node that is up holds another MIB for a minute
	alerts_suppressed, ///< a target got fewer alerts than there were
	test,		   ///< knellctl alert test; every target takes it
};
inline constexpr std::size_t alert_events = 14;

enum class AlertKind : std::uint8_t { journal, file, email, command };

/// Where alerts go.
struct AlertTarget {
	std::string name; ///< unique
	AlertKind kind = AlertKind::journal;
	Severity severity = Severity::notice; ///< this and worse
	std::vector<AlertEvent> events;	      ///< empty = all
	unsigned limit = 30;		      ///< 1..1000 alerts within a period
	std::chrono::milliseconds period = std::chrono::minutes(10); ///< 1s..24h
	std::string path;		      ///< file, sendmail program or command
	std::vector<std::string> arguments;   ///< of a command
	std::vector<std::string> recipients;  ///< of e-mail
	std::chrono::milliseconds deadline = std::chrono::seconds(30); ///< e-mail, command: 100ms..10m

	bool operator==(const AlertTarget &) const = default;
};

/// How often a node looks at itself, and how long it remembers.
struct Statistics {
	std::chrono::milliseconds period = std::chrono::seconds(60); ///< 10s..1h; 0 = off
	std::chrono::milliseconds keep = std::chrono::hours(168);    ///< 1h..1000h

	bool operator==(const Statistics &) const = default;
};

/// Where Prometheus finds this node's figures.
struct Metrics {
	std::string address;	///< numeric; an IPv6 address without brackets
	std::uint16_t port = 0; ///< 0 = nowhere

	bool operator==(const Metrics &) const = default;
};

/// Everything that only watches: no part of it decides about a takeover.
struct Watching {
	std::vector<AlertTarget> alerts;
	Statistics statistics;
	Metrics metrics;

	bool operator==(const Watching &) const = default;
};

inline constexpr std::size_t alert_targets_max = 16;
inline constexpr std::string_view default_sendmail = "/usr/sbin/sendmail";

[[nodiscard]] std::string_view name(Severity severity);
[[nodiscard]] std::string_view name(AlertEvent event);
[[nodiscard]] std::string_view name(AlertKind kind);

/// How bad an event is.
[[nodiscard]] Severity severity_of(AlertEvent event);

/// Does this target take an event of this severity? `test` always.
[[nodiscard]] bool wants(const AlertTarget &target, AlertEvent event, Severity severity);

} // namespace knell::model
