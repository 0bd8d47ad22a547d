// SPDX-License-Identifier: GPL-2.0
/*
 * The register: one block of a volume that only the owner of an application may write. Writes it
 * over and over, and looks whether somebody else did.
 *
 * If the block holds what another process wrote, this one has been replaced, and its next write
 * must be refused. If it is not, there are two writers: that is said in the kernel log, so that it
 * gets out whatever becomes of this node. Any refused write ends the program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK		4096
#define PAUSE_NS	20000000L

struct stamp {
	char magic[8];
	char host[32];
	uint64_t started_ns;
	uint64_t pid;
	uint64_t count;
};

static volatile sig_atomic_t stopping;

static void stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static void fail(const char *what)
{
	fprintf(stderr, "registerd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void accuse(const struct stamp *mine, const struct stamp *found)
{
	char text[256];
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text),
			   "registerd: TWO WRITERS: %.31s wrote %llu although %.31s had written %llu\n", mine->host,
			   (unsigned long long)mine->count, found->host, (unsigned long long)found->count);

	if (fd < 0 || write(fd, text, len) != len)
		fprintf(stderr, "%s", text);
}

static int same(const struct stamp *one, const struct stamp *other)
{
	return !memcmp(one, other, sizeof(*one));
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct sigaction action = { .sa_handler = stop };
	struct stamp *out, *in, mine = { .magic = "register" };
	struct timespec now;
	off_t offset;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: registerd DEVICE OFFSET\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	offset = strtoll(argv[2], NULL, 0);
	fd = open(argv[1], O_RDWR | O_DIRECT | O_DSYNC | O_CLOEXEC);
	if (fd < 0)
		fail(argv[1]);
	out = aligned_alloc(BLOCK, BLOCK);
	in = aligned_alloc(BLOCK, BLOCK);
	if (!out || !in)
		fail("memory");
	memset(out, 0, BLOCK);
	memset(in, 0, BLOCK);
	gethostname(mine.host, sizeof(mine.host) - 1);
	clock_gettime(CLOCK_REALTIME, &now);
	mine.started_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	mine.pid = getpid();

	while (!stopping) {
		if (mine.count && pread(fd, in, BLOCK, offset) != BLOCK)
			fail("read");
		int replaced = mine.count && !same(in, &mine);
		struct stamp found = *in;

		mine.count++;
		*out = mine;
		if (pwrite(fd, out, BLOCK, offset) != BLOCK)
			fail("write");
		if (replaced)
			accuse(&mine, &found);
		nanosleep(&pause, NULL);
	}
	return 0;
}
