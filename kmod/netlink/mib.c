// SPDX-License-Identifier: GPL-2.0
/*
 * The MIB document as an opaque blob, so that the kernel can hand it to a
 * helper that lost its own copy.
 *
 * A document is built beside the present one, chunk by chunk, and takes its
 * place only when it is complete and its SHA-256 is right: there is always
 * either the old or the new one, never a mixture. It is forgotten when the node
 * leaves the cluster it describes.
 *
 * Context and locking: process context; mib_lock protects everything here.
 */
#include <crypto/sha2.h>
#include <linux/slab.h>

#include "netlink/netlink.h"

/**
 * struct mib - a document
 * @data: NULL: none
 * @total: octets of the document
 * @have: octets that have come so far
 * @generation: of the MIB
 * @sha256: of the whole document
 */
struct mib {
	u8 *data;
	u32 total;
	u32 have;
	u32 generation;
	u8 sha256[SHA256_DIGEST_SIZE];
};

static DEFINE_MUTEX(mib_lock);
static struct mib present, coming;

static void drop(struct mib *mib)
{
	kvfree(mib->data);
	memset(mib, 0, sizeof(*mib));
}

static int begin(u32 generation, u32 total, const u8 *sha256, struct netlink_ext_ack *extack)
{
	drop(&coming);
	coming.data = kvmalloc(total, GFP_KERNEL);
	if (!coming.data) {
		knell_error(extack, "no memory for the document");
		return -ENOMEM;
	}
	coming.total = total;
	coming.generation = generation;
	memcpy(coming.sha256, sha256, sizeof(coming.sha256));
	return 0;
}

static int finish(struct netlink_ext_ack *extack)
{
	u8 sha[SHA256_DIGEST_SIZE];

	sha256(coming.data, coming.total, sha);
	if (memcmp(sha, coming.sha256, sizeof(sha))) {
		drop(&coming);
		knell_error(extack, "the document's SHA-256 is not the one announced: nothing changed, send it again");
		return -EBADMSG;
	}
	drop(&present);
	present = coming;
	memset(&coming, 0, sizeof(coming));
	return 0;
}

static int add_chunk(struct nlattr *const tb[], struct netlink_ext_ack *extack)
{
	u32 offset = nla_get_u32(tb[KNELL_A_MIB_OFFSET]);
	u32 total = nla_get_u32(tb[KNELL_A_MIB_TOTAL]);
	u32 generation = nla_get_u32(tb[KNELL_A_MIB_GENERATION]);
	const struct nlattr *chunk = tb[KNELL_A_MIB_CHUNK];
	int ret;

	if (!offset) {
		ret = begin(generation, total, nla_data(tb[KNELL_A_MIB_SHA256]), extack);
		if (ret)
			return ret;
	} else if (!coming.data || offset != coming.have || total != coming.total ||
		   generation != coming.generation ||
		   memcmp(nla_data(tb[KNELL_A_MIB_SHA256]), coming.sha256,
			  sizeof(coming.sha256))) {
		knell_error(extack, "the chunk does not continue the document: start again at offset 0");
		return -EPROTO;
	}
	if (!nla_len(chunk) || nla_len(chunk) > coming.total - coming.have) {
		knell_error_attr(extack, chunk, "the chunk is empty or longer than the rest of the document");
		return -EINVAL;
	}
	memcpy(coming.data + coming.have, nla_data(chunk), nla_len(chunk));
	coming.have += nla_len(chunk);
	return coming.have == coming.total ? finish(extack) : 0;
}

int knell_nl_mib_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_MIB_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_MIB];
	int ret;

	if (!knell_need(info->extack, NULL, info->attrs, KNELL_A_MIB, "the document"))
		return -EINVAL;
	ret = knell_nl_parse(tb, KNELL_A_MIB_MAX, nest, knell_mib_set_policy, info);
	if (ret)
		return ret;
	if (!knell_need(info->extack, nest, tb, KNELL_A_MIB_GENERATION, "the generation") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_MIB_TOTAL, "the document's size") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_MIB_OFFSET, "the chunk's offset") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_MIB_CHUNK, "the chunk") ||
	    !knell_need(info->extack, nest, tb, KNELL_A_MIB_SHA256, "the document's SHA-256"))
		return -EINVAL;
	mutex_lock(&mib_lock);
	ret = add_chunk(tb, info->extack);
	mutex_unlock(&mib_lock);
	return ret;
}

static int put_chunk(struct sk_buff *skb, u32 offset)
{
	u32 length = min_t(u32, present.total - offset, KNELL_MIB_CHUNK_MAX);
	struct nlattr *nest = nla_nest_start(skb, KNELL_A_MIB);

	if (!nest ||
	    nla_put_u32(skb, KNELL_A_MIB_GENERATION, present.generation) ||
	    nla_put_u32(skb, KNELL_A_MIB_TOTAL, present.total) ||
	    nla_put_u32(skb, KNELL_A_MIB_OFFSET, offset) ||
	    nla_put(skb, KNELL_A_MIB_CHUNK, length, present.data + offset) ||
	    nla_put(skb, KNELL_A_MIB_SHA256, sizeof(present.sha256), present.sha256))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int knell_nl_mib_get(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KNELL_A_MIB_MAX + 1];
	struct nlattr *nest = info->attrs[KNELL_A_MIB];
	struct knell_nl_msg msg;
	u32 offset = 0;
	int ret;

	if (nest) {
		ret = knell_nl_parse(tb, KNELL_A_MIB_MAX, nest, knell_mib_get_policy, info);
		if (ret)
			return ret;
		if (tb[KNELL_A_MIB_OFFSET])
			offset = nla_get_u32(tb[KNELL_A_MIB_OFFSET]);
	}
	if (!knell_nl_reply_begin(&msg, info, KNELL_CMD_MIB_GET,
				  KNELL_MIB_CHUNK_MAX + NLMSG_DEFAULT_SIZE))
		return -ENOMEM;
	mutex_lock(&mib_lock);
	if (!present.data)
		ret = -ENOENT;
	else if (offset >= present.total)
		ret = -ERANGE;
	else
		ret = put_chunk(msg.skb, offset);
	mutex_unlock(&mib_lock);
	if (ret == -ENOENT || ret == -ERANGE) {
		nlmsg_free(msg.skb);
		if (ret == -ENOENT)
			knell_error(info->extack, "no document is stored");
		else
			knell_error(info->extack, "the offset is behind the document's end");
		return ret;
	}
	return knell_nl_reply_end(&msg, info, ret);
}

void knell_nl_mib_forget(void)
{
	mutex_lock(&mib_lock);
	drop(&present);
	drop(&coming);
	mutex_unlock(&mib_lock);
}
