// SPDX-License-Identifier: GPL-2.0
// Attributes of the family "knell" from and to records, by one table of moves per record.
#include "netlink/codec.hpp"

#include <cstring>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

namespace knell::netlink {

namespace {

// Readers: an attribute of the wrong size leaves the value as it was.
void get(nlattr *attribute, std::uint8_t &value)
{
	if (nla_len(attribute) >= 1)
		value = nla_get_u8(attribute);
}

void get(nlattr *attribute, bool &value)
{
	if (nla_len(attribute) >= 1)
		value = nla_get_u8(attribute) != 0;
}

void get(nlattr *attribute, std::uint16_t &value)
{
	if (nla_len(attribute) >= 2)
		value = nla_get_u16(attribute);
}

void get(nlattr *attribute, std::uint32_t &value)
{
	if (nla_len(attribute) >= 4)
		value = nla_get_u32(attribute);
}

void get(nlattr *attribute, std::uint64_t &value)
{
	if (nla_len(attribute) >= 8)
		value = nla_get_u64(attribute);
}

void get(nlattr *attribute, std::string &value)
{
	auto length = static_cast<std::size_t>(nla_len(attribute));
	const auto *data = static_cast<const char *>(nla_data(attribute));

	value.assign(data, strnlen(data, length));
}

void get(nlattr *attribute, std::vector<std::uint16_t> &value)
{
	value.resize(static_cast<std::size_t>(nla_len(attribute)) / sizeof(std::uint16_t));
	if (!value.empty())
		std::memcpy(value.data(), nla_data(attribute), value.size() * sizeof(std::uint16_t));
}

void get(nlattr *attribute, std::vector<std::vector<std::uint8_t>> &value)
{
	const auto *data = static_cast<const std::uint8_t *>(nla_data(attribute));

	value.emplace_back(data, data + nla_len(attribute));
}

void get_flag(bool &value)
{
	value = true;
}

/// Calls `each(type, attribute)` for every attribute of a nest.
template <class Each>
void for_nest(nlattr *nest, Each each)
{
	nlattr *attribute;
	int remaining;

	nla_for_each_nested(attribute, nest, remaining)
		each(nla_type(attribute), attribute);
}

ClusterInfo read_cluster(nlattr *nest)
{
	ClusterInfo info;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_CLUSTER_ID: return get(a, info.id);
		case KNELL_A_CLUSTER_NAME: return get(a, info.name);
		case KNELL_A_CLUSTER_SELF: return get(a, info.self);
		case KNELL_A_CLUSTER_EPOCH: return get(a, info.epoch);
		case KNELL_A_CLUSTER_GENERATION: return get(a, info.generation);
		case KNELL_A_CLUSTER_MIB_HASH: return get(a, info.mib_hash);
		case KNELL_A_CLUSTER_HELPER_TIMEOUT: return get(a, info.helper_timeout);
		case KNELL_A_CLUSTER_LOST_GRACE: return get(a, info.lost_grace);
		case KNELL_A_CLUSTER_LINK_GRACE: return get(a, info.link_grace);
		case KNELL_A_CLUSTER_START_GRACE: return get(a, info.start_grace);
		case KNELL_A_CLUSTER_TAKEOVER_DEADLINE: return get(a, info.takeover_deadline);
		case KNELL_A_CLUSTER_RELEASE_DEADLINE: return get(a, info.release_deadline);
		case KNELL_A_CLUSTER_CPU_TIMEOUT: return get(a, info.cpu_timeout);
		case KNELL_A_CLUSTER_ON_DOWN: return get(a, info.on_down);
		case KNELL_A_CLUSTER_GASP: return get(a, info.gasp);
		case KNELL_A_CLUSTER_OOPS_DOWN: return get(a, info.oops_down);
		case KNELL_A_CLUSTER_SUPERVISION: return get(a, info.supervision);
		case KNELL_A_CLUSTER_MAINTENANCE: return get(a, info.maintenance);
		default: return;
		}
	});
	return info;
}

