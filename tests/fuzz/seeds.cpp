// SPDX-License-Identifier: GPL-2.0
// Writes well-formed inputs for every fuzz target into FOLDER/NAME, so that a run starts behind
// the first checks. Usage: seeds FOLDER CLUSTER.yaml...
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "fabric/hop.h"
#include "model/document.hpp"
#include "netlink/codec.hpp"
#include "talk/examination.hpp"
#include "talk/methods.hpp"
#include "talk/relay.hpp"
#include "talk/seal.hpp"
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

extern "C" {
#include "notice/cert_wire.h"
#include "requests.h"
}

namespace {

using Octets = std::vector<std::uint8_t>;

class Folder {
public:
	Folder(const std::filesystem::path &top, const std::string &name) : path_(top / name)
	{
		std::filesystem::create_directories(path_);
	}
	void add(const void *data, std::size_t size)
	{
		std::ofstream out(path_ / ("seed-" + std::to_string(number_++)), std::ios::binary);

		out.write(static_cast<const char *>(data), static_cast<std::streamsize>(size));
	}
	void add(const Octets &octets) { add(octets.data(), octets.size()); }
	void add(const std::string &text) { add(text.data(), text.size()); }

private:
	std::filesystem::path path_;
	int number_ = 0;
};

Octets frame(u8 kind, const Octets &payload)
{
	const knell_frame_info info = {.kind = kind, .hops = kind == KNELL_FRAME_HELLO ? u8{0} : u8{4},
				       .cluster = 0x4b6e656c, .origin = 1, .dest = KNELL_NODE_ALL,
				       .epoch = 3, .seq = kind == KNELL_FRAME_HELLO ? 0U : 17U,
				       .length = static_cast<u16>(payload.size())};
	Octets out(KNELL_FRAME_HDR_LEN + payload.size());

	knell_wire_put_header(out.data(), &info);
	std::copy(payload.begin(), payload.end(), out.begin() + KNELL_FRAME_HDR_LEN);
	return out;
}

std::vector<Octets> frames()
{
	const knell_hello hello = {.node = 1, .role = KNELL_ROLE_SERVER, .epoch = 3, .incarnation = 9,
				   .peer_incarnation = 8, .peer_seq = 2};
	const knell_node_rec node = {.node = 1, .author = 1, .status = KNELL_STATUS_DOWN,
				     .reason = KNELL_REASON_PANIC, .role = KNELL_ROLE_SERVER, .epoch = 3,
				     .seq = KNELL_SEQ_TERMINAL, .generation = 1, .mib_hash = 2,
				     .stamp_ns = 4};
	const knell_app_rec app = {.app = 1, .author = 2, .state = KNELL_APP_STARTING,
				   .reason = KNELL_REASON_PANIC, .owner = 3, .owner_epoch = 1, .from = 1,
				   .prefer = 0, .version = 6, .tried = 1, .stamp_ns = 4};
	const knell_claim claim = {.app = 1, .claimant = 3, .claimant_epoch = 1, .version = 5};
	const knell_order_info order = {.order = KNELL_ORDER_RELEASE, .app = 1, .arg = 3};
	const knell_probe probe = {.cookie = 1, .stamp_ns = 2};
	std::vector<Octets> out;
	Octets payload(sizeof(knell_wire_hello));

	knell_wire_put_hello(payload.data(), &hello);
	out.push_back(frame(KNELL_FRAME_HELLO, payload));
	payload.resize(2 * sizeof(knell_wire_node));
	knell_wire_put_node(payload.data(), &node);
	knell_wire_put_node(payload.data() + sizeof(knell_wire_node), &node);
	out.push_back(frame(KNELL_FRAME_NODE, payload));
	knell_wire_put_app(payload.data(), &app);
	knell_wire_put_app(payload.data() + sizeof(knell_wire_app), &app);
	out.push_back(frame(KNELL_FRAME_APP, payload));
	payload.resize(sizeof(knell_wire_claim));
	knell_wire_put_claim(payload.data(), &claim);
	out.push_back(frame(KNELL_FRAME_CLAIM, payload));
	payload.resize(sizeof(knell_wire_order));
	knell_wire_put_order(payload.data(), &order);
	out.push_back(frame(KNELL_FRAME_ORDER, payload));
	payload.resize(sizeof(knell_wire_probe));
	knell_wire_put_probe(payload.data(), &probe);
	out.push_back(frame(KNELL_FRAME_PROBE, payload));
	out.push_back(frame(KNELL_FRAME_PROBE_REPLY, payload));
	out.push_back(frame(KNELL_FRAME_MESSAGE, Octets(100, 'm')));
	return out;
}

Octets sealed(const Octets &frame)
{
	knell_hop_hdr header;
	Octets out(sizeof(header));

	knell_hop_seal(&header, 1, 9, frame.data(), frame.size());
	std::memcpy(out.data(), &header, sizeof(header));
	out.insert(out.end(), frame.begin(), frame.end());
	return out;
}

/// What follows the netlink header of a message.
Octets body(nl_msg *msg)
{
	const nlmsghdr *header = nlmsg_hdr(msg);
	const auto *start = reinterpret_cast<const std::uint8_t *>(header);

	return {start + sizeof(*header), start + header->nlmsg_len};
}

void netlink_seeds(Folder folder)
{
	using namespace knell::netlink;
	ClusterConfig config;
	AppRecord app;
	Message message{.node = 1, .data = "hello"};

	config.info = {.id = 1, .name = "demo", .self = 1, .epoch = 2};
	config.nodes.push_back({.id = 1, .name = "a", .role = 1, .initiator = "iqn.2026-01.example:a",
				.addresses = {{10, 0, 0, 1}}});
	config.applications.push_back({.id = 1, .name = "x", .candidates = {1, 2}, .flags = 1});
	app.id = 1;
	for (std::uint8_t command = 1; command <= KNELL_CMD_MAX; command++) {
		Msg msg(nlmsg_alloc_size(8192));

		genlmsg_put(msg.get(), 0, 0, 0x20, 0, 0, command, 1);
		if (command == KNELL_CMD_CLUSTER_SET)
			put(msg.get(), config);
		else if (command == KNELL_CMD_APP_GET)
			put(msg.get(), app);
		else if (command == KNELL_CMD_MESSAGE)
			put(msg.get(), message);
		else if (command == KNELL_CMD_ORDER)
			put(msg.get(), Order{.node = 1, .what = 1});
		else if (command == KNELL_CMD_PROBE)
			put(msg.get(), Probe{.node = 1, .cookie = 2});
		else if (command == KNELL_CMD_STATS_GET) {
			nlattr *nest = nla_nest_start(msg.get(), KNELL_A_COUNTER | NLA_F_NESTED);
			nla_put_string(msg.get(), KNELL_A_COUNTER_NAME, "rx_frames");
			nla_put_u64(msg.get(), KNELL_A_COUNTER_VALUE, 5);
			nla_nest_end(msg.get(), nest);
		}
		folder.add(body(msg.get()));
	}
}

/// One packet of every method, and an answer.
void talk_seeds(Folder folder)
{
	using namespace knell::talk;
	Facts facts;
	auto add = [&folder](Method method, std::string body) {
		folder.add(encode({.method = static_cast<std::uint8_t>(method), .number = 1, .body = std::move(body)}));
	};

	facts.addresses = {"10.0.2.2"};
	facts.problems = {"link 2:0:0:1 is down"};
	add(Method::read, body_of(ReadRequest{What::facts, 0, 0, 9000}));
	add(Method::write, body_of(WriteRequest{7, 20, 4, "description"}));
	add(Method::prepare, body_of(Decision{7, {}}));
	add(Method::test, body_of_test(7));
	folder.add(serialize(facts));
	folder.add(R"(["iqn.2026-11.example:a"])");
	const auto sealed = Seal(knell::model::Secret()).close(5, encode({.method = 1, .number = 1, .body = body_of(ReadRequest{})}));
	folder.add(sealed);
	add(Method::pass, body_of(Passed{"iqn.2026-11.example:a", sealed}));
	folder.add(serialize({{"records", "mount", "/srv", false, "it holds xfs, not ext4"}}));
	folder.add(encode({.kind = Kind::answer, .method = 1, .number = 1, .body = body_of(Part{5, 10, 4, "abcdef"})}));
}

/// A request of the kernel's tests, as it goes over the socket.
Octets asked(const request &wanted)
{
	static nlmsg msg;
	const mutation flawless = {.spoil = NOTHING, .part = -1, .field = -1, .value = 0};

	request_build(&msg, GENL_MIN_ID, &wanted, &flawless);
	const auto length = static_cast<std::uint32_t>(msg.len);
	std::memcpy(msg.data, &length, sizeof(length));
	return {msg.data, msg.data + NLMSG_ALIGN(msg.len)};
}

/// Each command by itself in a cluster, and all of them one after the other.
void policy_seeds(Folder folder)
{
	const Octets join = asked(*request_of(KNELL_CMD_CLUSTER_SET));
	Octets all = join;

	for (unsigned i = 0; i < n_requests; i++) {
		const Octets one = asked(requests[i]);
		Octets both = join;

		both.insert(both.end(), one.begin(), one.end());
		folder.add(both);
		if (requests[i].cmd != KNELL_CMD_CLUSTER_DEL)
			all.insert(all.end(), one.begin(), one.end());
	}
	folder.add(all);
}

} // namespace

