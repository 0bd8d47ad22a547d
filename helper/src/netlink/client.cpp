// SPDX-License-Identifier: GPL-2.0
// One method per command of the family "knell".
#include "netlink/client.hpp"

#include "netlink/transport.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace knell::netlink {

namespace {

constexpr int dump_attempts = 8;	// a table that changes all the time is reported, not spun on

/// Dump until no change interrupted it. `pick` takes what a message carries.
template <class Record, class Pick>
Result<std::vector<Record>> dump(nl_sock *socket, int family, std::uint8_t command, const char *doing,
				 Pick pick)
{
	Status done;

	for (int attempt = 0; attempt < dump_attempts; attempt++) {
		std::vector<Record> records;
		Msg msg = make_request(family, command, NLM_F_DUMP, 0);
		done = transact(socket, msg.get(), doing, [&](const Content &content) {
			if (auto record = pick(content))
				records.push_back(std::move(*record));
		});
		if (done)
			return records;
		if (done.error().code != EINTR)
			break;
	}
	return done.error();
}

} // namespace

Result<Client> Client::connect()
{
	auto connected = open_family();

	if (!connected)
		return connected.error();
	return Client(std::move(connected->socket), connected->family);
}

Status Client::cluster_set(const ClusterConfig &config)
{
	Msg msg = make_request(family_, KNELL_CMD_CLUSTER_SET, 0, size_of(config));

	if (!msg || !put(msg.get(), config))
		return Error{"cannot install the cluster", "the request is too long", "", EMSGSIZE};
	return transact(socket_.get(), msg.get(), "install the cluster in the kernel", {});
}

Result<ClusterInfo> Client::cluster()
{
	std::optional<ClusterInfo> info;
	Msg msg = make_request(family_, KNELL_CMD_CLUSTER_GET, 0, 0);
	auto done = transact(socket_.get(), msg.get(), "read the cluster",
			     [&](const Content &content) { info = content.event.cluster; });

	if (!done)
		return done.error();
	if (!info)
		return Error{"cannot read the cluster", "none is installed", "start knelld", ENOENT};
	return *info;
}

Status Client::cluster_del()
{
	Msg msg = make_request(family_, KNELL_CMD_CLUSTER_DEL, 0, 0);

	return transact(socket_.get(), msg.get(), "leave the cluster", {});
}

Result<std::vector<NodeRecord>> Client::nodes()
{
	return dump<NodeRecord>(socket_.get(), family_, KNELL_CMD_NODE_GET, "read the nodes",
				[](const Content &content) { return content.event.node; });
}

Result<std::vector<AppRecord>> Client::applications()
{
	return dump<AppRecord>(socket_.get(), family_, KNELL_CMD_APP_GET, "read the applications",
			       [](const Content &content) { return content.event.app; });
}

Result<std::vector<LinkInfo>> Client::links()
{
	return dump<LinkInfo>(socket_.get(), family_, KNELL_CMD_LINK_GET, "read the links",
			      [](const Content &content) { return content.event.link; });
}

Result<std::vector<CheckInfo>> Client::checks()
{
	return dump<CheckInfo>(socket_.get(), family_, KNELL_CMD_HEALTH_GET, "read the health checks",
			       [](const Content &content) { return content.event.check; });
}

Result<std::vector<Counter>> Client::counters()
{
	std::vector<Counter> counters;
	Msg msg = make_request(family_, KNELL_CMD_STATS_GET, 0, 0);
	auto done = transact(socket_.get(), msg.get(), "read the counters", [&](const Content &content) {
		counters.insert(counters.end(), content.counters.begin(), content.counters.end());
	});

	if (!done)
		return done.error();
	return counters;
}

Status Client::pet()
{
	Msg msg = make_request(family_, KNELL_CMD_PET, 0, 0);

	return transact(socket_.get(), msg.get(), "pet the kernel", {});
}

Status Client::status_set(std::uint8_t status, std::uint8_t reason)
{
	Msg msg = make_request(family_, KNELL_CMD_STATUS_SET, 0, 64);
	nlattr *nest = msg ? nla_nest_start(msg.get(), KNELL_A_NODE | NLA_F_NESTED) : nullptr;

	if (!nest || nla_put_u8(msg.get(), KNELL_A_NODE_STATUS, status) ||
	    nla_put_u8(msg.get(), KNELL_A_NODE_REASON, reason))
		return Error{"cannot set the status", "out of memory", "", ENOMEM};
	nla_nest_end(msg.get(), nest);
	return transact(socket_.get(), msg.get(), "set the status of this node", {});
}

Status Client::not_ready(std::string_view why)
{
	std::string text(why.substr(0, KNELL_DETAIL_MAX - 1));
	Msg msg = make_request(family_, KNELL_CMD_STATUS_SET, 0, 64 + KNELL_DETAIL_MAX);
	nlattr *nest = msg ? nla_nest_start(msg.get(), KNELL_A_NODE | NLA_F_NESTED) : nullptr;

	if (!nest || nla_put_u8(msg.get(), KNELL_A_NODE_STATUS, KNELL_STATUS_JOINING) ||
	    nla_put_string(msg.get(), KNELL_A_NODE_DETAIL, text.c_str()))
		return Error{"cannot say that this node is not ready", "out of memory", "", ENOMEM};
	nla_nest_end(msg.get(), nest);
	return transact(socket_.get(), msg.get(), "say that this node is not ready", {});
}

