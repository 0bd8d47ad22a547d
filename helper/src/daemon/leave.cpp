// SPDX-License-Identifier: GPL-2.0
// Letting go: because the others say so, because the storage says so, or in good order.
#include "daemon/daemon.hpp"

#include "util/log.hpp"

#include <systemd/sd-daemon.h>

namespace knell::daemon {

namespace {

constexpr milliseconds released_retry{500};

} // namespace

/// All applications at once; returns when nothing of any is left on this node.
Task<void> Daemon::let_go_all()
{
	std::size_t open = applications_.size();
	asio::steady_timer done(loop_, asio::steady_timer::time_point::max());
	asio::error_code ignored;

	for (auto &[id, app] : applications_)
		spawn([](Application &dropped, std::size_t &left, asio::steady_timer &all) -> Task<void> {
			co_await dropped.let_go();
			if (--left == 0)
				all.cancel();
		}(*app, open, done));
	while (open)
		co_await done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// DOWN or LOST: the others take over, whatever this node thinks of itself.
Task<void> Daemon::let_go_and_rejoin()
{
	co_await let_go_all();
	for (;;) {
		auto done = kernel_.released();
		if (done || stopping_)
			break;
		log::error("{}", done.error().text());
		co_await pause(released_retry);
		auto self = own_record();
		if (self && self->epoch == epoch_ && self->status != KNELL_STATUS_DOWN &&
		    self->status != KNELL_STATUS_LOST)
			break;
	}
	recorder_.note("node " + site_.node_name, "has let go of everything");
	log::notice("everything is let go of; joining again");
	co_await join_until_done();
}

/// The storage took our registration away before any notice came: same consequence.
Task<void> Daemon::leave_fenced()
{
	if (leaving_ || stopping_)
		co_return;
	leaving_ = true;
	std::vector<std::uint16_t> served;
	for (auto &[id, app] : applications_)
		if (app->phase() != Application::Phase::idle)
			served.push_back(id);
	co_await let_go_all();
	// If a newer record is under way somewhere, it outranks this one.
	for (auto id : served)
		if (auto done = kernel_.app_report(id, KNELL_APP_ORPHAN, KNELL_REASON_FENCED); !done)
			log::debug("{}", done.error().text());
	auto self = own_record();
	if (self && (self->status == KNELL_STATUS_DOWN || self->status == KNELL_STATUS_LOST))
		(void)kernel_.released().ok();
	log::notice("everything is let go of; joining again");
	co_await join_until_done();
}

/// SIGTERM: release everything in good order and leave the cluster.
Task<void> Daemon::shut_down()
{
	sd_notify(0, "STOPPING=1\nSTATUS=releasing");
	log::notice("stopping: releasing everything");
	std::size_t open = applications_.size();
	asio::steady_timer done(loop_, asio::steady_timer::time_point::max());
	asio::error_code ignored;
	bool clean = true;

	for (auto &[id, app] : applications_)
		spawn([](Application &released, std::size_t &left, bool &all_clean,
			 asio::steady_timer &all) -> Task<void> {
			bool gone = co_await released.release(KNELL_REASON_SHUTDOWN, KNELL_NODE_NONE);
			all_clean &= gone;
			if (--left == 0)
				all.cancel();
		}(*app, open, clean, done));
	while (open)
		co_await done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
	if (!clean)
		co_await let_go_all();
	auto self = own_record();
	if (self && (self->status == KNELL_STATUS_DOWN || self->status == KNELL_STATUS_LOST))
		(void)kernel_.released().ok();
	(void)kernel_.strangers(false).ok();
	if (auto left = kernel_.cluster_del(); left) {
		log::notice("left the cluster");
	} else {
		log::error("{}", left.error().text());
		exit_status_ = 1;
	}
	recorder_.note("node " + site_.node_name, clean ? "left in good order" : "left, not in good order");
	loop_.stop();
}

} // namespace knell::daemon
