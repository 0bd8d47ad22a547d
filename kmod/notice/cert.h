/* SPDX-License-Identifier: GPL-2.0 */
/* Death certificates: signed in advance, sent while dying, verified by others. */
#ifndef KNELL_NOTICE_CERT_H
#define KNELL_NOTICE_CERT_H

#include <linux/types.h>

#include "cert_wire.h"
#include "path.h"

struct crypto_shash;
struct knell_gasp_config;
struct knell_gasp_target;
struct sk_buff;

/**
 * struct knell_cert_shot - one prebuilt datagram
 * @path: way to the receiver
 * @skb: the frame; taken (NULL) once it was handed to the driver
 * @node: the receiver
 */
struct knell_cert_shot {
	struct knell_path path;
	struct sk_buff *skb;
	u16 node;
};

struct crypto_shash *knell_cert_key(const u8 *key);
int knell_cert_mac(struct crypto_shash *key, const void *data, size_t len, u8 *mac);
int knell_cert_sign(struct crypto_shash *key, const struct knell_gasp_config *config,
		    struct knell_wire_cert certs[KNELL_CERT_REASONS]);

int knell_cert_prepare(struct knell_cert_shot *shot, const struct knell_gasp_target *target);
void knell_cert_release(struct knell_cert_shot *shot);
bool knell_cert_aim(struct knell_cert_shot *shot, const struct knell_wire_cert *cert);

#endif /* KNELL_NOTICE_CERT_H */
