// SPDX-License-Identifier: GPL-2.0
/*
 * Runs commands inside a test VM for the harness on the host, over a virtio serial port.
 *
 * One message = struct msg + payload, little-endian, both ways; see vm/agent.py for the other end.
 * One thread, one poll loop; it may be PID 1 and therefore reaps every child.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX	64
#define ARGS_MAX	4096
#define CHUNK		16384
#define PAYLOAD_MAX	(64u << 20)

struct msg {
	uint32_t len;		/* octets of payload */
	uint32_t id;		/* chosen by the host, returned in every answer */
	uint8_t type;		/* one of the letters below */
	uint8_t pad[3];
};

/* from the host */
#define MSG_RUN		'R'	/* argv, each string with its NUL */
#define MSG_PUT		'P'	/* octal mode NUL path NUL content: write a file */
#define MSG_KILL	'K'	/* one octet: signal for the process group of job id */
/* to the host */
#define MSG_HELLO	'H'	/* boot id */
#define MSG_OUT		'O'	/* standard output */
#define MSG_ERR		'E'	/* standard error */
#define MSG_EXIT	'X'	/* int32: exit status, or -signal; for PUT: 0 or errno */

struct job {
	uint32_t id;
	pid_t pid;		/* 0 = free */
	int fd[2];		/* read ends of stdout and stderr, -1 = closed */
};

static struct job jobs[JOBS_MAX];
static int port;

static void die(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put_all(const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(port, p, len);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			die("write to the host");
		}
		p += n;
		len -= n;
	}
}

static void get_all(void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(port, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("read from the host");
		if (n == 0) {	/* the host has not opened its end */
			struct pollfd wait = { .fd = port, .events = POLLIN };

			poll(&wait, 1, 50);
			continue;
		}
		p += n;
		len -= n;
	}
}

static void answer(uint32_t id, char type, const void *data, size_t len)
{
	struct msg m = { .len = len, .id = id, .type = type };

	put_all(&m, sizeof(m));
	put_all(data, len);
}

static void answer_status(uint32_t id, int32_t status)
{
	answer(id, MSG_EXIT, &status, sizeof(status));
}

static void run(uint32_t id, char *args, uint32_t len)
{
	char *argv[ARGS_MAX + 1];
	struct job *job = NULL;
	int out[2], err[2], n = 0;

	for (char *p = args; p < args + len && n <= ARGS_MAX; p += strlen(p) + 1)
		argv[n++] = p;
	for (int i = 0; i < JOBS_MAX && !job; i++)
		if (!jobs[i].pid)
			job = &jobs[i];
	if (!n || n > ARGS_MAX || !job || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
		answer_status(id, 126);
		return;
	}
	argv[n] = NULL;
	job->id = id;
	job->fd[0] = out[0];
	job->fd[1] = err[0];
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	job->pid = fork();
	if (job->pid == 0) {
		sigset_t none;
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		dup2(null, 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execvp(argv[0], argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	if (job->pid < 0) {
		close(out[0]);
		close(err[0]);
		job->pid = 0;
		answer_status(id, 126);
	}
}

static void put_file(uint32_t id, char *data, uint32_t len)
{
	char *path = memchr(data, 0, len), *content = NULL;
	int fd, error = 0;

	if (path)
		content = memchr(path + 1, 0, data + len - path - 1);
	if (!content) {
		answer_status(id, EINVAL);
		return;
	}
	path++;
	content++;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		answer_status(id, errno);
		return;
	}
	for (size_t left = data + len - content; left;) {
		ssize_t n = write(fd, content, left);

		if (n < 0) {
			error = errno;
			break;
		}
		content += n;
		left -= n;
	}
	if (fchmod(fd, strtoul(data, NULL, 8)) && !error)
		error = errno;
	if (close(fd) && !error)
		error = errno;
	answer_status(id, error);
}

static void serve_host(void)
{
	struct msg m;
	char *data;

	get_all(&m, sizeof(m));
	if (m.len > PAYLOAD_MAX) {
		errno = EMSGSIZE;
		die("message from the host");
	}
	data = malloc(m.len + 1);
	if (!data)
		die("malloc");
	get_all(data, m.len);
	data[m.len] = 0;
	if (m.type == MSG_RUN)
		run(m.id, data, m.len);
	else if (m.type == MSG_PUT)
		put_file(m.id, data, m.len);
	else if (m.type == MSG_KILL)
		for (int i = 0; i < JOBS_MAX; i++)
			if (jobs[i].pid && jobs[i].id == m.id)
				kill(-jobs[i].pid, data[0]);
	free(data);
}

/* Pass on what is there; false at the end of the stream. */
static int drain(struct job *job, int which)
{
	char buf[CHUNK];
	ssize_t n;

	while ((n = read(job->fd[which], buf, sizeof(buf))) > 0)
		answer(job->id, which ? MSG_ERR : MSG_OUT, buf, n);
	return n < 0 && errno == EAGAIN;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < JOBS_MAX; i++) {
			struct job *job = &jobs[i];

			if (job->pid != pid)
				continue;
			for (int k = 0; k < 2; k++) {
				if (job->fd[k] >= 0) {
					drain(job, k);
					close(job->fd[k]);
				}
			}
			job->pid = 0;
			answer_status(job->id, WIFEXITED(status) ? WEXITSTATUS(status) :
							-WTERMSIG(status));
		}
	}
}

int main(int argc, char **argv)
{
	struct signalfd_siginfo info;
	char boot_id[64] = "";
	sigset_t child;
	int sig, fd;

	if (argc != 2) {
		fprintf(stderr, "usage: agent PORT\n");
		return 2;
	}
	port = open(argv[1], O_RDWR | O_CLOEXEC);
	if (port < 0)
		die(argv[1]);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	sig = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sig < 0)
		die("signalfd");
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t n = read(fd, boot_id, sizeof(boot_id) - 1);

		close(fd);
		answer(0, MSG_HELLO, boot_id, n > 0 ? n : 0);
	}
	for (;;) {
		struct pollfd fds[2 + 2 * JOBS_MAX];
		int slot[2 + 2 * JOBS_MAX], n = 2;

		fds[0] = (struct pollfd){ .fd = port, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = sig, .events = POLLIN };
		for (int i = 0; i < JOBS_MAX; i++) {
			for (int k = 0; k < 2; k++) {
				if (!jobs[i].pid || jobs[i].fd[k] < 0)
					continue;
				slot[n] = 2 * i + k;
				fds[n++] = (struct pollfd){ .fd = jobs[i].fd[k], .events = POLLIN };
			}
		}
		if (poll(fds, n, -1) < 0 && errno != EINTR)
			die("poll");
		for (int i = 2; i < n; i++) {
			struct job *job = &jobs[slot[i] / 2];
			int k = slot[i] % 2;

			if (!fds[i].revents)
				continue;
			if (!drain(job, k)) {
				close(job->fd[k]);
				job->fd[k] = -1;
			}
		}
		if (fds[1].revents) {
			while (read(sig, &info, sizeof(info)) > 0)
				;
			reap();
		}
		if (fds[0].revents & POLLIN)
			serve_host();
		else if (fds[0].revents & POLLHUP)
			poll(NULL, 0, 50);	/* the host's end is closed */
	}
}
