// SPDX-License-Identifier: GPL-2.0
/*
 * UDP ping-pong between two VMs: the yardstick all latencies are compared with, and how the clocks
 * of two VMs are compared.
 *
 * link serve PORT                 answer for ever
 * link ping ADDRESS PORT COUNT    one round-trip time per line, ns
 * link clock ADDRESS PORT COUNT   "OFFSET RTT", ns: the other's CLOCK_REALTIME minus ours, taken
 *                                 from the exchange with the shortest round trip
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_MS	1000

/* 64 octets of payload, like a small frame. */
struct ball {
	uint64_t number;
	int64_t theirs;		/* CLOCK_REALTIME of the server, ns */
	char rest[48];
};

static void fail(const char *what)
{
	fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int udp(void)
{
	struct timeval timeout = { .tv_sec = TIMEOUT_MS / 1000 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		fail("socket");
	return fd;
}

static _Noreturn void serve(const char *port)
{
	struct sockaddr_in self = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	struct sockaddr_in peer;
	struct ball ball;
	socklen_t len;
	int fd = udp();

	if (bind(fd, (struct sockaddr *)&self, sizeof(self)))
		fail("bind");
	for (;;) {
		len = sizeof(peer);
		if (recvfrom(fd, &ball, sizeof(ball), 0, (struct sockaddr *)&peer, &len) != sizeof(ball))
			continue;
		ball.theirs = now(CLOCK_REALTIME);
		if (sendto(fd, &ball, sizeof(ball), 0, (struct sockaddr *)&peer, len) < 0)
			fail("answer");
	}
}

static int play(const char *address, const char *port, unsigned long count, int clock_only)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	int64_t begin, middle, rtt, best = INT64_MAX, offset = 0;
	struct ball ball = { .number = 0 };
	int fd = udp();

	if (inet_pton(AF_INET, address, &peer.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		fail(address);
	for (unsigned long i = 1; i <= count; i++) {
		ball.number = i;
		begin = now(CLOCK_MONOTONIC);
		middle = now(CLOCK_REALTIME);
		if (send(fd, &ball, sizeof(ball), 0) < 0)
			fail("send");
		do {
			if (recv(fd, &ball, sizeof(ball), 0) != sizeof(ball))
				fail("no answer");
		} while (ball.number != i);
		rtt = now(CLOCK_MONOTONIC) - begin;
		if (!clock_only)
			printf("%lld\n", (long long)rtt);
		if (rtt < best) {
			best = rtt;
			offset = ball.theirs - (middle + rtt / 2);
		}
	}
	if (clock_only)
		printf("%lld %lld\n", (long long)offset, (long long)best);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "ping"))
		return play(argv[2], argv[3], strtoul(argv[4], NULL, 10), 0);
	if (argc == 5 && !strcmp(argv[1], "clock"))
		return play(argv[2], argv[3], strtoul(argv[4], NULL, 10), 1);
	fprintf(stderr, "usage: link serve PORT | ping ADDRESS PORT COUNT | clock ADDRESS PORT COUNT\n");
	return 2;
}
