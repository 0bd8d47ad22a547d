// SPDX-License-Identifier: GPL-2.0
// Send, receive, acknowledge: libnl builds the messages, the loop here reads the answers
// so that extended acknowledgements and interrupted dumps are not lost.
#include "netlink/transport.hpp"

#include <cerrno>
#include <cstdlib>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

namespace knell::netlink {

namespace {

constexpr int buffer_size = 4 * 1024 * 1024;
constexpr int answer_timeout_s = 10;	// the kernel answers at once; this ends a wait for nothing

/// The extack text behind an error, if the kernel sent one.
std::string extack(nlmsghdr *header, nlmsgerr *error)
{
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return {};
	std::size_t skip = sizeof(*error);
	// Without NLM_F_CAPPED the whole request is echoed in between.
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - sizeof(error->msg);
	auto length = static_cast<std::size_t>(nlmsg_datalen(header));
	if (skip >= length)
		return {};
	auto *first = reinterpret_cast<nlattr *>(static_cast<char *>(nlmsg_data(header)) + skip);
	auto *text = nla_find(first, static_cast<int>(length - skip), NLMSGERR_ATTR_MSG);
	return text ? std::string(static_cast<const char *>(nla_data(text))) : std::string();
}

Error failure(const char *doing, int errnum, const std::string &text)
{
	Error error = Error::from_errno(std::string("cannot ") + doing, errnum);

	if (!text.empty())
		error.why = text;
	if (errnum == EPERM)
		error.hint = "CAP_NET_ADMIN is needed: run as root";
	return error;
}

} // namespace

Result<Connected> open_family()
{
	const char *what = "cannot reach the kernel part of knell";
	Connected connected{Socket(nl_socket_alloc()), 0, 0};
	nl_sock *socket = connected.socket.get();

	if (!socket)
		return Error{what, "out of memory", "", ENOMEM};
	if (int failed = genl_connect(socket); failed < 0)
		return Error{what, nl_geterror(failed), "", ECONNREFUSED};
	connected.family = genl_ctrl_resolve(socket, KNELL_FAMILY_NAME);
	if (connected.family < 0)
		return Error{what, "netlink family knell is not there", "load the module: modprobe knell",
			     ENOENT};
	connected.events_group =
		genl_ctrl_resolve_grp(socket, KNELL_FAMILY_NAME, KNELL_MCGRP_EVENTS);

	int on = 1;
	setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	timeval limit = {answer_timeout_s, 0};
	setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	nl_socket_set_buffer_size(socket, buffer_size, buffer_size);
	return connected;
}

Msg make_request(int family, std::uint8_t command, int flags, std::size_t size)
{
	Msg msg(nlmsg_alloc_size(size + 1024));

	if (msg && !genlmsg_put(msg.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, command,
				KNELL_FAMILY_VERSION))
		msg.reset();
	return msg;
}

Status transact(nl_sock *socket, nl_msg *msg, const char *doing,
		const std::function<void(const Content &)> &each)
{
	if (!msg)
		return failure(doing, ENOMEM, {});
	nl_complete_msg(socket, msg);
	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	const auto sequence = nlmsg_hdr(msg)->nlmsg_seq;
	const bool dump = (nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	if (nl_send(socket, msg) < 0)
		return failure(doing, errno ? errno : EIO, {});

	bool interrupted = false;
	for (;;) {
		sockaddr_nl from = {};
		unsigned char *buffer = nullptr;
		errno = 0;
		int got = nl_recv(socket, &from, &buffer, nullptr);
		if (got <= 0)
			return failure(doing, got == -NLE_AGAIN || !errno ? ETIMEDOUT : errno,
				       got < 0 ? nl_geterror(got) : "no answer");
		Handle<unsigned char, std::free> owner(buffer);
		auto *header = reinterpret_cast<nlmsghdr *>(buffer);
		for (; nlmsg_ok(header, got); header = nlmsg_next(header, &got)) {
			if (header->nlmsg_seq != sequence)
				continue;	// left over from a request that timed out
			interrupted |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (header->nlmsg_type == NLMSG_DONE) {
				int result = 0;
				if (nlmsg_datalen(header) >= static_cast<int>(sizeof(int)))
					result = *static_cast<int *>(nlmsg_data(header));
				if (result < 0)
					return failure(doing, -result, {});
				if (interrupted)
					return failure(doing, EINTR, "the table changed meanwhile");
				return {};
			}
			if (header->nlmsg_type == NLMSG_ERROR) {
				auto *error = static_cast<nlmsgerr *>(nlmsg_data(header));
				if (error->error)
					return failure(doing, -error->error, extack(header, error));
				if (!dump)
					return {};
				continue;
			}
			if (header->nlmsg_type < NLMSG_MIN_TYPE)
				continue;
			auto content = parse(header);
			if (!content)
				return failure(doing, EBADMSG, "the kernel's answer is malformed");
			if (each)
				each(*content);
		}
	}
}

} // namespace knell::netlink
