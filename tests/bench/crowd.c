// SPDX-License-Identifier: GPL-2.0
/*
 * Many nodes in one process: each has an iSCSI session of its own to a mailbox, under its own initiator
 * name, says HELLO, keeps a RECEIVE parked and acknowledges what it is told (Documentation/wire.md).
 *
 * crowd PORTAL TARGET PREFIX CLUSTER FIFO
 *
 * Node N (2 and up) is the initiator PREFIX followed by N. Commands are lines of FIFO, answered by lines
 * on standard output:
 *
 * login COUNT    log in until so many nodes have a session      "login COUNT"
 * join MS        those who have not yet say HELLO and STANDBY;  "join COUNT FRAMES": received so far by all
 *                then wait until nothing arrives for so long
 * die COUNT MS   so many nodes in turn send their last gasp,    "die FIRST MEDIAN LAST" for each: when
 *                each after a silence of MS, and come back      the others were told, ns since it was sent
 *
 * Anything unexpected ends the program with a message.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include "fabric/cdb.h"
#include "fabric/hop.h"
#include "fabric/wire.h"

#define LUN		1
#define FIRST_NODE	2
#define NODES_MAX	1022
/* Logins under way at a time. */
#define LOGINS_MAX	8
#define EVENTS		64

/**
 * struct node - one initiator
 * @iscsi: its session
 * @id: node number
 * @events: what epoll was told
 * @greeted: the router's HELLO has come
 * @waits: its RECEIVE is out
 * @epoch: of the node
 * @incarnation: of the link
 * @tx_seq: last sequenced SEND
 * @rx_seq: last frame, to be acknowledged
 * @heard: when it was told of the present death, ns; 0 = not yet
 * @out: data of the SEND that is out
 * @in: data of the RECEIVE that is out
 */
struct node {
	struct iscsi_context *iscsi;
	u16 id;
	int events;
	bool greeted;
	bool waits;
	u32 epoch;
	u32 incarnation;
	u32 tx_seq;
	u32 rx_seq;
	s64 heard;
	u8 out[256];
	u8 in[KNELL_HOP_MAX];
};

enum task {
	TASK_NONE,
	TASK_LOGIN,
	TASK_JOIN,
	TASK_DIE,
};

static struct {
	const char *portal;
	const char *target;
	const char *prefix;
	u32 cluster;
	int epoll;
	struct node *nodes[NODES_MAX];
	unsigned int begun;
	unsigned int ready;
	unsigned int joined;
	unsigned long frames;
	s64 last_frame;
	enum task task;
	unsigned int wanted;
	s64 patience;
	unsigned int deaths;
	struct node *victim;
	s64 struck;
	unsigned int told;
} crowd;

static _Noreturn void fail(const struct node *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (node)
		fprintf(stderr, ": node %u: %s", node->id, iscsi_get_error(node->iscsi));
	fputc('\n', stderr);
	exit(1);
}

static s64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* What libiscsi waits for changes with every call into it. */
static void watch(struct node *node)
{
	struct epoll_event event = { .data.ptr = node };
	int events = iscsi_which_events(node->iscsi);

	if (events == node->events)
		return;
	event.events = (events & POLLIN ? EPOLLIN : 0) | (events & POLLOUT ? EPOLLOUT : 0);
	if (epoll_ctl(crowd.epoll, node->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		      iscsi_get_fd(node->iscsi), &event))
		fail(node, "epoll: %s", strerror(errno));
	node->events = events;
}

static struct scsi_task *new_task(struct node *node, const struct knell_cdb *cdb)
{
	unsigned char octets[KNELL_CDB_LEN];
	struct scsi_task *task;

	knell_cdb_build(octets, cdb);
	task = scsi_create_task(KNELL_CDB_LEN, octets,
				cdb->opcode == KNELL_OP_SEND ? SCSI_XFER_WRITE : SCSI_XFER_READ,
				cdb->length);
	if (!task)
		fail(node, "no memory for a command");
	return task;
}

