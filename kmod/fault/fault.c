// SPDX-License-Identifier: GPL-2.0
/*
 * Arms the injection points through debugfs: /sys/kernel/debug/knell/POINT.
 *
 * Write "ACTION [TIMES [MS]]": the next TIMES (1 by default) passages suffer
 * the action, a delay of MS milliseconds (100 by default); "off" ends it.
 * Reading gives the action, how often it is still to happen and how often it has.
 *
 * Context and locking: knell_fault() only reads and counts, in any context. A
 * point that is armed again while it is passed may suffer the old action once.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fault/fault.h"

#define KNELL_FAULT_TEXT	64

/**
 * struct knell_fault_state - one point
 * @name: of its file
 * @actions: bits of the actions that make sense here
 * @action: armed with
 * @ms: of a delay
 * @left: passages still to suffer
 * @hits: passages that suffered since it was armed
 */
struct knell_fault_state {
	const char *name;
	unsigned int actions;
	u8 action;
	unsigned int ms;
	atomic_t left;
	atomic_t hits;
};

static struct knell_fault_state knell_faults[KNELL_FAULT_POINTS] = {
	[KNELL_FAULT_VERDICT] = { "verdict", BIT(KNELL_FAULT_DROP) | BIT(KNELL_FAULT_DELAY) },
	[KNELL_FAULT_NOTICE] = { "notice", BIT(KNELL_FAULT_FAIL) },
	[KNELL_FAULT_SEND] = { "send", BIT(KNELL_FAULT_DROP) | BIT(KNELL_FAULT_DOUBLE) |
			       BIT(KNELL_FAULT_DELAY) },
	[KNELL_FAULT_ACK] = { "ack", BIT(KNELL_FAULT_DROP) },
	[KNELL_FAULT_TARGET] = { "target", BIT(KNELL_FAULT_FAIL) | BIT(KNELL_FAULT_DELAY) },
	[KNELL_FAULT_RELAY] = { "relay", BIT(KNELL_FAULT_FAIL) },
	[KNELL_FAULT_PLAN] = { "plan", BIT(KNELL_FAULT_FAIL) },
	[KNELL_FAULT_GASP] = { "gasp", BIT(KNELL_FAULT_DROP) },
	[KNELL_FAULT_CERT] = { "cert", BIT(KNELL_FAULT_DROP) | BIT(KNELL_FAULT_DAMAGE) |
			       BIT(KNELL_FAULT_DELAY) },
	[KNELL_FAULT_CLAIM] = { "claim", BIT(KNELL_FAULT_DROP) | BIT(KNELL_FAULT_DOUBLE) },
	[KNELL_FAULT_GRANT] = { "grant", BIT(KNELL_FAULT_DROP) },
};

static const char *const knell_fault_words[] = {
	[KNELL_FAULT_OFF] = "off",
	[KNELL_FAULT_DROP] = "drop",
	[KNELL_FAULT_DOUBLE] = "double",
	[KNELL_FAULT_DAMAGE] = "damage",
	[KNELL_FAULT_FAIL] = "fail",
	[KNELL_FAULT_DELAY] = "delay",
};

static struct dentry *knell_fault_dir;

/**
 * knell_fault() - is what passes here to suffer?
 * @point: where
 * @action: what the caller can do
 *
 * Context: any, NMI included.
 * Return: true if the point is armed with @action; that is one of the times.
 */
bool knell_fault(enum knell_fault_point point, enum knell_fault_action action)
{
	struct knell_fault_state *state = &knell_faults[point];

	if (READ_ONCE(state->action) != action || !atomic_add_unless(&state->left, -1, 0))
		return false;
	atomic_inc(&state->hits);
	return true;
}
EXPORT_SYMBOL_GPL(knell_fault);

/**
 * knell_fault_delay() - wait here if the point is armed with a delay
 * @point: where
 *
 * Context: process, may sleep.
 */
void knell_fault_delay(enum knell_fault_point point)
{
	if (knell_fault(point, KNELL_FAULT_DELAY))
		msleep(READ_ONCE(knell_faults[point].ms));
}
EXPORT_SYMBOL_GPL(knell_fault_delay);

static ssize_t knell_fault_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	struct knell_fault_state *state = file->private_data;
	char text[KNELL_FAULT_TEXT];
	int n;

	n = scnprintf(text, sizeof(text), "%s %d %d\n",
		      knell_fault_words[READ_ONCE(state->action)],
		      atomic_read(&state->left), atomic_read(&state->hits));
	return simple_read_from_buffer(to, len, pos, text, n);
}

static ssize_t knell_fault_write(struct file *file, const char __user *from, size_t len,
				 loff_t *pos)
{
	struct knell_fault_state *state = file->private_data;
	char text[KNELL_FAULT_TEXT], word[KNELL_FAULT_TEXT];
	unsigned int times = 1, ms = 100;
	ssize_t n;
	int action;

	n = simple_write_to_buffer(text, sizeof(text) - 1, pos, from, len);
	if (n < 0)
		return n;
	text[n] = '\0';
	if (n != len || sscanf(text, "%63s %u %u", word, &times, &ms) < 1 || times > INT_MAX)
		return -EINVAL;
	action = match_string(knell_fault_words, ARRAY_SIZE(knell_fault_words), word);
	if (action < 0 || (action && !(state->actions & BIT(action))))
		return -EINVAL;
	WRITE_ONCE(state->action, KNELL_FAULT_OFF);
	WRITE_ONCE(state->ms, ms);
	atomic_set(&state->hits, 0);
	atomic_set(&state->left, action ? times : 0);
	WRITE_ONCE(state->action, action);
	return n;
}

static const struct file_operations knell_fault_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = knell_fault_read,
	.write = knell_fault_write,
};

/**
 * knell_fault_init() - make the files; without debugfs no point can be armed
 *
 * Context: process, may sleep.
 */
void knell_fault_init(void)
{
	unsigned int i;

	pr_warn("knell: built with injection points: for tests only\n");
	knell_fault_dir = debugfs_create_dir("knell", NULL);
	for (i = 0; i < KNELL_FAULT_POINTS; i++)
		debugfs_create_file(knell_faults[i].name, 0600, knell_fault_dir,
				    &knell_faults[i], &knell_fault_fops);
}

/**
 * knell_fault_exit() - remove the files
 *
 * Context: process, may sleep.
 */
void knell_fault_exit(void)
{
	debugfs_remove_recursive(knell_fault_dir);
}
