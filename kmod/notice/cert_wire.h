/* SPDX-License-Identifier: GPL-2.0 */
/* The fields of a death certificate; the HMAC is left to cert.c. Pure. */
#ifndef KNELL_NOTICE_CERT_WIRE_H
#define KNELL_NOTICE_CERT_WIRE_H

#include "pure.h"
#include <linux/knell_wire.h>

/* Causes a certificate is signed for in advance: all of them. */
#define KNELL_CERT_REASONS	(KNELL_REASON_TEST + 1)

/**
 * enum knell_cert_fault - what is wrong with a received certificate
 */
enum knell_cert_fault {
	KNELL_CERT_OK,
	KNELL_CERT_MALFORMED,
	KNELL_CERT_CLUSTER,
};

/* Octets the MAC covers: all before it. */
#define KNELL_CERT_SIGNED_LEN	(sizeof(struct knell_wire_cert) - KNELL_CERT_MAC_LEN)

void knell_cert_fill(struct knell_wire_cert *cert, u32 cluster, u16 node, u32 epoch,
		     enum knell_reason reason);
enum knell_cert_fault knell_cert_inspect(const void *data, size_t len, u32 cluster);

#endif /* KNELL_NOTICE_CERT_WIRE_H */
