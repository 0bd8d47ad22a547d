// SPDX-License-Identifier: GPL-2.0
/*
 * Random requests to the live netlink family knell: every one is answered, the kernel says
 * nothing (the runner looks at its console), and the family works as before afterwards.
 *
 * Usage: netlink_fuzz [MESSAGES [SEED]]; a seed gives the same requests again. Needs knell.ko
 * without a cluster, and root. No request may make the node harmless for real: on_down stays
 * "none" whatever else is random.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/genetlink.h>
#include <linux/knell.h>
#include <linux/knell_wire.h>

#include "ktap.h"
#include "requests.h"

#define WORKERS		2

/**
 * struct tally - of one worker, in shared memory
 * @asked: requests sent
 * @accepted: of them
 * @unanswered: of them
 * @spent: ns until the answers, by command
 * @answers: by command
 */
struct tally {
	unsigned int asked, accepted, unanswered;
	uint64_t spent[256];
	unsigned int answers[256];
};

static struct nlraw nl;
static struct nlmsg msg;
static struct nlanswer answer;
static uint64_t state;

static uint32_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

static uint32_t below(uint32_t n)
{
	return n ? any() % n : 0;
}

/* A length or number: mostly near a border. */
static uint64_t number(void)
{
	static const uint64_t borders[] = { 0, 1, 2, 4, 7, 8, 15, 31, 63, 127, 255, 256, 1023, 1024, 32767,
					    65535, 600000, 0x7fffffff, 0xffffffff, ~0ULL };

	return borders[below(sizeof(borders) / sizeof(borders[0]))] + below(3) - 1;
}

/* The whole attribute ON_DOWN in the cluster's nest; every mutation leaves it alone. */
static bool is_guarded(const struct request *request, int part, int field)
{
	return request->cmd == KNELL_CMD_CLUSTER_SET && part == 0 &&
	       (field < 0 || request->parts[0].fields[field].type == KNELL_A_CLUSTER_ON_DOWN);
}

/* Leaving waits KNELL_DRAIN_MS for somebody to take the notice, and here is nobody: else a run would do little but wait. */
static bool too_often(uint8_t command)
{
	return command == KNELL_CMD_CLUSTER_DEL && below(16);
}

static const struct request *draw(void)
{
	const struct request *request;

	do {
		request = &requests[below(n_requests)];
	} while (too_often(request->cmd));
	return request;
}

static void random_request(void)
{
	const struct request *request = draw();
	struct mutation m = { .spoil = NOTHING, .part = -1, .field = -1 };

	switch (below(4)) {
	case 0:
		break;
	case 1:
		m.spoil = VALUE;
		m.value = below(2) ? below(8) : number();
		break;
	default:
		m.spoil = below(RESERVED + 1);
		m.value = below(2) ? below(16) : number();
		if (m.spoil == LENGTH || m.spoil == TRAILING)
			m.value %= m.spoil == LENGTH ? 4096 : 8;
		break;
	}
	if (request->n_parts && below(8)) {
		m.part = (int)below(request->n_parts);
		if (below(4))
			m.field = (int)below(request->parts[m.part].n_fields);
	}
	if (is_guarded(request, m.part, m.field))
		m = (struct mutation){ .spoil = NOTHING, .part = -1, .field = -1 };
	if (m.field >= 0 && request->parts[m.part].fields[m.field].kind != TEXT &&
	    (m.spoil == OVERLONG || m.spoil == UNTERMINATED))
		m.spoil = VALUE;
	request_build(&msg, nl.family, request, &m);
}

/* Where the attribute ON_DOWN of a CLUSTER_SET stands, as the builder makes it; 0 = nowhere. */
static size_t find_on_down(void)
{
	const struct nlattr wanted = { .nla_len = NLA_HDRLEN + 1, .nla_type = KNELL_A_CLUSTER_ON_DOWN };

	for (size_t i = NLMSG_HDRLEN + GENL_HDRLEN; i + 8 <= msg.len; i += 4)
		if (!memcmp(msg.data + i, &wanted, sizeof(wanted)))
			return i;
	return 0;
}

/* Turn over some octets behind the headers. */
static void scramble(void)
{
	const size_t start = NLMSG_HDRLEN + GENL_HDRLEN;
	const size_t guarded = find_on_down();
	uint8_t kept[8];

	if (msg.len <= start)
		return;
	memcpy(kept, msg.data + guarded, sizeof(kept));
	for (unsigned int i = below(6); i; i--)
		msg.data[start + below((uint32_t)(msg.len - start))] ^= (uint8_t)(1U << below(8));
	if (guarded)
		memcpy(msg.data + guarded, kept, sizeof(kept));
	if (!below(8))
		msg.len = start + below((uint32_t)(msg.len - start));
}

