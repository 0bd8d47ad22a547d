// SPDX-License-Identifier: GPL-2.0
/*
 * The cluster's key out of a CLUSTER_SET: the octets themselves, or better the
 * description of a logon key in the caller's keyrings, which no user space can
 * read back and which travels in no message.
 *
 * Context and locking: process context of who sent the request, may sleep.
 */
#include <linux/err.h>
#include <linux/key.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <keys/user-type.h>

#include "netlink/netlink.h"

#if IS_ENABLED(CONFIG_KEYS)

/* Which of the reasons it is depends on what other keyrings the caller has. */
static int no_key(int error, struct nlattr *attr, struct netlink_ext_ack *extack)
{
	knell_error_attr(extack, attr,
			 "no usable logon key of this description is in the caller's keyrings: missing, revoked, expired or not to be searched for");
	return error;
}

static int copy_payload(u8 *octets, const struct key *key, struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	const struct user_key_payload *payload = user_key_payload_locked(key);

	if (!payload)
		return no_key(-EKEYREVOKED, attr, extack);
	if (payload->datalen != KNELL_KEY_LEN) {
		knell_error_attr(extack, attr, "the key has not 32 octets");
		return -EINVAL;
	}
	memcpy(octets, payload->data, KNELL_KEY_LEN);
	return 0;
}

static int from_keyring(u8 *octets, struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *description = nla_data(attr);
	struct key *key;
	int ret;

	/* Else a logon key of somebody else's, of a disk for example, could be made to sign. */
	if (!strstarts(description, KNELL_KEY_PREFIX)) {
		knell_error_attr(extack, attr, "the description of a key for this begins with knell:");
		return -EINVAL;
	}
	/* Waits for nothing, and asks nobody in user space to make one. */
	rcu_read_lock();
	key = request_key_rcu(&key_type_logon, description, NULL);
	rcu_read_unlock();
	if (IS_ERR(key))
		return no_key(PTR_ERR(key), attr, extack);
	down_read(&key->sem);
	ret = copy_payload(octets, key, attr, extack);
	up_read(&key->sem);
	key_put(key);
	return ret;
}

#else

static int from_keyring(u8 *octets, struct nlattr *attr, struct netlink_ext_ack *extack)
{
	knell_error_attr(extack, attr, "this kernel has no keyrings: give the key itself");
	return -EOPNOTSUPP;
}

#endif

int knell_nl_parse_key(u8 *octets, struct nlattr *nest, struct nlattr **tb,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *key = tb[KNELL_A_CLUSTER_KEY], *name = tb[KNELL_A_CLUSTER_KEY_NAME];
	int ret;

	if (!name && !knell_need(extack, nest, tb, KNELL_A_CLUSTER_KEY, "the cluster's key"))
		return -EINVAL;
	if (name && key) {
		knell_error_attr(extack, name, "the key itself and the name of one: give one of them");
		return -EINVAL;
	}
	if (name) {
		ret = from_keyring(octets, name, extack);
		if (ret)
			return ret;
	} else {
		memcpy(octets, nla_data(key), KNELL_KEY_LEN);
	}
	if (!memchr_inv(octets, 0, KNELL_KEY_LEN)) {
		knell_error_attr(extack, name ?: key,
				 "the key is all zero: everybody could sign with it; make a secret");
		return -EINVAL;
	}
	return 0;
}
