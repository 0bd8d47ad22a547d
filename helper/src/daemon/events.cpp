// SPDX-License-Identifier: GPL-2.0
// The kernel's events, and what each makes the daemon do.
#include "daemon/daemon.hpp"

#include "model/names.hpp"
#include "util/log.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <unistd.h>

namespace knell::daemon {

namespace {

constexpr milliseconds reopen_retry{500};
constexpr milliseconds session_settle{200};	// one login is many messages

} // namespace

Task<void> Daemon::follow()
{
	using asio::posix::stream_descriptor;

	for (;;) {
		// The descriptor is a duplicate: Asio closes its own, the subscription keeps its.
		stream_descriptor descriptor(loop_, ::dup(events_->fd()));
		for (;;) {
			asio::error_code error;
			co_await descriptor.async_wait(stream_descriptor::wait_read,
						       asio::redirect_error(asio::use_awaitable, error));
			if (error)
				break;
			auto batch = events_->read();
			if (!batch) {
				log::error("{}", batch.error().text());
				break;
			}
			for (const auto &event : batch->events)
				dispatch(event);
			if (batch->lost) {
				log::warning("events were lost: looking at everything again");
				look_again();
			}
		}
		descriptor.close();
		for (;;) {
			auto opened = netlink::Subscription::open();
			if (opened) {
				*events_ = std::move(*opened);
				break;
			}
			log::error("{}", opened.error().text());
			co_await pause(reopen_retry);
		}
		look_again();
	}
}

/// What became of our registrations while nobody could look?
void Daemon::check_fences()
{
	for (auto &[id, app] : applications_)
		spawn(app->check_fence());
}

/// Sessions that break or come back, the data's too: the mailbox need not be among them.
Task<void> Daemon::follow_sessions()
{
	using asio::posix::stream_descriptor;

	auto sessions = Sessions::open();
	if (!sessions) {
		log::info("{}", sessions.error().text());
		co_return;
	}
	// The descriptor is a duplicate: Asio closes its own.
	stream_descriptor descriptor(loop_, ::dup(sessions->fd()));
	for (;;) {
		asio::error_code error;
		co_await descriptor.async_wait(stream_descriptor::wait_read,
					       asio::redirect_error(asio::use_awaitable, error));
		if (error)
			break;
		if (!sessions->read())
			continue;
		log::info("an iSCSI session changes: looking at the reservations");
		check_fences();
		co_await pause(session_settle);
	}
}

void Daemon::dispatch(const netlink::Event &event)
{
	alerts_.hear(event);
	switch (event.command) {
	case KNELL_CMD_NODE_GET:
		if (!event.node)
			return;
		log::info("node {}: {} ({}), epoch {}", event.node->name,
			  model::status_name(event.node->status), model::reason_name(event.node->reason),
			  event.node->epoch);
		recorder_.node(event);
		consider_self(*event.node);
		consider_peer(*event.node);
		return;
	case KNELL_CMD_APP_GET:
		if (!event.app)
			return;
		log::info("application {}: {} ({}), owner {}, version {}", event.app->name,
			  model::app_state_name(event.app->state), model::reason_name(event.app->reason),
			  event.app->owner, event.app->version);
		recorder_.app(event);
		consider(*event.app);
		return;
	case KNELL_CMD_LINK_GET:
		if (!event.link)
			return;
		log::info("link {}: {}", event.link->name, model::link_state_name(event.link->state));
		if (event.link->kind == KNELL_LINK_INITIATOR && event.link->state == KNELL_LINK_UP)
			check_fences();
		return;
	case KNELL_CMD_CONFLICT:
		log::warning("disk {} answers as if this node was fenced from it: looking at the reservations",
			     event.device);
		check_fences();
		return;
	case KNELL_CMD_ORDER:
		if (event.order)
			obey(*event.order);
		return;
	case KNELL_CMD_MESSAGE:
		if (event.message)
			talker_.heard(*event.message);
		return;
	default:
		return;
	}
}

/// Events may be missing: act on what the tables say now.
void Daemon::look_again()
{
	auto nodes = kernel_.nodes();
	auto records = kernel_.applications();

	if (nodes && records)
		watch_records(*nodes, *records);
	if (nodes)
		for (const auto &record : *nodes) {
			consider_self(record);
			consider_peer(record);
		}
	if (records)
		for (const auto &record : *records)
			consider(record);
}

void Daemon::consider_self(const netlink::NodeRecord &record)
{
	if (!record.self || record.epoch < epoch_ || !epoch_ || leaving_ || stopping_)
		return;
	if (record.epoch > epoch_) {
		log::error("this node is known under epoch {}, above its own {}: letting go of everything; its state "
			   "directory was lost, or another machine uses its number",
			   record.epoch, epoch_);
		recorder_.note("node " + site_.node_name, "found itself known under a higher epoch");
	} else if (record.status != KNELL_STATUS_DOWN && record.status != KNELL_STATUS_LOST) {
		return;
	} else {
		log::error("this node is {} ({}) to the others: letting go of everything",
			   model::status_name(record.status), model::reason_name(record.reason));
	}
	leaving_ = true;
	spawn(let_go_and_rejoin());
}

void Daemon::consider(const netlink::AppRecord &record)
{
	auto *app = find(record.id);

	if (!app || leaving_)
		return;
	bool mine = record.owner == site_.node && record.owner_epoch == epoch_;
	if (mine && record.granted && record.state == KNELL_APP_STARTING) {
		if (!stopping_)
			spawn(app->take(record));
		return;
	}
	bool held = app->phase() == Application::Phase::serving || app->phase() == Application::Phase::taking;
	if (!mine && held) {
		log::error("{}: node {} has it now: dropping it here", app->name(), record.owner);
		spawn(app->let_go());
	}
}

void Daemon::obey(const netlink::Order &order)
{
	if (order.what != KNELL_ORDER_RELEASE || leaving_ || stopping_)
		return;
	log::notice("node {} orders the release of {}", order.origin,
		    order.app ? "application " + std::to_string(order.app) : std::string("everything"));
	for (auto &[id, app] : applications_) {
		if (order.app && order.app != id)
			continue;
		if (app->phase() == Application::Phase::idle)
			continue;
		spawn([](Application &released, std::uint16_t prefer) -> Task<void> {
			co_await released.release(KNELL_REASON_PLANNED, prefer);
		}(*app, order.arg));
	}
}

} // namespace knell::daemon
