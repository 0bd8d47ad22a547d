/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw generic netlink for tests: messages are put together octet by octet, right or wrong, and
 * the kernel's answer is taken apart.
 */
#ifndef KNELL_NLRAW_H
#define KNELL_NLRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NLRAW_MAX	65536

/**
 * struct nlraw - a socket
 * @fd: NETLINK_GENERIC
 * @family: number of the family, 0 = not there
 * @group: of the multicast group "events"
 * @seq: of the last request
 */
struct nlraw {
	int fd;
	uint16_t family;
	uint32_t group;
	uint32_t seq;
};

/**
 * struct nlmsg - a message being put together
 * @len: octets in @data, netlink header included
 */
struct nlmsg {
	size_t len;
	uint8_t data[NLRAW_MAX] __attribute__((aligned(4)));
};

/**
 * struct nlanswer - what the kernel said
 * @error: 0 or a positive errno; -1: no answer in time
 * @text: of the extended acknowledgement, or ""
 * @messages: how many data messages came
 * @len: octets in @data
 * @data: all data messages after their netlink headers, one after the other, without time stamps
 */
struct nlanswer {
	int error;
	char text[256];
	unsigned int messages;
	size_t len;
	uint8_t data[1 << 18];
};

/* 0, or an errno. */
int nlraw_open(struct nlraw *nl);
void nlraw_close(struct nlraw *nl);
/* Fills @family and @group; an errno if the family is not there. */
int nlraw_resolve(struct nlraw *nl, const char *name);

/* Start a request; @flags beside NLM_F_REQUEST. */
void nlmsg_begin(struct nlmsg *msg, uint16_t type, uint16_t flags, uint8_t command);
/* Append an attribute with its padding; returns its offset. */
size_t nlmsg_attr(struct nlmsg *msg, uint16_t type, const void *data, size_t len);
/* Begin a nest with that very type field; returns its offset for nlmsg_nest_end(). */
size_t nlmsg_nest(struct nlmsg *msg, uint16_t type);
void nlmsg_nest_end(struct nlmsg *msg, size_t offset);
/* Append octets that are no attribute. */
void nlmsg_raw(struct nlmsg *msg, const void *data, size_t len);

/* Set the length, send, and read the whole answer. */
void nlraw_ask(struct nlraw *nl, struct nlmsg *msg, struct nlanswer *answer);

#endif /* KNELL_NLRAW_H */
