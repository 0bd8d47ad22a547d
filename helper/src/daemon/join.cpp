// SPDX-License-Identifier: GPL-2.0
// Joining: epoch, installation in the kernel, tests; and finding the way back after a restart
// of the daemon alone.
#include "daemon/daemon.hpp"

#include "daemon/identity.hpp"
#include "daemon/install.hpp"
#include "mib/files.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>

namespace knell::daemon {

using actions::Release;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds join_retry{2000};
constexpr milliseconds rejoin_interval{5000};	// a node that keeps falling out does not spin
constexpr milliseconds test_retry{1000};	// devices and interfaces may come late

bool terminal(std::uint8_t status)
{
	return status == KNELL_STATUS_DOWN || status == KNELL_STATUS_LOST || status == KNELL_STATUS_LEFT;
}

} // namespace

Result<netlink::NodeRecord> Daemon::own_record()
{
	auto nodes = kernel_.nodes();

	if (!nodes)
		return nodes.error();
	for (auto &record : *nodes)
		if (record.self)
			return std::move(record);
	return Error{"cannot find this node in the kernel's table", "", "", ENOENT};
}

/// First thing: does the kernel still have us from before?
Task<void> Daemon::begin()
{
	auto opened = netlink::Subscription::open();
	if (!opened) {
		log::error("{}", opened.error().text());
		exit_status_ = 1;
		loop_.stop();
		co_return;
	}
	events_ = std::make_unique<netlink::Subscription>(std::move(*opened));
	// Machines without a cluster hang on routers and arrays: there they hear of a cluster that knows them.
	if (auto done = kernel_.strangers(description_.self.role != model::Role::server); !done)
		log::error("{}", done.error().text());
	co_await remember_for_alerts();
	co_await talker_.resume();
	if (co_await readopt()) {
		spawn(follow());
		sd_notify(0, "READY=1\nSTATUS=joined");
		look_again();
		co_return;
	}
	spawn(follow());
	co_await join_until_done();
	sd_notify(0, "READY=1");
}

/// The daemon alone was restarted: same boot, same epoch, the kernel knows this node as well.
Task<bool> Daemon::readopt()
{
	auto cluster = kernel_.cluster();
	auto known = co_await recorder_.with_store([](mib::Store &store) {
		auto epoch = store.epoch();
		auto boot = store.epoch_boot_id();
		auto now = mib::boot_id();
		bool same_boot = boot && now && *boot == *now;
		return epoch && same_boot ? *epoch : 0U;
	});
	auto self = own_record();
	const bool here = cluster && self && cluster->id == description_.cluster.id &&
			  cluster->self == description_.self.id;

	epoch_ = here ? cluster->epoch : 0;
	make_applications();
	if (!here || known != cluster->epoch || terminal(self->status) || self->epoch != cluster->epoch) {
		// Nothing here is ours any more, if it ever was.
		const bool out = here && (self->epoch > cluster->epoch || (terminal(self->status) &&
									   self->status != KNELL_STATUS_LEFT));
		for (auto &[id, app] : applications_) {
			auto clean = co_await app->clean_up(here ? Release::abandon : Release::orderly);
			if (clean)
				continue;
			log::error("{}", clean.error().text());
			// Else what is left is tried again before the tests.
			if (out)
				co_await app->let_go();
		}
		if (out)
			(void)kernel_.released().ok();
		co_return false;
	}
	if (auto done = co_await install(epoch_); !done) {
		log::error("{}", done.error().text());
		for (auto &[id, app] : applications_)
			co_await app->let_go();
		co_return false;
	}
	log::notice("knelld was restarted; this node is still in the cluster (epoch {})", epoch_);
	auto records = kernel_.applications();
	for (auto &[id, app] : applications_) {
		const netlink::AppRecord *record = nullptr;
		if (records)
			for (const auto &candidate : *records)
				if (candidate.id == id && candidate.owner == site_.node &&
				    candidate.owner_epoch == epoch_)
					record = &candidate;
		if (record && record->state == KNELL_APP_RUNNING) {
			auto stored = co_await recorder_.with_store(
				[id = id](mib::Store &store) { return store.processes(id); });
			std::vector<mib::ProcessEntry> processes;
			if (stored)
				processes = std::move(*stored);
			bool running = co_await app->adopt(std::move(processes));
			if (!running)
				co_await app->release(KNELL_REASON_STEP, KNELL_NODE_NONE);
			continue;
		}
		auto clean = co_await app->clean_up(Release::orderly);
		if (!clean) {
			around_.give_up(KNELL_REASON_STEP, clean.error().text());
			continue;
		}
		if (record && record->state == KNELL_APP_STOPPING)
			(void)kernel_.app_report(id, KNELL_APP_ORPHAN, KNELL_REASON_PLANNED).ok();
	}
	if (self->status == KNELL_STATUS_JOINING || self->status == KNELL_STATUS_RECOVERED)
		spawn(test_until_passed());
	co_return true;
}

