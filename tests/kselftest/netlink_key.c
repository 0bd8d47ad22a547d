// SPDX-License-Identifier: GPL-2.0
/*
 * The cluster's key by the name of a logon key: what the kernel takes, what it refuses and why.
 *
 * Needs knell.ko without a cluster, and root. On a kernel without keyrings the one thing to see is
 * that it says so.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/knell.h>
#include <linux/knell_wire.h>

#include "ktap.h"
#include "nlraw.h"

#define POSSESSOR_ALL		0x3f000000
#define POSSESSOR_SEARCH	0x08000000

static struct nlraw nl;
static struct nlmsg msg;
static struct nlanswer answer;

static long add_key(const char *type, const char *description, size_t len, int octet)
{
	unsigned char payload[64];

	memset(payload, octet, sizeof(payload));
	return syscall(SYS_add_key, type, description, payload, len, KEY_SPEC_PROCESS_KEYRING);
}

static long keyctl(int operation, long serial, unsigned long argument)
{
	return syscall(SYS_keyctl, operation, serial, argument);
}

static void put_u32(uint16_t type, uint32_t value)
{
	nlmsg_attr(&msg, type, &value, sizeof(value));
}

static void put_u16(uint16_t type, uint16_t value)
{
	nlmsg_attr(&msg, type, &value, sizeof(value));
}

/* A cluster of this node alone, by a key's name and, if @octets is not NULL, by a key as well; the answer's error. */
static int install(const char *name, const unsigned char *octets)
{
	static const uint8_t role = KNELL_ROLE_SERVER, none;
	size_t nest;

	nlmsg_begin(&msg, nl.family, 0, KNELL_CMD_CLUSTER_SET);
	nest = nlmsg_nest(&msg, KNELL_A_CLUSTER | NLA_F_NESTED);
	put_u32(KNELL_A_CLUSTER_ID, 0x4b6e656c);
	nlmsg_attr(&msg, KNELL_A_CLUSTER_NAME, "key", sizeof("key"));
	put_u16(KNELL_A_CLUSTER_SELF, 1);
	put_u32(KNELL_A_CLUSTER_EPOCH, 1);
	put_u32(KNELL_A_CLUSTER_HELPER_TIMEOUT, 0);
	put_u32(KNELL_A_CLUSTER_CPU_TIMEOUT, 0);
	put_u32(KNELL_A_CLUSTER_LINK_GRACE, 0);
	nlmsg_attr(&msg, KNELL_A_CLUSTER_GASP, &none, sizeof(none));
	if (octets)
		nlmsg_attr(&msg, KNELL_A_CLUSTER_KEY, octets, KNELL_KEY_LEN);
	nlmsg_attr(&msg, KNELL_A_CLUSTER_KEY_NAME, name, strlen(name) + 1);
	nlmsg_nest_end(&msg, nest);
	nest = nlmsg_nest(&msg, KNELL_A_NODE | NLA_F_NESTED);
	put_u16(KNELL_A_NODE_ID, 1);
	nlmsg_attr(&msg, KNELL_A_NODE_NAME, "alpha", sizeof("alpha"));
	nlmsg_attr(&msg, KNELL_A_NODE_ROLE, &role, sizeof(role));
	nlmsg_nest_end(&msg, nest);
	nlraw_ask(&nl, &msg, &answer);
	return answer.error;
}

static void refused(const char *what, const char *name, int error, const char *text)
{
	install(name, NULL);
	ktap_test(answer.error == error && strstr(answer.text, text), "%s: %s: %s", what, strerror(answer.error),
		  answer.text);
}

/* The caller has other keyrings beside that of its process, so that none of them has it is the answer. */
static void keys(void)
{
	static const unsigned char octets[KNELL_KEY_LEN] = { 1 };
	char longest[KNELL_KEY_NAME_MAX + 1] = KNELL_KEY_PREFIX;
	long serial;

	refused("no such key", "knell:none", ENOKEY, "no usable logon key");
	add_key("user", "knell:user", 32, 7);
	refused("a key that user space can read", "knell:user", ENOKEY, "no usable logon key");
	add_key("logon", "other:key", 32, 7);
	refused("somebody else's key", "other:key", EINVAL, "begins with knell:");
	add_key("logon", "knell:short", 31, 7);
	refused("a short key", "knell:short", EINVAL, "32 octets");
	add_key("logon", "knell:long", 33, 7);
	refused("a long key", "knell:long", EINVAL, "32 octets");
	add_key("logon", "knell:zero", 32, 0);
	refused("a key that is all zero", "knell:zero", EINVAL, "all zero");
	serial = add_key("logon", "knell:revoked", 32, 7);
	keyctl(KEYCTL_REVOKE, serial, 0);
	refused("a revoked key", "knell:revoked", ENOKEY, "revoked");
	serial = add_key("logon", "knell:hidden", 32, 7);
	keyctl(KEYCTL_SETPERM, serial, POSSESSOR_ALL & ~POSSESSOR_SEARCH);
	refused("a key that may not be searched for", "knell:hidden", ENOKEY, "searched");
	refused("no name", "", EINVAL, "begins with knell:");
	memset(longest + strlen(longest), 'x', sizeof(longest) - 1 - strlen(longest));
	install(longest, NULL);
	ktap_test(answer.error > 0, "a name that is too long: %s: %s", strerror(answer.error), answer.text);

	serial = add_key("logon", "knell:good", 32, 7);
	install("knell:good", octets);
	ktap_test(answer.error == EINVAL && strstr(answer.text, "one of them"), "a key and a name: %s", answer.text);
	ktap_test(serial > 0 && !install("knell:good", NULL), "a good key: %s", answer.text);
	ktap_test(!keyctl(KEYCTL_UNLINK, serial, (unsigned long)KEY_SPEC_PROCESS_KEYRING), "the key is taken away");
	refused("the key that was taken away", "knell:good", ENOKEY, "no usable logon key");
}

int main(void)
{
	int error;

	ktap_start();
	error = nlraw_open(&nl);
	if (!error)
		error = nlraw_resolve(&nl, KNELL_FAMILY_NAME);
	ktap_test(!error, "the family is there");
	if (error)
		return ktap_end();
	if (add_key("logon", "knell:probe", 32, 7) < 0 && errno == ENOSYS) {
		refused("no keyrings", "knell:probe", EOPNOTSUPP, "no keyrings");
		return ktap_end();
	}
	keys();
	nlmsg_begin(&msg, nl.family, 0, KNELL_CMD_CLUSTER_DEL);
	nlraw_ask(&nl, &msg, &answer);
	ktap_test(!answer.error, "the node leaves: %s", answer.text);
	nlraw_close(&nl);
	return ktap_end();
}
