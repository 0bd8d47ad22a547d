// SPDX-License-Identifier: GPL-2.0
/*
 * crash ADDRESS PORT: tell a UDP port the time (CLOCK_REALTIME, ns, decimal after "crash "), then
 * panic at once. The capture of the link keeps the time for whoever measures.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in peer = { .sin_family = AF_INET };
	struct timespec t;
	char text[64];
	int fd, trigger;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1) {
		fprintf(stderr, "usage: crash ADDRESS PORT\n");
		return 2;
	}
	peer.sin_port = htons(atoi(argv[2]));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	trigger = open("/proc/sysrq-trigger", O_WRONLY);
	if (fd < 0 || trigger < 0 || connect(fd, (struct sockaddr *)&peer, sizeof(peer))) {
		perror("crash");
		return 1;
	}
	clock_gettime(CLOCK_REALTIME, &t);
	snprintf(text, sizeof(text), "crash %lld", t.tv_sec * 1000000000LL + t.tv_nsec);
	if (send(fd, text, strlen(text), 0) < 0 || write(trigger, "c", 1) != 1)
		perror("crash");
	return 1;
}