NodeRecord read_node(nlattr *nest)
{
	NodeRecord record;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_NODE_ID: return get(a, record.id);
		case KNELL_A_NODE_NAME: return get(a, record.name);
		case KNELL_A_NODE_ROLE: return get(a, record.role);
		case KNELL_A_NODE_INITIATOR: return get(a, record.initiator);
		case KNELL_A_NODE_ADDRESS: return get(a, record.addresses);
		case KNELL_A_NODE_STATUS: return get(a, record.status);
		case KNELL_A_NODE_REASON: return get(a, record.reason);
		case KNELL_A_NODE_EPOCH: return get(a, record.epoch);
		case KNELL_A_NODE_SEQ: return get(a, record.seq);
		case KNELL_A_NODE_AUTHOR: return get(a, record.author);
		case KNELL_A_NODE_GENERATION: return get(a, record.generation);
		case KNELL_A_NODE_MIB_HASH: return get(a, record.mib_hash);
		case KNELL_A_NODE_STAMP_NS: return get(a, record.stamp_ns);
		case KNELL_A_NODE_SELF: return get_flag(record.self);
		case KNELL_A_NODE_SERVED: return get(a, record.served);
		default: return;
		}
	});
	return record;
}

AppRecord read_app(nlattr *nest)
{
	AppRecord record;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_APP_ID: return get(a, record.id);
		case KNELL_A_APP_NAME: return get(a, record.name);
		case KNELL_A_APP_CANDIDATES: return get(a, record.candidates);
		case KNELL_A_APP_FLAGS: return get(a, record.flags);
		case KNELL_A_APP_STATE: return get(a, record.state);
		case KNELL_A_APP_REASON: return get(a, record.reason);
		case KNELL_A_APP_OWNER: return get(a, record.owner);
		case KNELL_A_APP_OWNER_EPOCH: return get(a, record.owner_epoch);
		case KNELL_A_APP_FROM: return get(a, record.from);
		case KNELL_A_APP_PREFER: return get(a, record.prefer);
		case KNELL_A_APP_VERSION: return get(a, record.version);
		case KNELL_A_APP_TRIED: return get(a, record.tried);
		case KNELL_A_APP_AUTHOR: return get(a, record.author);
		case KNELL_A_APP_STAMP_NS: return get(a, record.stamp_ns);
		case KNELL_A_APP_GRANTED: return get_flag(record.granted);
		default: return;
		}
	});
	return record;
}

LinkInfo read_link(nlattr *nest)
{
	LinkInfo info;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_LINK_ID: return get(a, info.id);
		case KNELL_A_LINK_NAME: return get(a, info.name);
		case KNELL_A_LINK_KIND: return get(a, info.kind);
		case KNELL_A_LINK_STATE: return get(a, info.state);
		case KNELL_A_LINK_PEER: return get(a, info.peer);
		case KNELL_A_LINK_TX_FRAMES: return get(a, info.tx_frames);
		case KNELL_A_LINK_RX_FRAMES: return get(a, info.rx_frames);
		case KNELL_A_LINK_TX_QUEUED: return get(a, info.tx_queued);
		case KNELL_A_LINK_TX_DROPPED: return get(a, info.tx_dropped);
		case KNELL_A_LINK_RX_DROPPED: return get(a, info.rx_dropped);
		case KNELL_A_LINK_RX_DUPLICATE: return get(a, info.rx_duplicate);
		case KNELL_A_LINK_RESTARTS: return get(a, info.restarts);
		case KNELL_A_LINK_PARKED: return get(a, info.parked);
		default: return;
		}
	});
	return info;
}

