// SPDX-License-Identifier: GPL-2.0
// What travels over generic netlink between the kernel and the helper, as passive data.
// Numbers are those of <linux/knell.h> and <linux/knell_wire.h>.
#pragma once

#include <array>
#include <cstdint>
#include <linux/knell.h>
#include <linux/knell_wire.h>
#include <optional>
#include <string>
#include <vector>

namespace knell::netlink {

/// Identity and timeouts of the cluster; times in ms (KNELL_A_CLUSTER_*).
struct ClusterInfo {
	std::uint32_t id = 0;
	std::string name;
	std::uint16_t self = 0;
	std::uint32_t epoch = 0;
	std::uint32_t generation = 0;
	std::uint32_t mib_hash = 0;
	std::uint32_t helper_timeout = 0;
	std::uint32_t lost_grace = 0;
	std::uint32_t link_grace = 0;
	std::uint32_t start_grace = 0;
	std::uint32_t takeover_deadline = 0;
	std::uint32_t release_deadline = 0;
	std::uint32_t cpu_timeout = 0;
	std::uint8_t on_down = 0;	///< enum knell_on_down
	std::uint8_t gasp = 0;		///< mask KNELL_GASP_*
	std::uint8_t supervision = 0;	///< enum knell_supervision
	bool oops_down = false;
	bool maintenance = false;
};

/// A node as CLUSTER_SET takes it.
struct NodeConfig {
	std::uint16_t id = 0;
	std::string name;
	std::uint8_t role = 0;		///< enum knell_role
	std::string initiator;		///< empty = none
	std::vector<std::vector<std::uint8_t>> addresses;	///< 4 or 16 octets each
};

/// An application as CLUSTER_SET takes it.
struct AppConfig {
	std::uint16_t id = 0;
	std::string name;
	std::vector<std::uint16_t> candidates;	///< home node first
	std::uint32_t flags = 0;		///< mask KNELL_APP_F_*
};

/// All CLUSTER_SET takes; installed in one step.
struct ClusterConfig {
	ClusterInfo info;
	std::string key_name;				///< a logon key of ours; empty = `key`
	std::array<std::uint8_t, KNELL_KEY_LEN> key{};	///< the octets themselves
	std::vector<NodeConfig> nodes;
	std::vector<AppConfig> applications;
};

/// A node's record as the kernel holds it (KNELL_A_NODE_*).
struct NodeRecord {
	std::uint16_t id = 0;
	std::string name;
	std::uint8_t role = 0;
	std::string initiator;
	std::vector<std::vector<std::uint8_t>> addresses;
	std::uint8_t status = 0;	///< enum knell_status
	std::uint8_t reason = 0;	///< enum knell_reason
	std::uint32_t epoch = 0;
	std::uint32_t seq = 0;
	std::uint16_t author = 0;
	std::uint32_t generation = 0;
	std::uint32_t mib_hash = 0;
	std::uint64_t stamp_ns = 0;	///< CLOCK_REALTIME at the author
	bool self = false;
	std::uint32_t served = 0;	///< applications it serves
};

/// An application's record as the kernel holds it (KNELL_A_APP_*).
struct AppRecord {
	std::uint16_t id = 0;
	std::string name;
	std::vector<std::uint16_t> candidates;
	std::uint32_t flags = 0;
	std::uint8_t state = 0;		///< enum knell_app_state
	std::uint8_t reason = 0;	///< enum knell_reason
	std::uint16_t owner = 0;
	std::uint32_t owner_epoch = 0;
	std::uint16_t from = 0;
	std::uint16_t prefer = 0;
	std::uint32_t version = 0;
	std::uint32_t tried = 0;
	std::uint16_t author = 0;
	std::uint64_t stamp_ns = 0;
	bool granted = false;		///< events: run the plan now
};

/// A link of the fabric (KNELL_A_LINK_*).
struct LinkInfo {
	std::uint32_t id = 0;
	std::string name;
	std::uint8_t kind = 0;		///< enum knell_link_kind
	std::uint8_t state = 0;		///< enum knell_link_state
	std::uint16_t peer = 0;
	std::uint64_t tx_frames = 0;
	std::uint64_t rx_frames = 0;
	std::uint32_t tx_queued = 0;
	std::uint64_t tx_dropped = 0;
	std::uint64_t rx_dropped = 0;
	std::uint64_t rx_duplicate = 0;
	std::uint64_t restarts = 0;
	std::uint32_t parked = 0;
};

/// Does this link not do what it is for? A machine without a cluster that is logged in to the mailbox here waits to be
/// added; a router that takes this node for a stranger is a fault.
inline bool out_of_order(const LinkInfo &link)
{
	return link.state != KNELL_LINK_UP && !(link.state == KNELL_LINK_STRANGER && link.kind == KNELL_LINK_TARGET);
}

/// A health check (KNELL_A_CHECK_*).
struct CheckInfo {
	std::string name;
	std::uint8_t answer = 0;	///< enum knell_answer
	std::uint8_t reason = 0;	///< enum knell_reason
	std::uint64_t runs = 0;
	std::uint32_t missed = 0;
	std::uint32_t limit = 0;
	std::string detail;
};

/// A counter (KNELL_A_COUNTER_*).
struct Counter {
	std::string name;
	std::uint64_t value = 0;
};

/// An order, sent or received (KNELL_A_ORDER_*).
struct Order {
	std::uint16_t node = 0;
	std::uint16_t what = 0;		///< enum knell_order
	std::uint16_t app = 0;		///< 0 = all
	std::uint16_t arg = 0;
	std::uint16_t origin = 0;	///< events
};

/// An echo (KNELL_A_PROBE_*).
struct Probe {
	std::uint16_t node = 0;
	std::uint64_t cookie = 0;
	std::uint64_t rtt_ns = 0;	///< events
};

/// A message between helpers (KNELL_A_MESSAGE_*).
struct Message {
	std::uint16_t node = 0;		///< destination; in events the origin; 0 if it goes over a link
	std::string data;
	/// In place of a node: id of a link to a stranger, 0 = the helper of this node.
	std::optional<std::uint32_t> link = {};
	std::string name = {};		///< events: of that link
};

/// The stored MIB document, or the part of it one message carries.
struct MibDocument {
	std::uint32_t generation = 0;
	std::array<std::uint8_t, 32> sha256{};
	std::string text;
};

/// One event. `command` says which member is set, as in the corresponding get.
struct Event {
	std::uint8_t command = 0;	///< enum knell_cmd
	std::uint64_t time_ns = 0;	///< CLOCK_REALTIME, 0 = not told
	std::optional<ClusterInfo> cluster;
	std::optional<NodeRecord> node, node_old;
	std::optional<AppRecord> app, app_old;
	std::optional<LinkInfo> link;
	std::optional<CheckInfo> check;
	std::optional<Order> order;
	std::optional<Probe> probe;
	std::optional<Message> message;
	std::string device;		///< SCSI address, host:channel:target:lun
};

} // namespace knell::netlink
