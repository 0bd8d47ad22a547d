// SPDX-License-Identifier: GPL-2.0
/*
 * Client of recordd: hands in records 1, 2, 3... one at a time, reconnects for ever, and prints
 * what happened to each, one line per event: "ack N HOST MS", "lost N LAST HOST", "down N", "up N".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_MS	250
#define ANSWER_MS	1000

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void pause_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* Connected socket, or -1 after at most CONNECT_MS. */
static int connect_to(const struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
	socklen_t len = sizeof(error);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) && errno != EINPROGRESS)
		error = errno;
	if (!error && (poll(&p, 1, CONNECT_MS) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len)))
		error = ETIMEDOUT;
	if (error) {
		close(fd);
		return -1;
	}
	return fd;
}

/* One request; 0 and the answer, or -1 if the connection is of no use any more. */
static int ask(int fd, unsigned long n, char *answer, size_t size)
{
	size_t len = snprintf(answer, size, "put %lu\n", n), got = 0;
	double deadline = now_ms() + ANSWER_MS;

	if (send(fd, answer, len, MSG_NOSIGNAL) != (ssize_t)len)
		return -1;
	while (got < size - 1) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		double left = deadline - now_ms();
		ssize_t k;

		if (left <= 0 || poll(&p, 1, (int)left + 1) != 1)
			return -1;
		k = recv(fd, answer + got, size - 1 - got, 0);
		if (k <= 0)
			return -1;
		got += k;
		answer[got] = 0;
		if (answer[got - 1] == '\n')
			return 0;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	unsigned long n, other;
	int fd = -1, up = 1;
	char line[128], host[64];
	long interval;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1) {
		fprintf(stderr, "usage: recordc ADDRESS PORT FIRST INTERVAL_MS\n");
		return 2;
	}
	addr.sin_port = htons(strtoul(argv[2], NULL, 10));
	n = strtoul(argv[3], NULL, 10);
	interval = strtol(argv[4], NULL, 10);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		double begin = now_ms();

		if (fd < 0)
			fd = connect_to(&addr);
		if (fd < 0 || ask(fd, n, line, sizeof(line))) {
			if (up)
				printf("down %lu\n", n);
			up = 0;
			if (fd >= 0)
				close(fd);
			fd = -1;
			pause_ms(20);
			continue;
		}
		if (!up)
			printf("up %lu\n", n);
		up = 1;
		if (sscanf(line, "ack %lu %63s", &other, host) == 2 && other == n) {
			printf("ack %lu %s %.1f\n", n, host, now_ms() - begin);
			n++;
		} else if (sscanf(line, "gap %lu %63s", &other, host) == 2) {
			printf("lost %lu %lu %s\n", n, other, host);
			return 1;
		}
		pause_ms(interval);
	}
}
