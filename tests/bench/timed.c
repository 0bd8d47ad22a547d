// SPDX-License-Identifier: GPL-2.0
/*
 * timed NAME COMMAND [ARGUMENT]... [-- NAME COMMAND [ARGUMENT]...]...: run commands one after the
 * other; "NAME MICROSECONDS STATUS" per line, from fork to exit. A NAME that begins with & is
 * started and not waited for. Ends with the first command that fails.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int run(const char *name, char **argv, int background)
{
	long long begin = now_us();
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (!pid) {
		if (background) {
			setsid();
			if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
				_exit(126);
		} else if (dup2(2, 1) < 0) {
			_exit(126);
		}
		execvp(argv[0], argv);
		_exit(127);
	}
	if (!background && waitpid(pid, &status, 0) != pid)
		return -1;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	printf("%s %lld %d\n", name, now_us() - begin, status);
	return status;
}

int main(int argc, char **argv)
{
	int first = 1;

	for (int i = 1; i <= argc; i++) {
		if (i < argc && strcmp(argv[i], "--"))
			continue;
		if (i - first < 2) {
			fprintf(stderr, "usage: timed NAME COMMAND [ARGUMENT]... [-- ...]\n");
			return 2;
		}
		argv[i] = NULL;
		int background = argv[first][0] == '&';
		int status = run(argv[first] + background, &argv[first + 1], background);

		if (status)
			return 1;
		first = i + 1;
	}
	return 0;
}