/* Frame header and @payload, behind a hop header, as a KNELL SEND. */
static void send_frame(struct node *node, u8 kind, bool sequenced, const void *payload, u16 length,
		       iscsi_command_cb done)
{
	const struct knell_frame_info info = {
		.kind = kind,
		.cluster = crowd.cluster,
		.origin = node->id,
		.dest = KNELL_NODE_ALL,
		.epoch = node->epoch,
		.length = length,
	};
	const size_t size = KNELL_FRAME_HDR_LEN + length;
	const u32 seq = sequenced ? ++node->tx_seq : 0;
	u8 *frame = node->out + sizeof(struct knell_hop_hdr);
	const struct knell_cdb cdb = {
		.opcode = KNELL_OP_SEND,
		.unsequenced = !sequenced,
		.seq = seq,
		.length = sizeof(struct knell_hop_hdr) + size,
	};
	struct iscsi_data data = { .size = cdb.length, .data = node->out };

	knell_wire_put_header(frame, &info);
	memcpy(frame + KNELL_FRAME_HDR_LEN, payload, length);
	knell_hop_seal((struct knell_hop_hdr *)node->out, seq, node->incarnation, frame, size);
	if (iscsi_scsi_command_async(node->iscsi, LUN, new_task(node, &cdb), done, &data, node))
		fail(node, "SEND");
	watch(node);
}

static void say_status(struct node *node, u8 status, bool sequenced, iscsi_command_cb done)
{
	const bool dead = knell_status_terminal(status);
	const struct knell_node_rec rec = {
		.node = node->id,
		.author = node->id,
		.status = status,
		.reason = dead ? KNELL_REASON_PANIC : KNELL_REASON_TEST,
		.role = KNELL_ROLE_SERVER,
		.epoch = node->epoch,
		.seq = dead ? KNELL_SEQ_TERMINAL : 1,
	};
	struct knell_wire_node wire;

	knell_wire_put_node(&wire, &rec);
	send_frame(node, KNELL_FRAME_NODE, sequenced, &wire, sizeof(wire), done);
}

static void check(struct node *node, int status, const struct scsi_task *task, const char *what)
{
	if (status != SCSI_STATUS_GOOD)
		fail(node, "%s: status %d, sense %d/%04x", what, status, task->sense.key, task->sense.ascq);
}

static void joined(struct iscsi_context *iscsi, int status, void *data, void *context)
{
	struct node *node = context;

	check(node, status, data, "first record");
	scsi_free_scsi_task(data);
	crowd.joined++;
}

static void receive(struct node *node);

static void hear(struct node *node, const u8 *payload, u16 length)
{
	const struct node *victim = crowd.victim;
	int i, n = knell_wire_records(length);
	struct knell_node_rec rec;

	for (i = 0; i < n; i++) {
		if (knell_wire_get_node(payload, length, i, &rec))
			fail(node, "a record that cannot be read");
		if (!victim || node == victim || node->heard || rec.node != victim->id ||
		    rec.epoch != victim->epoch || rec.status != KNELL_STATUS_DOWN)
			continue;
		node->heard = now();
		crowd.told++;
	}
}

/* A RECEIVE was answered. */
static void received(struct iscsi_context *iscsi, int status, void *data, void *context)
{
	struct node *node = context;
	struct scsi_task *task = data;
	struct knell_frame_info info;
	struct knell_hop_view view;
	size_t len;

	check(node, status, task, "RECEIVE");
	len = task->residual_status == SCSI_RESIDUAL_UNDERFLOW ? KNELL_HOP_MAX - task->residual :
								 KNELL_HOP_MAX;
	scsi_free_scsi_task(task);
	node->waits = false;
	if (knell_hop_open(node->in, len, &view) || knell_wire_get_header(view.data, view.len, &info))
		fail(node, "a frame of %zu octets that cannot be read", len);
	crowd.frames++;
	crowd.last_frame = now();
	if (info.kind == KNELL_FRAME_NODE)
		hear(node, view.data + KNELL_FRAME_HDR_LEN, info.length);
	if (view.seq)
		node->rx_seq = view.seq;
	if (info.kind == KNELL_FRAME_HELLO && !node->greeted) {
		node->greeted = true;
		say_status(node, KNELL_STATUS_STANDBY, true, joined);
	}
	receive(node);
}

