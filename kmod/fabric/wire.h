/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames and what they carry: between octets and host order. Pure.
 *
 * A decoder never reads past the length it is given and refuses everything it
 * does not fully understand, so that nobody behind it needs to check again.
 */
#ifndef KNELL_FABRIC_WIRE_H
#define KNELL_FABRIC_WIRE_H

#include "membership/record.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KNELL_FRAME_HDR_LEN	sizeof(struct knell_frame_hdr)
#define KNELL_FRAME_MAX		(KNELL_FRAME_HDR_LEN + KNELL_FRAME_PAYLOAD_MAX)
/* How many records of either sort fit into one frame. */
#define KNELL_RECORDS_MAX	(KNELL_FRAME_PAYLOAD_MAX / sizeof(struct knell_wire_node))

/**
 * struct knell_frame_info - struct knell_frame_hdr in host order
 */
struct knell_frame_info {
	u8 kind;
	u8 hops;
	u32 cluster;
	u16 origin;
	u16 dest;
	u32 epoch;
	u32 seq;
	u16 length;
};

/**
 * struct knell_hello - struct knell_wire_hello in host order
 */
struct knell_hello {
	u16 node;
	u8 role;
	u32 epoch;
	u32 incarnation;
	u32 peer_incarnation;
	u32 peer_seq;
};

/**
 * struct knell_claim - struct knell_wire_claim in host order
 */
struct knell_claim {
	u16 app;
	u16 claimant;
	u32 claimant_epoch;
	u32 version;
};

/**
 * struct knell_order_info - struct knell_wire_order in host order
 */
struct knell_order_info {
	u16 order;
	u16 app;
	u16 arg;
};

/**
 * struct knell_probe - struct knell_wire_probe in host order
 */
struct knell_probe {
	u64 cookie;
	u64 stamp_ns;
};

/*
 * Encoders write exactly the size of the wire structure to @buf, which the
 * caller provides.
 */
void knell_wire_put_header(void *buf, const struct knell_frame_info *info);
void knell_wire_put_node(void *buf, const struct knell_node_rec *rec);
void knell_wire_put_app(void *buf, const struct knell_app_rec *rec);
void knell_wire_put_hello(void *buf, const struct knell_hello *hello);
void knell_wire_put_claim(void *buf, const struct knell_claim *claim);
void knell_wire_put_order(void *buf, const struct knell_order_info *order);
void knell_wire_put_probe(void *buf, const struct knell_probe *probe);

/**
 * knell_wire_get_header() - decode and check the start of a frame
 * @buf: the frame, without hop header
 * @len: its length, header and payload
 * @info: filled on success
 *
 * Return: 0; -EBADMSG if it is malformed; -EPROTONOSUPPORT for another version.
 * A kind that is not known is no error: the caller ignores and counts it.
 */
int knell_wire_get_header(const void *buf, size_t len, struct knell_frame_info *info);

/* Is this a kind this version handles? */
bool knell_wire_kind_known(u8 kind);

/**
 * knell_wire_records() - how many records a NODE or APP frame carries
 * @length: octets of payload
 *
 * Return: 1 or more; -EBADMSG if the length is not that of whole records.
 */
int knell_wire_records(u16 length);

/**
 * knell_wire_get_node() - decode one record of the payload of a NODE frame
 * @payload: after the frame header
 * @length: octets of payload
 * @index: from 0
 * @rec: filled on success
 *
 * Return: 0 or -EBADMSG.
 */
int knell_wire_get_node(const void *payload, size_t length, unsigned int index,
			struct knell_node_rec *rec);

/**
 * knell_wire_get_app() - decode one record of the payload of an APP frame
 * @payload: after the frame header
 * @length: octets of payload
 * @index: from 0
 * @rec: filled on success
 *
 * Return: 0 or -EBADMSG.
 */
int knell_wire_get_app(const void *payload, size_t length, unsigned int index,
		       struct knell_app_rec *rec);

/* For netlink too: a restored record is as untrusted as a received one. 0 or -EBADMSG. */
int knell_wire_check_node(const struct knell_node_rec *rec);
int knell_wire_check_app(const struct knell_app_rec *rec);

/* The rest: @length must be exactly that of the wire structure. 0 or -EBADMSG. */
int knell_wire_get_hello(const void *payload, size_t length, struct knell_hello *hello);
int knell_wire_get_claim(const void *payload, size_t length, struct knell_claim *claim);
int knell_wire_get_order(const void *payload, size_t length, struct knell_order_info *order);
int knell_wire_get_probe(const void *payload, size_t length, struct knell_probe *probe);

#ifdef __cplusplus
}
#endif

#endif /* KNELL_FABRIC_WIRE_H */
