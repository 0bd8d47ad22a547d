// SPDX-License-Identifier: GPL-2.0
/*
 * The demonstration application: keeps numbered records on its volume and acknowledges a record
 * over TCP only after it is on stable storage.
 *
 * One line per request, "put N" -> "ack N HOST" or "gap LAST HOST": record N is accepted if it is
 * the one after the last, and acknowledged again if it is already there. One thread, poll loop.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX	16
#define LINE_MAX_LEN	128

struct client {
	int fd;			/* -1 = free */
	char line[LINE_MAX_LEN];
	size_t len;
};

static struct client clients[CLIENTS_MAX];
static char host[64];
static int records = -1;
static unsigned long last;
static volatile sig_atomic_t stopping;

static void stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static void fail(const char *what)
{
	fprintf(stderr, "recordd: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Open the file and find the last record; a torn last line is cut off. */
static void open_records(const char *directory)
{
	char path[4096], line[LINE_MAX_LEN];
	off_t good = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/records", directory);
	records = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (records < 0)
		fail(path);
	f = fdopen(dup(records), "r");
	if (!f)
		fail(path);
	while (fgets(line, sizeof(line), f)) {
		unsigned long n;

		if (!strchr(line, '\n') || sscanf(line, "%lu ", &n) != 1)
			break;
		last = n;
		good += strlen(line);
	}
	fclose(f);
	if (ftruncate(records, good) || lseek(records, good, SEEK_SET) < 0)
		fail(path);
}

/* Append record n; 0 only when it is on stable storage. */
static int append(unsigned long n)
{
	struct timespec now;
	char line[LINE_MAX_LEN];
	int len;

	clock_gettime(CLOCK_REALTIME, &now);
	len = snprintf(line, sizeof(line), "%lu %s %lld.%06ld\n", n, host, (long long)now.tv_sec,
		       now.tv_nsec / 1000);
	if (write(records, line, len) != len || fdatasync(records))
		return -1;
	return 0;
}

static void drop(struct client *c)
{
	close(c->fd);
	c->fd = -1;
	c->len = 0;
}

static void handle_line(struct client *c, const char *line)
{
	char reply[LINE_MAX_LEN];
	unsigned long n;
	int len;

	if (sscanf(line, "put %lu", &n) != 1) {
		drop(c);
		return;
	}
	if (n == last + 1) {
		if (append(n))
			fail("cannot write a record");
		last = n;
	}
	len = snprintf(reply, sizeof(reply), n <= last ? "ack %lu %s\n" : "gap %lu %s\n",
		       n <= last ? n : last, host);
	if (send(c->fd, reply, len, MSG_NOSIGNAL) != len)
		drop(c);
}

static void serve(struct client *c)
{
	ssize_t n = recv(c->fd, c->line + c->len, sizeof(c->line) - 1 - c->len, 0);
	char *end;

	if (n <= 0) {
		drop(c);
		return;
	}
	c->len += n;
	c->line[c->len] = 0;
	while (c->fd >= 0 && (end = strchr(c->line, '\n'))) {
		*end = 0;
		handle_line(c, c->line);
		c->len -= end + 1 - c->line;
		memmove(c->line, end + 1, c->len + 1);
	}
	if (c->len == sizeof(c->line) - 1)
		drop(c);
}

static int listen_on(unsigned int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, CLIENTS_MAX))
		fail("listen");
	return fd;
}

static void accept_client(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (int i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].fd < 0) {
			clients[i].fd = fd;
			return;
		}
	}
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "directory", required_argument, NULL, 'd' },
		{ "port", required_argument, NULL, 'p' },
		{ }
	};
	struct sigaction action = { .sa_handler = stop };
	const char *directory = NULL;
	unsigned int port = 7777;
	int c, listener;

	while ((c = getopt_long(argc, argv, "d:p:", options, NULL)) >= 0) {
		if (c == 'd') {
			directory = optarg;
		} else if (c == 'p') {
			port = strtoul(optarg, NULL, 10);
		} else {
			directory = NULL;
			break;
		}
	}
	if (!directory) {
		fprintf(stderr, "usage: recordd --directory DIR [--port PORT]\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	gethostname(host, sizeof(host) - 1);
	open_records(directory);
	for (int i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = -1;
	listener = listen_on(port);
	printf("recordd: %s serves, last record %lu\n", host, last);
	fflush(stdout);
	while (!stopping) {
		struct pollfd fds[CLIENTS_MAX + 1] = { { .fd = listener, .events = POLLIN } };

		for (int i = 0; i < CLIENTS_MAX; i++)
			fds[i + 1] = (struct pollfd){ .fd = clients[i].fd, .events = POLLIN };
		if (poll(fds, CLIENTS_MAX + 1, -1) < 0)
			continue;
		for (int i = 0; i < CLIENTS_MAX; i++)
			if (clients[i].fd >= 0 && fds[i + 1].revents)
				serve(&clients[i]);
		if (fds[0].revents & POLLIN)
			accept_client(listener);
	}
	return 0;
}
