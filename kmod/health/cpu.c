// SPDX-License-Identifier: GPL-2.0
/*
 * Health check: does every CPU run normal threads?
 *
 * Each CPU has a timer in hard interrupt context and a canary, a thread of
 * normal priority. The timer wakes the canary and expects its answer by the
 * next tick: a CPU that only takes interrupts, or only runs a runaway realtime
 * thread, misses ticks. A CPU that does not even tick (interrupts off for ever)
 * is noticed by the timer of the next CPU, which compares tick counts.
 *
 * Context and locking: a counter has one writer, its CPU; others only read. A
 * timer is started on its CPU and may be cancelled from any: disarming does not
 * wait for a CPU that is stuck. Arming excludes hotplug; canaries are parked by
 * smpboot while their CPU is away.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/smpboot.h>

#include "check.h"
#include "timeouts.h"

/**
 * struct knell_cpu - one CPU
 * @timer: its tick
 * @ticks: ticks of this CPU
 * @asked: questions to the canary
 * @answered: the last question the canary answered
 * @missed: ticks in a row the canary did not answer
 * @neighbour: next CPU, or -1
 * @seen: @ticks of the neighbour at the last tick
 * @neighbour_missed: ticks in a row in which the neighbour did not tick
 */
struct knell_cpu {
	struct hrtimer timer;
	unsigned int ticks;
	unsigned int asked;
	unsigned int answered;
	u32 missed;
	int neighbour;
	unsigned int seen;
	u32 neighbour_missed;
};

static DEFINE_PER_CPU(struct knell_cpu, knell_cpu);
static DEFINE_PER_CPU(struct task_struct *, knell_cpu_canary);
static struct knell_check *knell_cpu_check;
static enum cpuhp_state knell_cpu_state;
static ktime_t knell_cpu_period;
static bool knell_cpu_armed;

static void knell_cpu_ask(struct knell_cpu *cpu)
{
	struct task_struct *canary = this_cpu_read(knell_cpu_canary);

	cpu->missed = READ_ONCE(cpu->answered) == cpu->asked ? 0 : cpu->missed + 1;
	if (!cpu->missed)
		WRITE_ONCE(cpu->asked, cpu->asked + 1);
	if (canary)
		wake_up_process(canary);
}

static void knell_cpu_look_around(struct knell_cpu *cpu)
{
	unsigned int self = smp_processor_id();
	int next = cpumask_next(self, cpu_online_mask);
	unsigned int ticks;

	if (next >= nr_cpu_ids)
		next = cpumask_first(cpu_online_mask);
	if (next == self)
		next = -1;

	ticks = next < 0 ? 0 : READ_ONCE(per_cpu(knell_cpu, next).ticks);
	if (next < 0 || next != cpu->neighbour || ticks != cpu->seen)
		cpu->neighbour_missed = 0;
	else
		cpu->neighbour_missed++;
	cpu->neighbour = next;
	cpu->seen = ticks;
}

/* The worst CPU, -1 if all are well. */
static int knell_cpu_worst(u32 *missed)
{
	int cpu, worst = -1;

	*missed = 0;
	for_each_online_cpu(cpu) {
		const struct knell_cpu *c = per_cpu_ptr(&knell_cpu, cpu);

		if (READ_ONCE(c->missed) > *missed) {
			*missed = READ_ONCE(c->missed);
			worst = cpu;
		}
		if (READ_ONCE(c->neighbour_missed) > *missed) {
			*missed = READ_ONCE(c->neighbour_missed);
			worst = READ_ONCE(c->neighbour);
		}
	}
	return worst;
}

/* Context: hard interrupt. */
static enum hrtimer_restart knell_cpu_tick(struct hrtimer *timer)
{
	struct knell_cpu *cpu = container_of(timer, struct knell_cpu, timer);
	u32 missed;

	WRITE_ONCE(cpu->ticks, cpu->ticks + 1);
	knell_cpu_ask(cpu);
	knell_cpu_look_around(cpu);
	knell_cpu_worst(&missed);
	knell_check_report(knell_cpu_check, missed);
	knell_health_hardirq_tick();

	hrtimer_forward_now(timer, knell_cpu_period);
	return HRTIMER_RESTART;
}

