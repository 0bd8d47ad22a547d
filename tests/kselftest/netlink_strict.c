// SPDX-License-Identifier: GPL-2.0
/*
 * Strictness of the netlink family knell, command by command: everything that is not flawless is
 * refused, with a word on what is wrong, and nothing has changed afterwards.
 *
 * Needs knell.ko without a cluster, and root. Changes nothing that outlives it.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/knell.h>
#include <linux/knell_wire.h>

#include "ktap.h"
#include "requests.h"

static struct nlraw nl;
static struct nlmsg msg;
static struct nlanswer answer;
static const struct mutation flawless = { .spoil = NOTHING, .part = -1, .field = -1 };

/* Everything the kernel tells of its cluster. */
struct picture {
	size_t len;
	uint8_t data[1 << 16];
};

static void look(struct picture *picture)
{
	static const uint8_t commands[] = { KNELL_CMD_CLUSTER_GET, KNELL_CMD_NODE_GET, KNELL_CMD_APP_GET,
					    KNELL_CMD_LINK_GET };

	picture->len = 0;
	for (unsigned int i = 0; i < sizeof(commands); i++) {
		request_build(&msg, nl.family, request_of(commands[i]), &flawless);
		nlraw_ask(&nl, &msg, &answer);
		if (answer.error > 0)
			answer.len = 0;
		if (answer.len > sizeof(picture->data) - picture->len)
			answer.len = sizeof(picture->data) - picture->len;
		memcpy(picture->data + picture->len, answer.data, answer.len);
		picture->len += answer.len;
	}
}