static void receive(struct node *node)
{
	const struct knell_cdb cdb = {
		.opcode = KNELL_OP_RECEIVE,
		.seq = node->rx_seq,
		.length = KNELL_HOP_MAX,
	};
	struct scsi_task *task = new_task(node, &cdb);

	if (scsi_task_add_data_in_buffer(task, sizeof(node->in), node->in) ||
	    iscsi_scsi_command_async(node->iscsi, LUN, task, received, NULL, node))
		fail(node, "RECEIVE");
	node->waits = true;
	watch(node);
}

static void greeted(struct iscsi_context *iscsi, int status, void *data, void *context)
{
	struct node *node = context;

	check(node, status, data, "HELLO");
	scsi_free_scsi_task(data);
	receive(node);
}

static void say_hello(struct node *node)
{
	const struct knell_hello hello = {
		.node = node->id,
		.role = KNELL_ROLE_SERVER,
		.epoch = node->epoch,
		.incarnation = node->incarnation,
	};
	struct knell_wire_hello wire;

	knell_wire_put_hello(&wire, &hello);
	send_frame(node, KNELL_FRAME_HELLO, false, &wire, sizeof(wire), greeted);
}

static void logged_in(struct iscsi_context *iscsi, int status, void *data, void *context)
{
	struct node *node = context;

	if (status != SCSI_STATUS_GOOD)
		fail(node, "login: status %d", status);
	crowd.ready++;
}

static void begin_login(void)
{
	struct node *node;
	char name[256];

	node = calloc(1, sizeof(*node));
	if (!node)
		fail(NULL, "no memory for a node");
	node->id = FIRST_NODE + crowd.begun;
	node->epoch = 1;
	while (!node->incarnation)
		if (getrandom(&node->incarnation, sizeof(node->incarnation), 0) < 0)
			fail(NULL, "getrandom: %s", strerror(errno));
	snprintf(name, sizeof(name), "%s%u", crowd.prefix, node->id);
	node->iscsi = iscsi_create_context(name);
	if (!node->iscsi)
		fail(NULL, "no memory for a session");
	crowd.nodes[crowd.begun++] = node;
	iscsi_set_noautoreconnect(node->iscsi, 1);
	if (iscsi_set_targetname(node->iscsi, crowd.target) ||
	    iscsi_set_session_type(node->iscsi, ISCSI_SESSION_NORMAL) ||
	    iscsi_set_header_digest(node->iscsi, ISCSI_HEADER_DIGEST_NONE) ||
	    iscsi_full_connect_async(node->iscsi, crowd.portal, LUN, logged_in, node))
		fail(node, "connect");
	watch(node);
}

/* Nobody waits for the target's answer to a record. */
static void taken(struct iscsi_context *iscsi, int status, void *data, void *context)
{
	check(context, status, data, "record");
	scsi_free_scsi_task(data);
}

static void begin(char *line)
{
	char *word = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
	unsigned long value = first ? strtoul(first, NULL, 10) : 0;
	unsigned int i;

	if (!word || crowd.task)
		fail(NULL, "a command while another one runs");
	if (!strcmp(word, "login") && value <= NODES_MAX && value >= crowd.begun) {
		crowd.task = TASK_LOGIN;
		crowd.wanted = value;
	} else if (!strcmp(word, "join") && first) {
		crowd.task = TASK_JOIN;
		crowd.patience = value * 1000000LL;
		for (i = crowd.joined; i < crowd.ready; i++)
			say_hello(crowd.nodes[i]);
	} else if (!strcmp(word, "die") && second && value && crowd.joined > 1) {
		crowd.task = TASK_DIE;
		crowd.deaths = value;
		crowd.patience = strtoul(second, NULL, 10) * 1000000LL;
	} else {
		fail(NULL, "what is \"%s\"?", word);
	}
}

