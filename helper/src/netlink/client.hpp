// SPDX-License-Identifier: GPL-2.0
// Requests to the kernel: one method per command of the family "knell".
//
// Context and locking: one thread at a time per Client; calls block until the kernel
// answered (it never waits for anyone).
#pragma once

#include "netlink/records.hpp"
#include "util/handle.hpp"
#include "util/result.hpp"

#include <netlink/socket.h>
#include <string_view>
#include <vector>

namespace knell::netlink {

class Client {
public:
	/// Connect; fails if the module is not loaded.
	static Result<Client> connect();

	Status cluster_set(const ClusterConfig &config);
	Result<ClusterInfo> cluster();
	Status cluster_del();

	/// Dumps; repeated by themselves if the table changed meanwhile.
	Result<std::vector<NodeRecord>> nodes();
	Result<std::vector<AppRecord>> applications();
	Result<std::vector<LinkInfo>> links();
	Result<std::vector<CheckInfo>> checks();
	Result<std::vector<Counter>> counters();

	Status pet();
	/// The helper's word on the own node: STANDBY, or DOWN with a reason.
	Status status_set(std::uint8_t status, std::uint8_t reason);
	/// The tests have not passed; `why` is told by `knellctl health`.
	Status not_ready(std::string_view why);
	/// Result of a plan: RUNNING, ORPHAN, STOPPING or STOPPED.
	/// `prefer` is the candidate to ask first after ORPHAN, 0 = none.
	Status app_report(std::uint16_t app, std::uint8_t state, std::uint8_t reason,
			  std::uint16_t prefer = KNELL_NODE_NONE);
	Status app_restore(const AppRecord &record);
	Status order(const Order &order);
	/// The answer comes as an event.
	Status probe(std::uint16_t node, std::uint64_t cookie);
	Status message(std::uint16_t node, std::string_view data);
	Status message(const Message &message);
	/// May machines without a cluster exchange messages with this node's helper?
	Status strangers(bool welcome);
	Status mib_set(const MibDocument &document);
	Result<MibDocument> mib();
	Status released();

private:
	using Socket = Handle<nl_sock, nl_socket_free>;

	Client(Socket socket, int family) : socket_(std::move(socket)), family_(family) {}

	Socket socket_;
	int family_;
};

} // namespace knell::netlink