static bool same(const struct picture *a, const struct picture *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* A run of spoiled requests; the failures are told one by one. */
struct run {
	unsigned int asked, wrong;
};

static void refused(struct run *run, const struct request *request, const struct mutation *m,
		    const char *what)
{
	request_build(&msg, nl.family, request, m);
	nlraw_ask(&nl, &msg, &answer);
	run->asked++;
	if (answer.error > 0 && answer.error != EPERM && answer.text[0])
		return;
	run->wrong++;
	if (answer.error < 0)
		ktap_note("%s: %s: no answer (part %d, field %d, value %llu)", request->name, what, m->part,
			  m->field, (unsigned long long)m->value);
	else if (!answer.error)
		ktap_note("%s: %s: accepted (part %d, field %d, value %llu)", request->name, what, m->part,
			  m->field, (unsigned long long)m->value);
	else
		ktap_note("%s: %s: \"%s\", text \"%s\" (part %d, field %d, value %llu)", request->name, what,
			  strerror(answer.error), answer.text, m->part, m->field, (unsigned long long)m->value);
}

static void end_run(const struct run *run, const struct request *request, const char *what)
{
	if (run->asked)
		ktap_test(!run->wrong, "%s: %s (%u requests)", request->name, what, run->asked);
}

static void missing(const struct request *request)
{
	struct run run = { 0 };

	for (unsigned int p = 0; p < request->n_parts; p++) {
		const struct part *part = &request->parts[p];
		struct mutation m = { .spoil = OMIT, .part = (int)p, .field = -1 };

		if (part->needed)
			refused(&run, request, &m, "nest missing");
		for (unsigned int f = 0; f < part->n_fields; f++) {
			m.field = (int)f;
			if (part->fields[f].needed)
				refused(&run, request, &m, "attribute missing");
		}
	}
	end_run(&run, request, "what is missing is asked for");
}

static void lengths(const struct request *request)
{
	struct run run = { 0 };

	for (unsigned int p = 0; p < request->n_parts; p++)
		for (unsigned int f = 0; f < request->parts[p].n_fields; f++) {
			const struct field *field = &request->parts[p].fields[f];
			struct mutation m = { .spoil = LENGTH, .part = (int)p, .field = (int)f };

			for (m.value = 0; field->kind <= U64 && m.value <= 12; m.value++)
				if (m.value != (unsigned int)field->kind)
					refused(&run, request, &m, "integer of another size");
			for (unsigned int i = 0; field->kind == OCTETS && i < field->n_bad; i++) {
				m.value = field->bad[i];
				refused(&run, request, &m, "octets of a wrong number");
			}
			if (field->kind != TEXT)
				continue;
			m.value = 0;
			refused(&run, request, &m, "text without octets");
			m.spoil = UNTERMINATED;
			refused(&run, request, &m, "text without end");
			m.spoil = OVERLONG;
			refused(&run, request, &m, "text too long");
		}
	end_run(&run, request, "wrong lengths are refused");
}

static void ranges(const struct request *request)
{
	struct run run = { 0 };

	for (unsigned int p = 0; p < request->n_parts; p++)
		for (unsigned int f = 0; f < request->parts[p].n_fields; f++) {
			const struct field *field = &request->parts[p].fields[f];
			struct mutation m = { .spoil = VALUE, .part = (int)p, .field = (int)f };

			for (unsigned int i = 0; field->kind <= U64 && i < field->n_bad; i++) {
				m.value = field->bad[i];
				refused(&run, request, &m, "value out of range");
			}
		}
	end_run(&run, request, "values out of range are refused");
}

static void types(const struct request *request)
{
	struct run run = { 0 };

	for (unsigned int p = 0; p < request->n_parts; p++) {
		struct mutation m = { .spoil = TYPE_BITS, .part = (int)p, .field = -1,
				      .value = NLA_F_NESTED };

		refused(&run, request, &m, "nest that is not marked as one");
		for (unsigned int f = 0; f < request->parts[p].n_fields; f++) {
			m.field = (int)f;
			refused(&run, request, &m, "plain attribute marked as nest");
		}
	}
	end_run(&run, request, "wrong types are refused");
}

static void unknown(const struct request *request)
{
	static const uint16_t odd[] = { 0, KNELL_A_TIME_NS, KNELL_A_NODE_OLD, KNELL_A_MAX + 1, 0x3fff };
	struct mutation m = { .spoil = EXTRA, .part = -1, .field = -1 };
	struct run run = { 0 };

	for (unsigned int i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		m.value = odd[i];
		refused(&run, request, &m, "attribute nobody knows here");
	}
	for (unsigned int p = 0; p < request->n_parts; p++) {
		const struct part *part = &request->parts[p];
		const uint16_t inside[] = { 0, part->unknown, 0x3fff, part->misplaced };
		const unsigned int n = part->misplaced ? 4 : 3;

		m.part = (int)p;
		for (unsigned int i = 0; i < n; i++) {
			m.value = inside[i];
			refused(&run, request, &m, "attribute nobody knows in this nest");
		}
	}
	end_run(&run, request, "unknown and misplaced attributes are refused");
}

static void garbage(const struct request *request)
{
	struct run run = { 0 };

	for (int p = -1; p < (int)request->n_parts; p++) {
		struct mutation m = { .spoil = TRAILING, .part = p, .field = -1 };

		for (m.value = 1; m.value <= 7; m.value += 2)
			refused(&run, request, &m, "rubbish at the end");
		m.spoil = BROKEN;
		for (m.value = 0; m.value < 4; m.value++)
			refused(&run, request, &m, "attribute shorter than its header");
		m.value = 0xfff0;
		refused(&run, request, &m, "attribute longer than the message");
	}
	end_run(&run, request, "trailing garbage is refused");
}

static void twice(const struct request *request)
{
	struct run run = { 0 };

	for (unsigned int p = 0; p < request->n_parts; p++) {
		const struct part *part = &request->parts[p];
		struct mutation m = { .spoil = TWICE, .part = (int)p, .field = -1 };

		refused(&run, request, &m, "nest twice");
		for (unsigned int f = 0; f < part->n_fields; f++) {
			if (part->type == KNELL_A_NODE && part->fields[f].type == KNELL_A_NODE_ADDRESS)
				continue;
			m.field = (int)f;
			refused(&run, request, &m, "attribute twice");
		}
	}
	end_run(&run, request, "what comes twice is refused");
}

static void headers(const struct request *request)
{
	static const uint16_t flags[] = { NLM_F_CAPPED | NLM_F_ROOT, NLM_F_CREATE, NLM_F_APPEND, 0x40, 0x8000 };
	struct mutation m = { .spoil = FLAGS, .part = -1, .field = -1 };
	struct run run = { 0 };

	for (unsigned int i = 0; !request->dump && i < sizeof(flags) / sizeof(flags[0]); i++) {
		m.value = flags[i];
		refused(&run, request, &m, "flag nobody knows");
	}
	m.value = 0x40;
	if (request->dump)
		refused(&run, request, &m, "flag nobody knows");
	m.spoil = RESERVED;
	refused(&run, request, &m, "reserved field in use");
	end_run(&run, request, "unknown flags are refused");
}

/* Without an extended acknowledgement: the generic netlink core itself says no. */
static void other_form(const struct request *request)
{
	struct request other = *request;

	other.dump = !request->dump;
	other.n_parts = 0;
	request_build(&msg, nl.family, &other, &flawless);
	nlraw_ask(&nl, &msg, &answer);
	ktap_test(answer.error == EOPNOTSUPP, "%s: is no %s", request->name, other.dump ? "dump" : "do");
}

static void strictness(const struct request *request)
{
	static struct picture before, after;

	look(&before);
	if (request->harmless) {
		request_build(&msg, nl.family, request, &flawless);
		nlraw_ask(&nl, &msg, &answer);
		ktap_test(answer.error == request->error && (!answer.error || answer.text[0]),
			  "%s: flawless: %s%s%s", request->name,
			  answer.error < 0 ? "no answer" : strerror(answer.error),
			  answer.text[0] ? ": " : "", answer.text);
	}
	missing(request);
	lengths(request);
	ranges(request);
	types(request);
	unknown(request);
	garbage(request);
	twice(request);
	headers(request);
	other_form(request);
	look(&after);
	ktap_test(after.len && same(&before, &after), "%s: nothing has changed", request->name);
}

/* Without a cluster there is nothing to work on. */
static void no_cluster(void)
{
	static const uint8_t commands[] = {
		KNELL_CMD_CLUSTER_GET, KNELL_CMD_CLUSTER_DEL, KNELL_CMD_STATUS_SET, KNELL_CMD_APP_REPORT,
		KNELL_CMD_APP_RESTORE, KNELL_CMD_ORDER, KNELL_CMD_PROBE, KNELL_CMD_MESSAGE, KNELL_CMD_RELEASED,
	};

	for (unsigned int i = 0; i < sizeof(commands); i++) {
		const struct request *request = request_of(commands[i]);

		request_build(&msg, nl.family, request, &flawless);
		nlraw_ask(&nl, &msg, &answer);
		ktap_test(answer.error > 0 && answer.text[0], "%s without a cluster: %s: %s", request->name,
			  answer.error < 0 ? "no answer" : strerror(answer.error), answer.text);
	}
}

static void unknown_commands(void)
{
	static const uint8_t commands[] = { KNELL_CMD_UNSPEC, KNELL_CMD_CONFLICT, KNELL_CMD_MAX + 1,
					    255 };

	for (unsigned int i = 0; i < sizeof(commands); i++) {
		nlmsg_begin(&msg, nl.family, 0, commands[i]);
		nlraw_ask(&nl, &msg, &answer);
		ktap_test(answer.error == EOPNOTSUPP, "command %u does not exist", commands[i]);
	}
}

/* All commands and the events, as somebody who may not; returns what went wrong. */
static int as_nobody(bool in_user_namespace)
{
	int wrong = 0;

	if (setgid(65534) || setuid(65534)) {
		ktap_note("cannot become nobody: %s", strerror(errno));
		return 1;
	}
	if (in_user_namespace && unshare(CLONE_NEWUSER)) {
		ktap_note("no user namespaces for nobody here: %s", strerror(errno));
		return 0;
	}
	if (nlraw_open(&nl) || nlraw_resolve(&nl, KNELL_FAMILY_NAME)) {
		ktap_note("cannot find the family as nobody");
		return 1;
	}
	for (unsigned int i = 0; i < n_requests; i++) {
		request_build(&msg, nl.family, &requests[i], &flawless);
		nlraw_ask(&nl, &msg, &answer);
		if (answer.error != EPERM || answer.len) {
			ktap_note("%s: %s", requests[i].name,
				  answer.error < 0 ? "no answer" : strerror(answer.error));
			wrong++;
		}
	}
	if (!setsockopt(nl.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl.group, sizeof(nl.group)) ||
	    errno != EPERM) {
		ktap_note("nobody may listen to the events");
		wrong++;
	}
	return wrong;
}

static void unprivileged(bool in_user_namespace)
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(as_nobody(in_user_namespace) ? 1 : 0);
	if (child > 0)
		waitpid(child, &status, 0);
	ktap_test(child > 0 && WIFEXITED(status) && !WEXITSTATUS(status),
		  "without CAP_NET_ADMIN every command is EPERM%s",
		  in_user_namespace ? ", in an own user namespace too" : "");
}