/* Everybody waits for news, and there were none for a while. */
static bool quiet(void)
{
	unsigned int i;

	for (i = 0; i < crowd.joined; i++)
		if (!crowd.nodes[i]->waits)
			return false;
	return now() >= crowd.last_frame + crowd.patience;
}

static void strike(void)
{
	unsigned int i;

	/* Neither always the first of the router's list nor always the last. */
	crowd.victim = crowd.nodes[crowd.deaths * 7 % crowd.joined];
	crowd.told = 0;
	for (i = 0; i < crowd.joined; i++)
		crowd.nodes[i]->heard = 0;
	crowd.struck = now();
	say_status(crowd.victim, KNELL_STATUS_DOWN, false, taken);
}

static int compare(const void *a, const void *b)
{
	const s64 first = *(const s64 *)a, second = *(const s64 *)b;

	return (first > second) - (first < second);
}

static void tell_death(void)
{
	s64 heard[NODES_MAX];
	unsigned int i, n = 0;

	for (i = 0; i < crowd.joined; i++)
		if (crowd.nodes[i] != crowd.victim)
			heard[n++] = crowd.nodes[i]->heard - crowd.struck;
	qsort(heard, n, sizeof(heard[0]), compare);
	printf("die %lld %lld %lld\n", (long long)heard[0], (long long)heard[n / 2],
	       (long long)heard[n - 1]);
	fflush(stdout);
	crowd.victim->epoch++;
	say_status(crowd.victim, KNELL_STATUS_STANDBY, true, taken);
	crowd.victim = NULL;
}

/* Is what was ordered done, or is it time for its next step? */
static void look(void)
{
	switch (crowd.task) {
	case TASK_LOGIN:
		while (crowd.begun < crowd.wanted && crowd.begun < crowd.ready + LOGINS_MAX)
			begin_login();
		if (crowd.ready < crowd.wanted)
			return;
		printf("login %u\n", crowd.ready);
		break;
	case TASK_JOIN:
		if (crowd.joined < crowd.ready || !quiet())
			return;
		printf("join %u %lu\n", crowd.joined, crowd.frames);
		break;
	case TASK_DIE:
		if (!crowd.victim && quiet())
			strike();
		if (!crowd.victim || crowd.told + 1 < crowd.joined)
			return;
		tell_death();
		if (--crowd.deaths)
			return;
		break;
	case TASK_NONE:
		return;
	}
	crowd.task = TASK_NONE;
	fflush(stdout);
}

/* Commands come one at a time, each in one write. */
static void read_command(int fifo)
{
	char line[64];
	ssize_t len = read(fifo, line, sizeof(line) - 1);

	if (len <= 0)
		fail(NULL, "commands: %s", strerror(errno));
	line[len] = '\0';
	begin(line);
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS] = { { .events = EPOLLIN } };
	int fifo, i, n;

	if (argc != 6) {
		fprintf(stderr, "usage: crowd PORTAL TARGET PREFIX CLUSTER FIFO\n");
		return 2;
	}
	crowd.portal = argv[1];
	crowd.target = argv[2];
	crowd.prefix = argv[3];
	crowd.cluster = strtoul(argv[4], NULL, 0);
	/* Also its own writer, so that it never ends. */
	fifo = open(argv[5], O_RDWR | O_CLOEXEC);
	crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (fifo < 0 || crowd.epoll < 0 || epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, fifo, events))
		fail(NULL, "%s: %s", argv[5], strerror(errno));
	for (;;) {
		n = epoll_wait(crowd.epoll, events, EVENTS, crowd.task ? 10 : -1);
		for (i = 0; i < n; i++) {
			struct node *node = events[i].data.ptr;

			if (!node) {
				read_command(fifo);
				continue;
			}
			if (iscsi_service(node->iscsi,
					  (events[i].events & EPOLLIN ? POLLIN : 0) |
					  (events[i].events & EPOLLOUT ? POLLOUT : 0)) < 0 ||
			    events[i].events & (EPOLLERR | EPOLLHUP))
				fail(node, "session");
			watch(node);
		}
		look();
	}
}
