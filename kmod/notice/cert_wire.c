// SPDX-License-Identifier: GPL-2.0
/* Fills in and inspects the fields of a death certificate. Pure: no locks, no I/O. */
#include "cert_wire.h"

/**
 * knell_cert_fill() - all fields but the MAC, which becomes zero
 * @cert: written
 * @cluster: cluster id
 * @node: who will have died
 * @epoch: epoch that ends
 * @reason: cause of death, below KNELL_CERT_REASONS
 */
void knell_cert_fill(struct knell_wire_cert *cert, u32 cluster, u16 node, u32 epoch,
		     enum knell_reason reason)
{
	memset(cert, 0, sizeof(*cert));
	cert->magic = cpu_to_be32(KNELL_CERT_MAGIC);
	cert->version = KNELL_WIRE_VERSION;
	cert->reason = reason;
	cert->node = cpu_to_be16(node);
	cert->cluster = cpu_to_be32(cluster);
	cert->epoch = cpu_to_be32(epoch);
}

/**
 * knell_cert_inspect() - everything that can be judged without the key
 * @data: a datagram, of any alignment
 * @len: its length
 * @cluster: own cluster id
 *
 * The cheap tests come first, so that a flood of rubbish costs no HMAC.
 *
 * Return: KNELL_CERT_OK if the MAC is worth computing.
 */
enum knell_cert_fault knell_cert_inspect(const void *data, size_t len, u32 cluster)
{
	struct knell_wire_cert cert;
	u16 node;

	if (len != sizeof(cert))
		return KNELL_CERT_MALFORMED;
	memcpy(&cert, data, sizeof(cert));
	if (cert.magic != cpu_to_be32(KNELL_CERT_MAGIC) || cert.version != KNELL_WIRE_VERSION)
		return KNELL_CERT_MALFORMED;
	if (cert.reason == KNELL_REASON_NONE || cert.reason >= KNELL_CERT_REASONS)
		return KNELL_CERT_MALFORMED;
	node = be16_to_cpu(cert.node);
	if (node == KNELL_NODE_NONE || node > KNELL_NODE_MAX || !cert.epoch)
		return KNELL_CERT_MALFORMED;
	if (cert.cluster != cpu_to_be32(cluster))
		return KNELL_CERT_CLUSTER;
	return KNELL_CERT_OK;
}
