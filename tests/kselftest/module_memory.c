// SPDX-License-Identifier: GPL-2.0
/*
 * Loading the modules without memory, by the kernel's fault injection: allocations fail one at a time, spread over the
 * whole load. A load succeeds or says that there is no memory; afterwards the module loads and goes as ever.
 *
 * Usage: module_memory MODULE.ko...; each is loaded on top of those before it. Needs a kernel with failslab, none of the
 * modules loaded, and root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ktap.h"

#define ROUNDS		60
#define PLENTY		1000000UL	/* more allocations than a load has */

static int nth_file;

static bool set(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Load with the @nth allocation failing; an errno. What was left of @nth goes to @left, 0 = one failed. */
static int load(const char *path, unsigned long nth, unsigned long *left)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	char text[24] = "";

	if (fd < 0)
		return errno;
	snprintf(text, sizeof(text), "%lu", nth);
	pwrite(nth_file, text, strlen(text), 0);
	if (syscall(SYS_finit_module, fd, "", 0))
		error = errno;
	memset(text, 0, sizeof(text));
	pread(nth_file, text, sizeof(text) - 1, 0);
	*left = strtoul(text, NULL, 10);
	pwrite(nth_file, "0", 1, 0);
	close(fd);
	return error;
}

/* The module's name, as a file's with an ending. */
static int unload(const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(base, "."), base);
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

static void starve(const char *path)
{
	unsigned int refused = 0, loaded = 0, odd = 0;
	unsigned long left = 0, total;
	int error = load(path, PLENTY, &left);

	total = PLENTY - left;
	ktap_test(!error && left && !unload(path), "%s loads with %lu allocations: %s", path, total, strerror(error));
	for (unsigned long round = 0; round < ROUNDS && !error; round++) {
		const unsigned long nth = 1 + round * total / ROUNDS;
		const int told = load(path, nth, &left);

		refused += told == ENOMEM && !left;
		loaded += !told;
		if (told && (told != ENOMEM || left)) {
			odd++;
			ktap_note("allocation %lu of %lu: %s", nth, total, strerror(told));
		}
		if (!told && unload(path)) {
			ktap_test(false, "%s cannot be unloaded after allocation %lu failed: %s", path, nth, strerror(errno));
			return;
		}
	}
	ktap_test(refused && !odd, "%s: of %d failures %u refused the load, %u did not matter, %u odd", path, ROUNDS, refused,
		  loaded, odd);
	error = load(path, PLENTY, &left);
	ktap_test(!error, "%s loads afterwards: %s", path, strerror(error));
}

int main(int argc, char **argv)
{
	ktap_start();
	nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ktap_test(nth_file >= 0 && set("/sys/kernel/debug/failslab/ignore-gfp-wait", "N") &&
		  set("/sys/kernel/debug/failslab/verbose", "0") &&
		  set("/sys/kernel/debug/fail_page_alloc/verbose", "0"),
		  "the kernel can fail allocations of one task");
	for (int i = 1; i < argc; i++)
		starve(argv[i]);
	for (int i = argc - 1; i > 0; i--)
		ktap_test(!unload(argv[i]), "%s goes: %s", argv[i], strerror(errno));
	return ktap_end();
}
