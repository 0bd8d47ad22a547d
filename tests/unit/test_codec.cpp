// SPDX-License-Identifier: GPL-2.0
// Netlink attributes from and to records, without a socket.
#include "netlink/codec.hpp"

#include <catch2/catch.hpp>
#include <netlink/genl/genl.h>

using namespace knell::netlink;

namespace {

Msg message(std::uint8_t command)
{
	Msg msg(nlmsg_alloc_size(65536));

	genlmsg_put(msg.get(), 0, 0, 0x20, 0, 0, command, 1);
	return msg;
}

} // namespace

TEST_CASE("an application record survives the way there and back")
{
	Msg msg = message(KNELL_CMD_APP_RESTORE);
	AppRecord record;

	record.id = 7;
	record.state = KNELL_APP_RUNNING;
	record.reason = KNELL_REASON_TAKEOVER;
	record.owner = 4;
	record.owner_epoch = 0x12345678;
	record.from = 2;
	record.prefer = 3;
	record.version = 99;
	record.tried = 5;
	record.author = 4;
	record.stamp_ns = 0x1122334455667788;
	REQUIRE(put(msg.get(), record));
	auto content = parse(nlmsg_hdr(msg.get()));
	REQUIRE(content);
	REQUIRE(content->event.app);
	const auto &got = *content->event.app;
	CHECK(content->event.command == KNELL_CMD_APP_RESTORE);
	CHECK(got.id == 7);
	CHECK(got.state == KNELL_APP_RUNNING);
	CHECK(got.reason == KNELL_REASON_TAKEOVER);
	CHECK(got.owner == 4);
	CHECK(got.owner_epoch == 0x12345678);
	CHECK(got.from == 2);
	CHECK(got.prefer == 3);
	CHECK(got.version == 99);
	CHECK(got.tried == 5);
	CHECK(got.author == 4);
	CHECK(got.stamp_ns == 0x1122334455667788);
	CHECK_FALSE(got.granted);
}

TEST_CASE("a cluster with its nodes and applications fits into the room computed for it")
{
	ClusterConfig config;

	config.info.id = 0x4b4e0001;
	config.info.name = std::string(63, 'c');
	for (std::uint16_t id = 1; id <= KNELL_NODE_MAX; id++)
		config.nodes.push_back({id, std::string(63, 'n'), KNELL_ROLE_SERVER, std::string(223, 'i'),
					{{10, 0, 0, 1}, std::vector<std::uint8_t>(16, 1)}});
	for (std::uint16_t id = 1; id <= KNELL_APP_MAX; id++)
		config.applications.push_back({id, std::string(63, 'a'), std::vector<std::uint16_t>(16, 1), 1});
	Msg msg(nlmsg_alloc_size(size_of(config)));
	genlmsg_put(msg.get(), 0, 0, 0x20, 0, 0, KNELL_CMD_CLUSTER_SET, 1);
	REQUIRE(put(msg.get(), config));
	auto content = parse(nlmsg_hdr(msg.get()));
	REQUIRE(content);
	REQUIRE(content->event.cluster);
	CHECK(content->event.cluster->id == 0x4b4e0001);
	// Repeated nests: the last one is what an event would show.
	REQUIRE(content->event.node);
	CHECK(content->event.node->id == KNELL_NODE_MAX);
	CHECK(content->event.node->addresses.size() == 2);
	REQUIRE(content->event.app);
	CHECK(content->event.app->candidates.size() == 16);
}

TEST_CASE("a cluster goes with its key, or with the name of it and without a trace of the key")
{
	ClusterConfig config;

	config.info.name = "office";
	config.key.fill(7);
	for (const auto &name : {std::string(), std::string("knell:office:1")}) {
		Msg msg(nlmsg_alloc_size(size_of(config)));
		nlattr *in[KNELL_A_CLUSTER_MAX + 1];

		config.key_name = name;
		genlmsg_put(msg.get(), 0, 0, 0x20, 0, 0, KNELL_CMD_CLUSTER_SET, 1);
		REQUIRE(put(msg.get(), config));
		auto *nest = nlmsg_find_attr(nlmsg_hdr(msg.get()), GENL_HDRLEN, KNELL_A_CLUSTER);
		REQUIRE(nest);
		REQUIRE(nla_parse_nested(in, KNELL_A_CLUSTER_MAX, nest, nullptr) == 0);
		CHECK((in[KNELL_A_CLUSTER_KEY] != nullptr) == name.empty());
		REQUIRE((in[KNELL_A_CLUSTER_KEY_NAME] != nullptr) == !name.empty());
		if (!name.empty())
			CHECK(nla_get_string(in[KNELL_A_CLUSTER_KEY_NAME]) == name);
	}
}

TEST_CASE("an attribute that is too short is ignored, not read beyond its end")
{
	Msg msg = message(KNELL_CMD_NODE_GET);
	nlattr *nest = nla_nest_start(msg.get(), KNELL_A_NODE | NLA_F_NESTED);

	nla_put_u8(msg.get(), KNELL_A_NODE_EPOCH, 1);
	nla_put_u16(msg.get(), KNELL_A_NODE_ID, 9);
	nla_put(msg.get(), KNELL_A_NODE_NAME, 3, "abc");
	nla_put_u8(msg.get(), 200, 1);
	nla_put_flag(msg.get(), KNELL_A_NODE_SELF);
	nla_nest_end(msg.get(), nest);
	auto content = parse(nlmsg_hdr(msg.get()));
	REQUIRE(content);
	REQUIRE(content->event.node);
	CHECK(content->event.node->epoch == 0);
	CHECK(content->event.node->id == 9);
	CHECK(content->event.node->name == "abc");
	CHECK(content->event.node->self);
}

TEST_CASE("orders, probes and messages survive the way there and back")
{
	Msg msg = message(KNELL_CMD_ORDER);

	REQUIRE(put(msg.get(), Order{2, KNELL_ORDER_RELEASE, 1, 4, 0}));
	REQUIRE(put(msg.get(), Probe{3, 0xfeed, 0}));
	REQUIRE(put(msg.get(), Message{5, std::string("a\0b", 3)}));
	auto content = parse(nlmsg_hdr(msg.get()));
	REQUIRE(content);
	CHECK(content->event.order->what == KNELL_ORDER_RELEASE);
	CHECK(content->event.order->arg == 4);
	CHECK(content->event.probe->cookie == 0xfeed);
	CHECK(content->event.message->data == std::string("a\0b", 3));
}