CheckInfo read_check(nlattr *nest)
{
	CheckInfo info;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_CHECK_NAME: return get(a, info.name);
		case KNELL_A_CHECK_ANSWER: return get(a, info.answer);
		case KNELL_A_CHECK_REASON: return get(a, info.reason);
		case KNELL_A_CHECK_RUNS: return get(a, info.runs);
		case KNELL_A_CHECK_MISSED: return get(a, info.missed);
		case KNELL_A_CHECK_LIMIT: return get(a, info.limit);
		case KNELL_A_CHECK_DETAIL: return get(a, info.detail);
		default: return;
		}
	});
	return info;
}

Counter read_counter(nlattr *nest)
{
	Counter counter;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_COUNTER_NAME: return get(a, counter.name);
		case KNELL_A_COUNTER_VALUE: return get(a, counter.value);
		default: return;
		}
	});
	return counter;
}

Order read_order(nlattr *nest)
{
	Order order;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_ORDER_NODE: return get(a, order.node);
		case KNELL_A_ORDER_WHAT: return get(a, order.what);
		case KNELL_A_ORDER_APP: return get(a, order.app);
		case KNELL_A_ORDER_ARG: return get(a, order.arg);
		case KNELL_A_ORDER_ORIGIN: return get(a, order.origin);
		default: return;
		}
	});
	return order;
}

Probe read_probe(nlattr *nest)
{
	Probe probe;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_PROBE_NODE: return get(a, probe.node);
		case KNELL_A_PROBE_COOKIE: return get(a, probe.cookie);
		case KNELL_A_PROBE_RTT_NS: return get(a, probe.rtt_ns);
		default: return;
		}
	});
	return probe;
}

Message read_message(nlattr *nest)
{
	Message message;

	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_MESSAGE_NODE: return get(a, message.node);
		case KNELL_A_MESSAGE_LINK: return get(a, message.link.emplace());
		case KNELL_A_MESSAGE_NAME: return get(a, message.name);
		case KNELL_A_MESSAGE_DATA:
			message.data.assign(static_cast<const char *>(nla_data(a)),
					    static_cast<std::size_t>(nla_len(a)));
			return;
		default: return;
		}
	});
	return message;
}

void read_mib(nlattr *nest, Content &content)
{
	for_nest(nest, [&](int type, nlattr *a) {
		switch (type) {
		case KNELL_A_MIB_GENERATION: return get(a, content.mib_generation);
		case KNELL_A_MIB_TOTAL: return get(a, content.mib_total);
		case KNELL_A_MIB_OFFSET: return get(a, content.mib_offset);
		case KNELL_A_MIB_CHUNK:
			content.mib_chunk.assign(static_cast<const char *>(nla_data(a)),
						 static_cast<std::size_t>(nla_len(a)));
			return;
		case KNELL_A_MIB_SHA256:
			if (nla_len(a) == static_cast<int>(content.mib_sha256.size()))
				std::memcpy(content.mib_sha256.data(), nla_data(a),
					    content.mib_sha256.size());
			return;
		default: return;
		}
	});
}

/// Appends attributes to one nest and remembers whether all of them had room.
class Nest {
public:
	Nest(nl_msg *msg, int type) : msg_(msg), start_(nla_nest_start(msg, type | NLA_F_NESTED)) {}

	Nest &u8(int type, std::uint8_t value) { return note(nla_put_u8(msg_, type, value)); }
	Nest &u16(int type, std::uint16_t value) { return note(nla_put_u16(msg_, type, value)); }
	Nest &u32(int type, std::uint32_t value) { return note(nla_put_u32(msg_, type, value)); }
	Nest &u64(int type, std::uint64_t value) { return note(nla_put_u64(msg_, type, value)); }
	Nest &text(int type, const std::string &value)
	{
		return note(nla_put_string(msg_, type, value.c_str()));
	}
	Nest &octets(int type, const void *data, std::size_t size)
	{
		return note(nla_put(msg_, type, static_cast<int>(size), data));
	}
	bool end()
	{
		if (start_)
			nla_nest_end(msg_, start_);
		return start_ && good_;
	}

private:
	Nest &note(int result)
	{
		good_ &= result == 0;
		return *this;
	}

