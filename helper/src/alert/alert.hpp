// SPDX-License-Identifier: GPL-2.0
// One alert, and its spelling for every kind of target.
#pragma once

#include "model/watching.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace knell::alert {

struct Alert {
	model::AlertEvent event = model::AlertEvent::test;
	model::Severity severity = model::Severity::notice;
	std::uint64_t time_ns = 0;	///< CLOCK_REALTIME of what happened
	std::string node;		///< whom it is about; empty = no node
	std::string application;	///< empty = none
	std::string reason;		///< word of enum knell_reason; empty = none
	std::string text;		///< one sentence
	std::optional<double> seconds;	///< takeover_done: from the notice heard here to service
	bool local = false;		///< only this node knows of it
};

/// Who tells.
struct Origin {
	std::string cluster;
	std::string node;
};

/// "2026-11-20T11:00:00Z crit node-down: node a is down (panic) [cluster demo, told by b]"
[[nodiscard]] std::string line_of(const Alert &alert, const Origin &origin);

/// A whole message for sendmail(8), with its header.
[[nodiscard]] std::string mail_of(const Alert &alert, const Origin &origin, const model::AlertTarget &target);

/// KNELL_* as knell-cluster.yaml(5) documents them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> environment_of(const Alert &alert,
									      const Origin &origin);

/// A datagram of systemd's native journal protocol.
[[nodiscard]] std::string journal_of(const Alert &alert, const Origin &origin);

/// CLOCK_REALTIME in nanoseconds.
[[nodiscard]] std::uint64_t now_ns();

} // namespace knell::alert
