/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's netlink family as a function from a request to an answer. */
#ifndef FUZZ_REQUEST_H
#define FUZZ_REQUEST_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct answer - what became of a request
 * @error: 0 or negative
 * @explained: the error carries a text
 * @reply: generic netlink messages one after the other, to be freed; NULL: none
 * @reply_len: octets of them
 */
struct answer {
	int error;
	int explained;
	unsigned char *reply;
	size_t reply_len;
};

/* Register the family with no cluster installed; once. */
void family_start(void);
/* Hand in a netlink message with its header; @message has exactly @len octets. */
void family_request(const void *message, size_t len, struct answer *answer);
/* Leave whatever cluster is installed, and forget the document. */
void family_reset(void);
/* Abort unless the cluster that is installed, if any, is what its users rely on. */
void family_check(void);

#ifdef __cplusplus
}
#endif

#endif /* FUZZ_REQUEST_H */