	nl_msg *msg_;
	nlattr *start_;
	bool good_ = true;
};

bool put_node(nl_msg *msg, const NodeConfig &node)
{
	Nest nest(msg, KNELL_A_NODE);

	nest.u16(KNELL_A_NODE_ID, node.id).text(KNELL_A_NODE_NAME, node.name);
	nest.u8(KNELL_A_NODE_ROLE, node.role);
	if (!node.initiator.empty())
		nest.text(KNELL_A_NODE_INITIATOR, node.initiator);
	for (const auto &address : node.addresses)
		nest.octets(KNELL_A_NODE_ADDRESS, address.data(), address.size());
	return nest.end();
}

bool put_app(nl_msg *msg, const AppConfig &app)
{
	Nest nest(msg, KNELL_A_APP);

	nest.u16(KNELL_A_APP_ID, app.id).text(KNELL_A_APP_NAME, app.name);
	nest.octets(KNELL_A_APP_CANDIDATES, app.candidates.data(),
		    app.candidates.size() * sizeof(std::uint16_t));
	return nest.u32(KNELL_A_APP_FLAGS, app.flags).end();
}

} // namespace

bool put(nl_msg *msg, const ClusterConfig &config)
{
	const ClusterInfo &info = config.info;
	Nest nest(msg, KNELL_A_CLUSTER);

	nest.u32(KNELL_A_CLUSTER_ID, info.id)
		.text(KNELL_A_CLUSTER_NAME, info.name)
		.u16(KNELL_A_CLUSTER_SELF, info.self)
		.u32(KNELL_A_CLUSTER_EPOCH, info.epoch)
		.u32(KNELL_A_CLUSTER_GENERATION, info.generation)
		.u32(KNELL_A_CLUSTER_MIB_HASH, info.mib_hash)
		.u32(KNELL_A_CLUSTER_HELPER_TIMEOUT, info.helper_timeout)
		.u32(KNELL_A_CLUSTER_LOST_GRACE, info.lost_grace)
		.u32(KNELL_A_CLUSTER_LINK_GRACE, info.link_grace)
		.u32(KNELL_A_CLUSTER_START_GRACE, info.start_grace)
		.u32(KNELL_A_CLUSTER_TAKEOVER_DEADLINE, info.takeover_deadline)
		.u32(KNELL_A_CLUSTER_RELEASE_DEADLINE, info.release_deadline)
		.u32(KNELL_A_CLUSTER_CPU_TIMEOUT, info.cpu_timeout)
		.u8(KNELL_A_CLUSTER_ON_DOWN, info.on_down)
		.u8(KNELL_A_CLUSTER_GASP, info.gasp)
		.u8(KNELL_A_CLUSTER_OOPS_DOWN, info.oops_down)
		.u8(KNELL_A_CLUSTER_SUPERVISION, info.supervision)
		.u8(KNELL_A_CLUSTER_MAINTENANCE, info.maintenance);
	if (config.key_name.empty())
		nest.octets(KNELL_A_CLUSTER_KEY, config.key.data(), config.key.size());
	else
		nest.text(KNELL_A_CLUSTER_KEY_NAME, config.key_name);
	bool good = nest.end();
	for (const auto &node : config.nodes)
		good = good && put_node(msg, node);
	for (const auto &app : config.applications)
		good = good && put_app(msg, app);
	return good;
}

std::size_t size_of(const ClusterConfig &config)
{
	std::size_t addresses = 0;

	for (const auto &node : config.nodes)
		addresses += node.addresses.size();
	return 1024 + config.nodes.size() * (64 + KNELL_NAME_MAX + KNELL_INITIATOR_MAX) +
	       addresses * 20 +
	       config.applications.size() * (64 + KNELL_NAME_MAX + 2 * KNELL_CANDIDATES_MAX);
}