int main(int argc, char **argv)
{
	if (argc < 3) {
		std::cerr << "usage: seeds FOLDER CLUSTER.yaml...\n";
		return 2;
	}
	const std::filesystem::path top = argv[1];
	Folder wire(top, "wire"), hop(top, "hop"), mailbox(top, "mailbox");

	for (const Octets &octets : frames()) {
		wire.add(octets);
		hop.add(sealed(octets));
	}
	hop.add(Octets{0x0c, 0x00, 0x02, 0x04, 0x06, 0x08, 0x01, 0x0e, 0x0d, 0x04});
	mailbox.add(Octets{2, 1, 0, 1, 0, 0, 1, 3, 0, 1, 4, 6, 0, 1, 5, 7});
	netlink_seeds(Folder(top, "netlink"));
	policy_seeds(Folder(top, "policy"));
	talk_seeds(Folder(top, "talk"));

	Folder config(top, "config"), document(top, "document");
	for (int i = 2; i < argc; i++) {
		std::ifstream file(argv[i]);
		const std::string text{std::istreambuf_iterator<char>(file), {}};
		const auto inspection = knell::config::inspect_text(argv[i], text);
		if (!inspection.ok()) {
			std::cerr << argv[i] << " is no valid cluster file\n";
			return 1;
		}
		config.add(text);
		document.add(knell::model::serialize(inspection.cluster));
	}

	knell_wire_cert cert;
	knell_cert_fill(&cert, 0x01020304, 1, 3, KNELL_REASON_PANIC);
	Folder(top, "cert").add(&cert, sizeof(cert));
	return 0;
}