Status Client::app_report(std::uint16_t app, std::uint8_t state, std::uint8_t reason, std::uint16_t prefer)
{
	Msg msg = make_request(family_, KNELL_CMD_APP_REPORT, 0, 64);
	nlattr *nest = msg ? nla_nest_start(msg.get(), KNELL_A_APP | NLA_F_NESTED) : nullptr;

	if (!nest || nla_put_u16(msg.get(), KNELL_A_APP_ID, app) ||
	    nla_put_u8(msg.get(), KNELL_A_APP_STATE, state) ||
	    nla_put_u8(msg.get(), KNELL_A_APP_REASON, reason) ||
	    (prefer && nla_put_u16(msg.get(), KNELL_A_APP_PREFER, prefer)))
		return Error{"cannot report the application", "out of memory", "", ENOMEM};
	nla_nest_end(msg.get(), nest);
	return transact(socket_.get(), msg.get(), "report the application to the kernel", {});
}

Status Client::app_restore(const AppRecord &record)
{
	Msg msg = make_request(family_, KNELL_CMD_APP_RESTORE, 0, 256);

	if (msg && !put(msg.get(), record))
		msg.reset();
	return transact(socket_.get(), msg.get(), "restore the application's record", {});
}

Status Client::order(const Order &order)
{
	Msg msg = make_request(family_, KNELL_CMD_ORDER, 0, 64);

	if (msg && !put(msg.get(), order))
		msg.reset();
	return transact(socket_.get(), msg.get(), "send the order", {});
}

Status Client::probe(std::uint16_t node, std::uint64_t cookie)
{
	Msg msg = make_request(family_, KNELL_CMD_PROBE, 0, 64);

	if (msg && !put(msg.get(), Probe{node, cookie, 0}))
		msg.reset();
	return transact(socket_.get(), msg.get(), "send the probe", {});
}

Status Client::message(const Message &message)
{
	Msg msg = make_request(family_, KNELL_CMD_MESSAGE, 0, message.data.size() + 64);

	if (msg && !put(msg.get(), message))
		msg.reset();
	return transact(socket_.get(), msg.get(), "send the message", {});
}

Status Client::message(std::uint16_t node, std::string_view data)
{
	return message(Message{node, std::string(data)});
}

Status Client::strangers(bool welcome)
{
	Msg msg = make_request(family_, KNELL_CMD_STRANGERS, 0, 64);

	if (msg && !put_strangers(msg.get(), welcome))
		msg.reset();
	return transact(socket_.get(), msg.get(), "say whether strangers are welcome", {});
}

Status Client::mib_set(const MibDocument &document)
{
	std::size_t offset = 0;

	do {
		auto size = std::min<std::size_t>(document.text.size() - offset, KNELL_MIB_CHUNK_MAX);
		Msg msg = make_request(family_, KNELL_CMD_MIB_SET, 0, size + 256);
		nlattr *nest = msg ? nla_nest_start(msg.get(), KNELL_A_MIB | NLA_F_NESTED) : nullptr;
		if (!nest || nla_put_u32(msg.get(), KNELL_A_MIB_GENERATION, document.generation) ||
		    nla_put_u32(msg.get(), KNELL_A_MIB_TOTAL,
				static_cast<std::uint32_t>(document.text.size())) ||
		    nla_put_u32(msg.get(), KNELL_A_MIB_OFFSET, static_cast<std::uint32_t>(offset)) ||
		    nla_put(msg.get(), KNELL_A_MIB_CHUNK, static_cast<int>(size),
			    document.text.data() + offset) ||
		    nla_put(msg.get(), KNELL_A_MIB_SHA256, static_cast<int>(document.sha256.size()),
			    document.sha256.data()))
			return Error{"cannot store the MIB in the kernel", "out of memory", "", ENOMEM};
		nla_nest_end(msg.get(), nest);
		auto done = transact(socket_.get(), msg.get(), "store the MIB in the kernel", {});
		if (!done)
			return done;
		offset += size;
	} while (offset < document.text.size());
	return {};
}

Result<MibDocument> Client::mib()
{
	MibDocument document;
	std::uint32_t total = 0;
	bool first = true;

	do {
		Content part;
		Msg msg = make_request(family_, KNELL_CMD_MIB_GET, 0, 64);
		nlattr *nest = msg ? nla_nest_start(msg.get(), KNELL_A_MIB | NLA_F_NESTED) : nullptr;
		if (!nest || nla_put_u32(msg.get(), KNELL_A_MIB_OFFSET,
					 static_cast<std::uint32_t>(document.text.size())))
			return Error{"cannot read the MIB", "out of memory", "", ENOMEM};
		nla_nest_end(msg.get(), nest);
		auto done = transact(socket_.get(), msg.get(), "read the MIB from the kernel",
				     [&](const Content &content) { part = content; });
		if (!done)
			return done.error();
		if (first) {
			document.generation = part.mib_generation;
			document.sha256 = part.mib_sha256;
			total = part.mib_total;
			first = false;
		} else if (part.mib_sha256 != document.sha256 || part.mib_total != total) {
			// Replaced while it was read: begin again with the new one.
			document = {};
			first = true;
			continue;
		}
		if (part.mib_chunk.empty() && document.text.size() < total)
			return Error{"cannot read the MIB from the kernel", "it ends too early", "", EBADMSG};
		document.text += part.mib_chunk;
	} while (first || document.text.size() < total);
	return document;
}

Status Client::released()
{
	Msg msg = make_request(family_, KNELL_CMD_RELEASED, 0, 0);

	return transact(socket_.get(), msg.get(), "say that all was released", {});
}

} // namespace knell::netlink
