// SPDX-License-Identifier: GPL-2.0
// All objects of KNELL-MIB at one moment, in the order an SNMP manager walks them. Passive data.
#pragma once

#include "metrics/facts.hpp"
#include "model/cluster.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace knell::snmp {

using Oid = std::vector<std::uint32_t>;

/// What a value is on the wire.
enum class Type : std::uint8_t { integer, gauge, octets };

struct Value {
	Type type = Type::integer;
	std::int64_t number = 0;	///< integer: 32 bits with sign; gauge: 32 bits without
	std::string octets;

	bool operator==(const Value &) const = default;
};

/// By object identifier below knellMIB, the instance included.
using Image = std::map<Oid, Value>;

/// What a manager is told unasked.
struct Notification {
	std::uint32_t number = 0;	///< below knellNotifications
	std::vector<std::pair<Oid, Value>> objects;

	bool operator==(const Notification &) const = default;
};

/// knellMIB: netSnmpPlaypen 5731.
inline const Oid mib_root = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 5731};

/// Pure. No facts: only that there are none. Volumes and addresses are those of `cluster`.
[[nodiscard]] Image make_image(const std::optional<metrics::Facts> &facts, const model::Cluster &cluster);

/// Pure. knellNodeDown and knellRecovered of a node, knellTakeover of an application.
[[nodiscard]] Notification node_down(const netlink::NodeRecord &node);
[[nodiscard]] Notification recovered(const netlink::NodeRecord &node);
[[nodiscard]] Notification takeover(const netlink::AppRecord &app);

} // namespace knell::snmp