static bool install(void)
{
	request_build(&msg, nl.family, request_of(KNELL_CMD_CLUSTER_SET), &flawless);
	nlraw_ask(&nl, &msg, &answer);
	ktap_test(!answer.error, "the cluster of the test is installed%s%s", answer.text[0] ? ": " : "",
		  answer.text);
	return !answer.error;
}

int main(void)
{
	static struct picture before, after;
	int error;

	ktap_start();
	error = nlraw_open(&nl);
	if (!error)
		error = nlraw_resolve(&nl, KNELL_FAMILY_NAME);
	ktap_test(!error && nl.group, "the family and its group of events are there");
	if (error)
		return ktap_end();

	no_cluster();
	unknown_commands();
	if (!install())
		return ktap_end();
	request_build(&msg, nl.family, request_of(KNELL_CMD_STATUS_SET), &flawless);
	nlraw_ask(&nl, &msg, &answer);
	request_build(&msg, nl.family, request_of(KNELL_CMD_APP_RESTORE), &flawless);
	nlraw_ask(&nl, &msg, &answer);

	look(&before);
	for (unsigned int i = 0; i < n_requests; i++)
		strictness(&requests[i]);
	unprivileged(false);
	unprivileged(true);
	look(&after);
	ktap_test(before.len && same(&before, &after), "after all this nothing has changed");

	request_build(&msg, nl.family, request_of(KNELL_CMD_CLUSTER_DEL), &flawless);
	nlraw_ask(&nl, &msg, &answer);
	ktap_test(!answer.error, "the node leaves: %s", answer.text);
	nlraw_close(&nl);
	return ktap_end();
}
