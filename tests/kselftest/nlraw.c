// SPDX-License-Identifier: GPL-2.0
/* Raw generic netlink for tests, see nlraw.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "nlraw.h"

#define ANSWER_MS	10000

int nlraw_open(struct nlraw *nl)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int on = 1;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0)
		return errno;
	if (bind(nl->fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		return errno;
	return 0;
}

void nlraw_close(struct nlraw *nl)
{
	close(nl->fd);
}

void nlmsg_begin(struct nlmsg *msg, uint16_t type, uint16_t flags, uint8_t command)
{
	struct nlmsghdr header = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags };
	struct genlmsghdr generic = { .cmd = command, .version = 1 };

	memcpy(msg->data, &header, sizeof(header));
	memcpy(msg->data + NLMSG_HDRLEN, &generic, sizeof(generic));
	msg->len = NLMSG_HDRLEN + GENL_HDRLEN;
}

void nlmsg_raw(struct nlmsg *msg, const void *data, size_t len)
{
	if (len && len <= sizeof(msg->data) - msg->len) {
		memcpy(msg->data + msg->len, data, len);
		msg->len += len;
	}
}

size_t nlmsg_attr(struct nlmsg *msg, uint16_t type, const void *data, size_t len)
{
	static const uint8_t padding[NLA_ALIGNTO];
	struct nlattr attr = { .nla_len = (uint16_t)(NLA_HDRLEN + len), .nla_type = type };
	size_t offset = msg->len;

	nlmsg_raw(msg, &attr, sizeof(attr));
	nlmsg_raw(msg, data, len);
	nlmsg_raw(msg, padding, NLA_ALIGN(len) - len);
	return offset;
}

size_t nlmsg_nest(struct nlmsg *msg, uint16_t type)
{
	return nlmsg_attr(msg, type, NULL, 0);
}

void nlmsg_nest_end(struct nlmsg *msg, size_t offset)
{
	uint16_t len = (uint16_t)(msg->len - offset);

	memcpy(msg->data + offset, &len, sizeof(len));
}

/* The next attribute in [@at, @end), or NULL. */
static const struct nlattr *next_attr(const uint8_t **at, const uint8_t *end)
{
	const struct nlattr *attr = (const struct nlattr *)*at;
	size_t left = *at < end ? (size_t)(end - *at) : 0, step;

	if (left < sizeof(*attr) || attr->nla_len < sizeof(*attr) || attr->nla_len > left)
		return NULL;
	step = (size_t)NLA_ALIGN(attr->nla_len);
	*at += step < left ? step : left;
	return attr;
}

static void read_error(const struct nlmsghdr *header, struct nlanswer *answer)
{
	const struct nlmsgerr *error = NLMSG_DATA(header);
	const uint8_t *at = (const uint8_t *)(error + 1);
	const uint8_t *end = (const uint8_t *)header + header->nlmsg_len;
	const struct nlattr *attr;

	answer->error = -error->error;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	while ((attr = next_attr(&at, end)))
		if ((attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(answer->text, sizeof(answer->text), "%.*s",
				 attr->nla_len - NLA_HDRLEN, (const char *)(attr + 1));
}

/* The error at the end of a dump; its extended acknowledgement follows the number. */
static void read_done(const struct nlmsghdr *header, struct nlanswer *answer)
{
	const uint8_t *at = (const uint8_t *)NLMSG_DATA(header) + NLMSG_ALIGN(sizeof(int));
	const uint8_t *end = (const uint8_t *)header + header->nlmsg_len;
	const struct nlattr *attr;
	int error = 0;

	if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, NLMSG_DATA(header), sizeof(error));
	answer->error = error < 0 ? -error : 0;
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	while ((attr = next_attr(&at, end)))
		if ((attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(answer->text, sizeof(answer->text), "%.*s",
				 attr->nla_len - NLA_HDRLEN, (const char *)(attr + 1));
}

static void keep(const struct nlmsghdr *header, struct nlanswer *answer)
{
	size_t len = header->nlmsg_len - NLMSG_HDRLEN;

	answer->messages++;
	if (len > sizeof(answer->data) - answer->len)
		return;
	memcpy(answer->data + answer->len, NLMSG_DATA(header), len);
	answer->len += len;
}

/* Until the acknowledgement, an error or the end of a dump with the right sequence number. */
static void read_answer(struct nlraw *nl, struct nlanswer *answer)
{
	static uint8_t buffer[NLRAW_MAX] __attribute__((aligned(4)));
	int patience = ANSWER_MS;

	for (;;) {
		struct pollfd ready = { .fd = nl->fd, .events = POLLIN };
		const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
		ssize_t got;

		answer->error = patience ? -1 : ENOBUFS;
		if (poll(&ready, 1, patience) <= 0)
			return;
		got = recv(nl->fd, buffer, sizeof(buffer), 0);
		if (got < 0 && errno == ENOBUFS) {
			/* Something was lost, and what was not is here already. */
			patience = 0;
			continue;
		}
		if (got < 0) {
			answer->error = errno;
			return;
		}
		for (int left = (int)got; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			if (header->nlmsg_seq != nl->seq)
				continue;
			if (header->nlmsg_type == NLMSG_ERROR) {
				read_error(header, answer);
				return;
			}
			if (header->nlmsg_type == NLMSG_DONE) {
				read_done(header, answer);
				return;
			}
			keep(header, answer);
		}
	}
}

void nlraw_ask(struct nlraw *nl, struct nlmsg *msg, struct nlanswer *answer)
{
	struct nlmsghdr *header = (struct nlmsghdr *)msg->data;

	answer->error = 0;
	answer->text[0] = '\0';
	answer->messages = 0;
	answer->len = 0;
	header->nlmsg_len = (uint32_t)msg->len;
	header->nlmsg_seq = ++nl->seq;
	if (!(header->nlmsg_flags & NLM_F_DUMP))
		header->nlmsg_flags |= NLM_F_ACK;
	if (send(nl->fd, msg->data, msg->len, 0) < 0) {
		answer->error = errno;
		return;
	}
	read_answer(nl, answer);
}

static void read_groups(struct nlraw *nl, const uint8_t *at, const uint8_t *end)
{
	const struct nlattr *entry, *attr;

	while ((entry = next_attr(&at, end))) {
		const uint8_t *in = (const uint8_t *)(entry + 1);
		const uint8_t *stop = (const uint8_t *)entry + entry->nla_len;

		while ((attr = next_attr(&in, stop)))
			if ((attr->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_MCAST_GRP_ID)
				memcpy(&nl->group, attr + 1, sizeof(nl->group));
	}
}

int nlraw_resolve(struct nlraw *nl, const char *name)
{
	static struct nlanswer answer;
	static struct nlmsg msg;
	const struct nlattr *attr;
	const uint8_t *at, *end;

	nlmsg_begin(&msg, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	nlmsg_attr(&msg, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	nlraw_ask(nl, &msg, &answer);
	if (answer.error)
		return answer.error < 0 ? ETIMEDOUT : answer.error;
	at = answer.data + GENL_HDRLEN;
	end = answer.data + answer.len;
	while ((attr = next_attr(&at, end))) {
		if ((attr->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_FAMILY_ID)
			memcpy(&nl->family, attr + 1, sizeof(nl->family));
		else if ((attr->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_MCAST_GROUPS)
			read_groups(nl, (const uint8_t *)(attr + 1),
				    (const uint8_t *)attr + attr->nla_len);
	}
	return nl->family ? 0 : ENOENT;
}