/* Nothing but random attributes; never for CLUSTER_SET. */
static void nonsense(void)
{
	uint8_t command = (uint8_t)below(KNELL_CMD_MAX + 3);
	uint8_t data[256];

	if (command == KNELL_CMD_CLUSTER_SET || too_often(command))
		command = KNELL_CMD_MIB_SET;
	nlmsg_begin(&msg, nl.family, below(4) ? 0 : NLM_F_DUMP, command);
	for (unsigned int i = below(4); i; i--) {
		size_t len = below(sizeof(data));

		for (size_t j = 0; j < len; j++)
			data[j] = (uint8_t)any();
		nlmsg_attr(&msg, (uint16_t)(below(KNELL_A_MAX + 2) | (below(2) ? NLA_F_NESTED : 0)), data, len);
	}
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void work(struct tally *tally, unsigned int messages)
{
	uint64_t begin;

	if (nlraw_open(&nl) || nlraw_resolve(&nl, KNELL_FAMILY_NAME))
		return;
	for (unsigned int i = 0; i < messages; i++) {
		if (below(8)) {
			random_request();
			if (!below(3))
				scramble();
		} else {
			nonsense();
		}
		begin = now();
		nlraw_ask(&nl, &msg, &answer);
		tally->spent[msg.data[NLMSG_HDRLEN]] += now() - begin;
		tally->answers[msg.data[NLMSG_HDRLEN]]++;
		tally->asked++;
		tally->accepted += !answer.error;
		tally->unanswered += answer.error < 0;
	}
}

/* What takes the time: everything above a millisecond each. */
static void note_slow_commands(const struct tally *tally)
{
	for (unsigned int i = 0; i < n_requests; i++) {
		const struct request *request = &requests[i];
		const unsigned int answers = tally->answers[request->cmd];
		const uint64_t spent = tally->spent[request->cmd] / 1000000;

		if (spent > answers)
			ktap_note("%s: %u in %llu ms", request->name, answers, (unsigned long long)spent);
	}
}

/* Reads all events until it is killed; slowly, so that some get lost. */
static void listen_to_events(void)
{
	static uint8_t buffer[NLRAW_MAX];
	int small = 4096;

	if (nlraw_open(&nl) || nlraw_resolve(&nl, KNELL_FAMILY_NAME))
		_exit(1);
	setsockopt(nl.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	setsockopt(nl.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl.group, sizeof(nl.group));
	for (;;) {
		struct pollfd ready = { .fd = nl.fd, .events = POLLIN };

		poll(&ready, 1, -1);
		recv(nl.fd, buffer, sizeof(buffer), 0);
	}
}

static int ask(uint8_t cmd)
{
	const struct mutation flawless = { .spoil = NOTHING, .part = -1, .field = -1 };

	request_build(&msg, nl.family, request_of(cmd), &flawless);
	nlraw_ask(&nl, &msg, &answer);
	return answer.error;
}

/* What random grants and restored records made this node serve. */
static void release_applications(void)
{
	const uint8_t orphan = KNELL_APP_ORPHAN;
	unsigned int released = 0;

	for (uint16_t id = 1; id <= KNELL_APP_MAX; id++) {
		size_t nest;

		nlmsg_begin(&msg, nl.family, 0, KNELL_CMD_APP_REPORT);
		nest = nlmsg_nest(&msg, KNELL_A_APP | NLA_F_NESTED);
		nlmsg_attr(&msg, KNELL_A_APP_ID, &id, sizeof(id));
		nlmsg_attr(&msg, KNELL_A_APP_STATE, &orphan, sizeof(orphan));
		nlmsg_nest_end(&msg, nest);
		nlraw_ask(&nl, &msg, &answer);
		released += !answer.error;
	}
	ktap_note("%u applications released", released);
}

/* Out of whatever state the node is in now. */
static bool leave(void)
{
	ask(KNELL_CMD_RELEASED);
	release_applications();
	return !ask(KNELL_CMD_CLUSTER_DEL) || answer.error == ENOENT;
}

int main(int argc, char **argv)
{
	const unsigned int messages = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 20000;
	const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
	pid_t workers[WORKERS], listener;
	struct tally *tallies;

	ktap_start();
	ktap_note("%u messages, seed %llu", messages, (unsigned long long)seed);
	tallies = mmap(NULL, sizeof(*tallies) * WORKERS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tallies == MAP_FAILED) {
		ktap_test(false, "no memory");
		return ktap_end();
	}
	fflush(stdout);
	listener = fork();
	if (!listener)
		listen_to_events();
	for (unsigned int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		if (workers[i])
			continue;
		state = (seed + i) * 0x9e3779b97f4a7c15ULL | 1;
		work(&tallies[i], messages / WORKERS);
		_exit(0);
	}
	for (unsigned int i = 0; i < WORKERS; i++) {
		int status = -1;

		waitpid(workers[i], &status, 0);
		ktap_test(!status && tallies[i].asked == messages / WORKERS && !tallies[i].unanswered,
			  "worker %u: %u requests, %u accepted, %u without answer", i, tallies[i].asked,
			  tallies[i].accepted, tallies[i].unanswered);
		ktap_test(tallies[i].accepted > tallies[i].asked / 100, "worker %u: some were right", i);
		note_slow_commands(&tallies[i]);
	}
	ktap_test(!waitpid(listener, NULL, WNOHANG), "the listener still listens");
	kill(listener, SIGKILL);
	waitpid(listener, NULL, 0);

	if (nlraw_open(&nl) || nlraw_resolve(&nl, KNELL_FAMILY_NAME)) {
		ktap_test(false, "the family is gone");
		return ktap_end();
	}
	ktap_test(leave(), "the node can leave: %s", answer.text);
	ktap_test(!ask(KNELL_CMD_CLUSTER_SET), "and join: %s", answer.text);
	ktap_test(!ask(KNELL_CMD_STATUS_SET), "and become standby: %s", answer.text);
	ktap_test(!ask(KNELL_CMD_CLUSTER_DEL), "and leave again: %s", answer.text);
	return ktap_end();
}