bool put(nl_msg *msg, const AppRecord &record)
{
	return Nest(msg, KNELL_A_APP)
		.u16(KNELL_A_APP_ID, record.id)
		.u8(KNELL_A_APP_STATE, record.state)
		.u8(KNELL_A_APP_REASON, record.reason)
		.u16(KNELL_A_APP_OWNER, record.owner)
		.u32(KNELL_A_APP_OWNER_EPOCH, record.owner_epoch)
		.u16(KNELL_A_APP_FROM, record.from)
		.u16(KNELL_A_APP_PREFER, record.prefer)
		.u32(KNELL_A_APP_VERSION, record.version)
		.u32(KNELL_A_APP_TRIED, record.tried)
		.u16(KNELL_A_APP_AUTHOR, record.author)
		.u64(KNELL_A_APP_STAMP_NS, record.stamp_ns)
		.end();
}

bool put(nl_msg *msg, const Order &order)
{
	return Nest(msg, KNELL_A_ORDER)
		.u16(KNELL_A_ORDER_NODE, order.node)
		.u16(KNELL_A_ORDER_WHAT, order.what)
		.u16(KNELL_A_ORDER_APP, order.app)
		.u16(KNELL_A_ORDER_ARG, order.arg)
		.end();
}

bool put(nl_msg *msg, const Probe &probe)
{
	return Nest(msg, KNELL_A_PROBE)
		.u16(KNELL_A_PROBE_NODE, probe.node)
		.u64(KNELL_A_PROBE_COOKIE, probe.cookie)
		.end();
}

bool put(nl_msg *msg, const Message &message)
{
	Nest nest(msg, KNELL_A_MESSAGE);

	if (message.link)
		nest.u32(KNELL_A_MESSAGE_LINK, *message.link);
	else
		nest.u16(KNELL_A_MESSAGE_NODE, message.node);
	return nest.octets(KNELL_A_MESSAGE_DATA, message.data.data(), message.data.size()).end();
}

bool put_strangers(nl_msg *msg, bool welcome)
{
	return Nest(msg, KNELL_A_MESSAGE).u8(KNELL_A_MESSAGE_STRANGERS, welcome ? 1 : 0).end();
}

std::optional<Content> parse(nlmsghdr *header)
{
	if (!genlmsg_valid_hdr(header, 0))
		return std::nullopt;
	auto *generic = static_cast<genlmsghdr *>(nlmsg_data(header));
	Content content;
	Event &event = content.event;
	event.command = generic->cmd;

	nlattr *attribute;
	int remaining;
	nla_for_each_attr(attribute, genlmsg_attrdata(generic, 0), genlmsg_attrlen(generic, 0), remaining) {
		switch (nla_type(attribute)) {
		case KNELL_A_CLUSTER: event.cluster = read_cluster(attribute); break;
		case KNELL_A_NODE: event.node = read_node(attribute); break;
		case KNELL_A_NODE_OLD: event.node_old = read_node(attribute); break;
		case KNELL_A_APP: event.app = read_app(attribute); break;
		case KNELL_A_APP_OLD: event.app_old = read_app(attribute); break;
		case KNELL_A_LINK: event.link = read_link(attribute); break;
		case KNELL_A_CHECK: event.check = read_check(attribute); break;
		case KNELL_A_COUNTER: content.counters.push_back(read_counter(attribute)); break;
		case KNELL_A_ORDER: event.order = read_order(attribute); break;
		case KNELL_A_PROBE: event.probe = read_probe(attribute); break;
		case KNELL_A_MESSAGE: event.message = read_message(attribute); break;
		case KNELL_A_MIB: read_mib(attribute, content); break;
		case KNELL_A_TIME_NS: get(attribute, event.time_ns); break;
		case KNELL_A_DEVICE: get(attribute, event.device); break;
		default: break;
		}
	}
	return content;
}

} // namespace knell::netlink
