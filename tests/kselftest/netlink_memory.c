// SPDX-License-Identifier: GPL-2.0
/*
 * Every command of the family knell without memory, by the kernel's fault injection: one after the other every allocation
 * of a request fails, then everything from a point on. A request is granted or refused, never half; and works afterwards.
 *
 * Needs a kernel with failslab, knell.ko without a cluster, and root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/knell.h>

#include "ktap.h"
#include "requests.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define NTH_MAX		2000		/* allocations of one request */
#define SPACE_STEP	256		/* octets */
#define SPACE_MAX	(256 * 1024)

/* What one command was told while memory was short. */
struct tally {
	unsigned int failures, granted, refused, silent, odd, half;
	char odd_text[128];
};

static const struct mutation flawless = { .spoil = NOTHING, .part = -1, .field = -1 };

static struct nlraw nl;
static struct nlmsg msg;
static struct nlanswer answer;
static uint64_t epoch = 5;
static int nth_file, task_file;

static bool write_text(int fd, const char *text)
{
	return fd >= 0 && pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text);
}

static bool set(const char *path, const char *text)
{
	char name[128];
	int fd;
	bool done;

	snprintf(name, sizeof(name), DEBUGFS "%s", path);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	/* such a file knows no offset */
	done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (!done)
		ktap_note("%s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

static bool set_number(const char *path, unsigned long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", value);
	return set(path, text);
}

/* Allocations that may sleep fail too, and nothing is printed; what fails is this task's. */
static bool prepare(void)
{
	nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	task_file = open("/proc/self/make-it-fail", O_WRONLY | O_CLOEXEC);
	return nth_file >= 0 && task_file >= 0 &&
	       set("failslab/ignore-gfp-wait", "N") && set("failslab/task-filter", "Y") &&
	       set("failslab/verbose", "0") && set("failslab/times", "-1") &&
	       set("fail_page_alloc/ignore-gfp-wait", "N") && set("fail_page_alloc/task-filter", "Y") &&
	       set("fail_page_alloc/verbose", "0") && set("fail_page_alloc/times", "-1");
}

static void build(const struct request *request, bool next)
{
	struct mutation m = flawless;

	if (request->cmd == KNELL_CMD_CLUSTER_SET) {
		m.spoil = VALUE;
		m.part = 0;
		for (m.field = 0; request->parts[0].fields[m.field].type != KNELL_A_CLUSTER_EPOCH;)
			m.field++;
		m.value = epoch + next;
	}
	request_build(&msg, nl.family, request, &m);
}

static int ask(uint8_t cmd)
{
	build(request_of(cmd), false);
	nlraw_ask(&nl, &msg, &answer);
	return answer.error;
}

/* Epoch of the cluster that is installed, 0 = none or no answer. */
static uint32_t installed_epoch(void)
{
	const uint8_t *at = answer.data + GENL_HDRLEN, *end;
	const struct nlattr *attr = (const struct nlattr *)at;
	uint32_t value = 0;

	if (ask(KNELL_CMD_CLUSTER_GET) || answer.len < GENL_HDRLEN + NLA_HDRLEN)
		return 0;
	end = at + attr->nla_len;
	for (at += NLA_HDRLEN; at + NLA_HDRLEN <= end; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)at;
		if (attr->nla_len < NLA_HDRLEN)
			break;
		if ((attr->nla_type & NLA_TYPE_MASK) == KNELL_A_CLUSTER_EPOCH)
			memcpy(&value, attr + 1, sizeof(value));
	}
	return value;
}

static unsigned int entries(uint8_t cmd)
{
	return ask(cmd) ? 0 : answer.messages;
}

/* Whole: the cluster of before or the one that was asked for, with all that belongs to it. */
static bool is_whole(const struct request *request)
{
	uint32_t found = installed_epoch();

	if (request->cmd == KNELL_CMD_CLUSTER_DEL && !found)
		return !entries(KNELL_CMD_NODE_GET);
	if (request->cmd == KNELL_CMD_CLUSTER_SET && found == epoch + 1)
		epoch = found;
	return found == epoch && entries(KNELL_CMD_NODE_GET) == 3 && entries(KNELL_CMD_APP_GET) == 2;
}

static void judge(const struct request *request, struct tally *tally)
{
	const uint32_t before = (uint32_t)epoch;
	const int error = answer.error;

	tally->failures++;
	if (!error || error == request->error)
		tally->granted++;
	else if (error == ENOMEM || error == ENOBUFS)
		tally->refused++;
	else {
		tally->odd++;
		snprintf(tally->odd_text, sizeof(tally->odd_text), "%s: %.80s", strerror(error), answer.text);
	}
	if (error == ENOMEM && !answer.text[0])
		tally->silent++;
	if (!is_whole(request))
		tally->half++;
	else if (request->cmd == KNELL_CMD_CLUSTER_SET && error == ENOMEM && epoch != before)
		tally->half++;
	if (request->cmd == KNELL_CMD_CLUSTER_DEL)
		ask(KNELL_CMD_CLUSTER_SET);
}

/* A socket of its own: a dump that broke off keeps the old one busy. */
static bool renew(void)
{
	uint16_t family = nl.family;
	int error;

	nlraw_close(&nl);
	error = nlraw_open(&nl);
	nl.family = family;
	return !error;
}

/* The @nth allocation fails; false if there are not so many. */
static bool fail_one(const struct request *request, unsigned int nth)
{
	char text[16];
	bool failed;

	build(request, true);
	snprintf(text, sizeof(text), "%u", nth);
	write_text(nth_file, text);
	nlraw_ask(&nl, &msg, &answer);
	memset(text, 0, sizeof(text));
	failed = pread(nth_file, text, sizeof(text) - 1, 0) > 0 && !strtoul(text, NULL, 10);
	write_text(nth_file, "0");
	return failed;
}

/* After @space octets, of small ones and of pages, nothing can be had any more. */
static void fail_from(const struct request *request, unsigned long space)
{
	build(request, true);
	set_number("failslab/space", space);
	set_number("fail_page_alloc/space", space);
	set_number("fail_page_alloc/probability", 100);
	set_number("failslab/probability", 100);
	write_text(task_file, "1");
	nlraw_ask(&nl, &msg, &answer);
	write_text(task_file, "0");
	set_number("failslab/probability", 0);
	set_number("fail_page_alloc/probability", 0);
}

static void report(const struct request *request, const char *what, const struct tally *tally, bool exhausted)
{
	ktap_test(exhausted && tally->failures && !tally->odd && !tally->half,
		  "%s, %s: %u failures, %u times done all the same, %u refused (%u without a word), %u odd%s%s, %u half",
		  request->name, what, tally->failures, tally->granted, tally->refused, tally->silent, tally->odd,
		  tally->odd ? ": " : "", tally->odd_text, tally->half);
}

static void starve(const struct request *request)
{
	struct tally one = { 0 }, all = { 0 };
	unsigned long space;
	unsigned int nth;

	for (nth = 1; nth < NTH_MAX && fail_one(request, nth); nth++) {
		judge(request, &one);
		renew();
	}
	judge(request, &(struct tally){ 0 });
	report(request, "one after the other", &one, nth < NTH_MAX);
	for (space = 0; space < SPACE_MAX; space += SPACE_STEP) {
		fail_from(request, space);
		const bool done = !answer.error || answer.error == request->error;

		judge(request, &all);
		renew();
		if (done && space > 64 * SPACE_STEP)
			break;
	}
	report(request, "from a point on", &all, space < SPACE_MAX);
	ask(request->cmd);
	ktap_test(answer.error == request->error, "%s works afterwards: %s", request->name, answer.text);
	if (request->cmd == KNELL_CMD_CLUSTER_DEL)
		ask(KNELL_CMD_CLUSTER_SET);
}

int main(void)
{
	ktap_start();
	if (nlraw_open(&nl) || nlraw_resolve(&nl, KNELL_FAMILY_NAME)) {
		ktap_test(false, "the family is there");
		return ktap_end();
	}
	ktap_test(prepare(), "the kernel can fail allocations of one task");
	/* Else pages of this program would be what fails. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	ktap_test(!ask(KNELL_CMD_CLUSTER_SET) && !ask(KNELL_CMD_STATUS_SET), "the cluster of the test: %s", answer.text);
	for (unsigned int i = 0; i < n_requests; i++)
		starve(&requests[i]);
	ktap_test(!ask(KNELL_CMD_CLUSTER_DEL), "the node leaves: %s", answer.text);
	nlraw_close(&nl);
	return ktap_end();
}