static int knell_canary_asked(unsigned int n)
{
	const struct knell_cpu *cpu = per_cpu_ptr(&knell_cpu, n);

	return READ_ONCE(cpu->answered) != READ_ONCE(cpu->asked);
}

static void knell_canary_answer(unsigned int n)
{
	struct knell_cpu *cpu = per_cpu_ptr(&knell_cpu, n);

	WRITE_ONCE(cpu->answered, READ_ONCE(cpu->asked));
}

static struct smp_hotplug_thread knell_canary = {
	.store = &knell_cpu_canary,
	.thread_should_run = knell_canary_asked,
	.thread_fn = knell_canary_answer,
	.thread_comm = "knell/%u",
};

/* Context: on the CPU itself, interrupts off or in its hotplug thread. */
static void knell_cpu_start(void *unused)
{
	struct knell_cpu *cpu = this_cpu_ptr(&knell_cpu);

	cpu->answered = cpu->asked;
	cpu->missed = 0;
	cpu->neighbour = -1;
	cpu->neighbour_missed = 0;
	hrtimer_start(&cpu->timer, knell_cpu_period, HRTIMER_MODE_REL_PINNED_HARD);
}

/* Context: process, hotplug is excluded or is what calls. */
static void knell_cpu_stop(unsigned int n)
{
	struct knell_cpu *cpu = per_cpu_ptr(&knell_cpu, n);

	hrtimer_cancel(&cpu->timer);
	cpu->missed = 0;
	cpu->neighbour_missed = 0;
}

/* Context: process, on the CPU that comes. */
static int knell_cpu_online(unsigned int n)
{
	if (knell_cpu_armed)
		knell_cpu_start(NULL);
	return 0;
}

/* Context: process, on the CPU that goes. */
static int knell_cpu_offline(unsigned int n)
{
	knell_cpu_stop(n);
	return 0;
}

static int knell_cpu_init(struct knell_check *check)
{
	int cpu, err;

	knell_cpu_check = check;
	for_each_possible_cpu(cpu) {
		struct hrtimer *timer = &per_cpu_ptr(&knell_cpu, cpu)->timer;

		hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
		timer->function = knell_cpu_tick;
	}
	err = smpboot_register_percpu_thread(&knell_canary);
	if (err)
		return err;
	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "knell:online", knell_cpu_online,
					knell_cpu_offline);
	if (err < 0) {
		smpboot_unregister_percpu_thread(&knell_canary);
		return err;
	}
	knell_cpu_state = err;
	return 0;
}

static void knell_cpu_exit(void)
{
	cpuhp_remove_state_nocalls(knell_cpu_state);
	smpboot_unregister_percpu_thread(&knell_canary);
}

static u32 knell_cpu_limit(const struct knell_health_config *config)
{
	return config->cpu_timeout ? KNELL_CPU_TICKS : 0;
}

static int knell_cpu_arm(const struct knell_health_config *config)
{
	cpus_read_lock();
	knell_cpu_period = ms_to_ktime(max(config->cpu_timeout / KNELL_CPU_TICKS, 1u));
	knell_cpu_armed = true;
	on_each_cpu(knell_cpu_start, NULL, 1);
	cpus_read_unlock();
	return 0;
}

static void knell_cpu_disarm(void)
{
	int cpu;

	cpus_read_lock();
	knell_cpu_armed = false;
	for_each_online_cpu(cpu)
		knell_cpu_stop(cpu);
	cpus_read_unlock();
}

static void knell_cpu_detail(char *buf, size_t size)
{
	u32 missed;
	int worst = knell_cpu_worst(&missed);

	if (worst >= 0)
		scnprintf(buf, size, "CPU %d ran no thread for %u ticks of %lld ms", worst, missed,
			  ktime_to_ms(knell_cpu_period));
	else
		scnprintf(buf, size, "%u CPUs, a tick every %lld ms", num_online_cpus(),
			  ktime_to_ms(knell_cpu_period));
}

const struct knell_check_ops knell_check_cpu = {
	.name = "cpu",
	.reason = KNELL_REASON_CPU,
	.init = knell_cpu_init,
	.exit = knell_cpu_exit,
	.limit = knell_cpu_limit,
	.arm = knell_cpu_arm,
	.disarm = knell_cpu_disarm,
	.detail = knell_cpu_detail,
};
