// SPDX-License-Identifier: GPL-2.0
/*
 * The last gasp as a signed UDP datagram.
 *
 * When the node joins, one certificate per cause of death is signed with the
 * cluster's key (HMAC-SHA-256, RFC 2104). Until one is used nobody else has
 * seen it, and it names the boot epoch: it can be neither forged nor used
 * twice. While dying it is copied into a prebuilt frame and the UDP checksum
 * is completed; nothing else is computed.
 *
 * Context and locking: process context, knell_cert_prepare() and
 * knell_cert_release() under RTNL; knell_cert_aim() in any context, NMI
 * included: no allocation, no sleeping, no locks.
 */
#include <crypto/hash.h>
#include <linux/skbuff.h>
#include <linux/udp.h>

#include "cert.h"
#include "lastgasp.h"

/**
 * knell_cert_key() - the cluster's key, ready to sign and verify
 * @key: KNELL_KEY_LEN octets; not referenced afterwards
 *
 * Context: process, may sleep.
 * Return: transform, freed with crypto_free_shash(), or an error pointer.
 */
struct crypto_shash *knell_cert_key(const u8 *key)
{
	struct crypto_shash *tfm = crypto_alloc_shash("hmac(sha256)", 0, 0);
	int err;

	if (IS_ERR(tfm))
		return tfm;
	err = crypto_shash_setkey(tfm, key, KNELL_KEY_LEN);
	if (err) {
		crypto_free_shash(tfm);
		return ERR_PTR(err);
	}
	return tfm;
}

/**
 * knell_cert_mac() - compute a MAC
 * @key: from knell_cert_key()
 * @data: octets to cover
 * @len: how many
 * @mac: KNELL_CERT_MAC_LEN octets, written
 *
 * Context: process.
 * Return: 0 or what the crypto layer says.
 */
int knell_cert_mac(struct crypto_shash *key, const void *data, size_t len, u8 *mac)
{
	return crypto_shash_tfm_digest(key, data, len, mac);
}

/**
 * knell_cert_sign() - one certificate per cause of death
 * @key: from knell_cert_key()
 * @config: who we are
 * @certs: written
 *
 * Context: process, may sleep.
 * Return: 0 or what the crypto layer says.
 */
int knell_cert_sign(struct crypto_shash *key, const struct knell_gasp_config *config,
		    struct knell_wire_cert certs[KNELL_CERT_REASONS])
{
	unsigned int reason;
	int err;

	for (reason = 0; reason < KNELL_CERT_REASONS; reason++) {
		knell_cert_fill(&certs[reason], config->cluster, config->self, config->epoch,
				reason);
		err = knell_cert_mac(key, &certs[reason], KNELL_CERT_SIGNED_LEN,
				     certs[reason].mac);
		if (err)
			return err;
	}
	return 0;
}

/**
 * knell_cert_prepare() - build the frame for a receiver
 * @shot: filled
 * @target: receiver
 *
 * Context: process, RTNL held.
 * Return: 0; -EAGAIN the MAC of the next hop is not known yet (@shot is to be
 * released all the same); -EHOSTUNREACH etc. there is no way; -ENOMEM.
 */
int knell_cert_prepare(struct knell_cert_shot *shot, const struct knell_gasp_target *target)
{
	struct udphdr *uh;
	int err;

	memset(shot, 0, sizeof(*shot));
	shot->node = target->node;
	err = knell_path_resolve(&shot->path, target->family, target->addr, NULL);
	if (err)
		return err;
	if (!knell_path_ready(&shot->path))
		return -EAGAIN;
	shot->skb = knell_path_skb(&shot->path, IPPROTO_UDP,
				   sizeof(*uh) + sizeof(struct knell_wire_cert));
	if (!shot->skb)
		return -ENOMEM;
	uh = udp_hdr(shot->skb);
	uh->source = htons(KNELL_CERT_PORT);
	uh->dest = htons(KNELL_CERT_PORT);
	uh->len = htons(sizeof(*uh) + sizeof(struct knell_wire_cert));
	return 0;
}

/**
 * knell_cert_release() - give everything back
 * @shot: prepared, also unsuccessfully, or zero
 *
 * Context: process, RTNL held; no dying CPU may see @shot any more.
 */
void knell_cert_release(struct knell_cert_shot *shot)
{
	kfree_skb(shot->skb);
	shot->skb = NULL;
	knell_path_release(&shot->path);
}

/**
 * knell_cert_aim() - put the certificate of this cause into the frame
 * @shot: prepared
 * @cert: signed in advance
 *
 * Context: any, NMI included; dying.
 * Return: true if @shot->skb may be transmitted.
 */
bool knell_cert_aim(struct knell_cert_shot *shot, const struct knell_wire_cert *cert)
{
	if (!shot->skb)
		return false;
	memcpy(udp_hdr(shot->skb) + 1, cert, sizeof(*cert));
	knell_path_checksum(&shot->path, shot->skb, IPPROTO_UDP, &udp_hdr(shot->skb)->check);
	return true;
}