/// Hand cluster, document and persisted records to the kernel.
Task<Status> Daemon::install(std::uint32_t epoch)
{
	const auto &d = description_;
	auto config = kernel_config(d.cluster, d.key, d.self.id, epoch, d.digest);

	if (!config)
		co_return config.error();
	if (auto done = kernel_.cluster_set(*config); !done)
		co_return done.error();
	if (auto done = kernel_.mib_set({d.cluster.generation, d.digest, d.document}); !done)
		co_return done.error();
	auto records = co_await recorder_.with_store([](mib::Store &store) { return store.applications(); });
	if (!records) {
		log::error("{}", records.error().text());
		co_return Status();
	}
	for (const auto &record : *records) {
		if (!record.version)
			continue;
		auto done = kernel_.app_restore(record);
		// An application that was removed meanwhile has nothing to be restored.
		if (!done && done.error().code != ENOENT)
			log::warning("{}: {}", record.name, done.error().text());
	}
	co_return Status();
}

Task<Status> Daemon::join()
{
	std::uint32_t seen = 0;
	if (auto self = own_record())
		seen = self->epoch;
	// On the disk before anyone hears of it: an epoch is never used twice.
	auto chosen = co_await recorder_.with_store([seen](mib::Store &store) -> Result<std::uint32_t> {
		auto last = store.epoch();
		auto boot = mib::boot_id();
		if (!last)
			return last.error();
		if (!boot)
			return boot.error();
		auto epoch = next_epoch(std::max(*last, seen), std::chrono::system_clock::now());
		if (auto done = store.set_epoch(epoch, *boot); !done)
			return done.error();
		return epoch;
	});
	if (!chosen)
		co_return chosen.error();
	epoch_ = *chosen;
	make_applications();
	// Before anything is granted: while systemd reads its units it starts none.
	co_await guard_shutdown();
	if (auto done = co_await install(epoch_); !done)
		co_return done.error();
	log::notice("joined cluster {} as node {} ({}), epoch {}", description_.cluster.name, site_.node,
		    site_.node_name, epoch_);
	recorder_.note("node " + site_.node_name, fmt::format("joined with epoch {}", epoch_));
	co_return Status();
}

Task<void> Daemon::join_until_done()
{
	auto since = Clock::now() - last_join_;
	if (last_join_ != Clock::time_point{} && since < rejoin_interval)
		co_await pause(std::chrono::duration_cast<milliseconds>(rejoin_interval - since));
	while (!stopping_) {
		auto done = co_await join();
		if (done)
			break;
		log::error("{}", done.error().text());
		co_await pause(join_retry);
	}
	last_join_ = Clock::now();
	leaving_ = false;
	if (stopping_)
		co_return;
	look_again();
	// The tests may have passed before begin() goes on; their word is the last.
	sd_notify(0, "STATUS=joined, testing");
	spawn(test_until_passed());
}

/// Pre-join tests: the node is STANDBY only when it could serve what it is a candidate of.
Task<void> Daemon::test_until_passed()
{
	const unsigned join = ++joins_;
	std::string last;

	while (join == joins_ && !leaving_ && !stopping_) {
		std::string wrong;
		for (auto &[id, app] : applications_) {
			std::vector<Error> errors;
			Status clean;
			if (app->phase() == Application::Phase::stuck)
				clean = co_await app->clean_up(Release::orderly);
			if (clean)
				errors = co_await app->test();
			else
				errors.push_back(clean.error());
			if (join != joins_ || leaving_ || stopping_)
				co_return;
			for (const auto &error : errors)
				wrong += (wrong.empty() ? "" : "; ") + error.text();
		}
		if (wrong.empty()) {
			auto done = kernel_.status_set(KNELL_STATUS_STANDBY, KNELL_REASON_TEST);
			if (done) {
				log::notice("all tests passed: this node takes part");
				sd_notify(0, "STATUS=joined, tests passed");
				co_return;
			}
			wrong = done.error().text();
			if (done.error().code != EAGAIN) {
				log::error("{}", wrong);
				co_return;
			}
		}
		if (wrong != last) {
			log::error("not ready to serve: {}", wrong);
			recorder_.note("node " + site_.node_name, "not ready: " + wrong);
			if (auto told = kernel_.not_ready(wrong); !told)
				log::error("{}", told.error().text());
		}
		last = wrong;
		co_await pause(test_retry);
	}
}

} // namespace knell::daemon
