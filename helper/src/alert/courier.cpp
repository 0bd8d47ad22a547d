// SPDX-License-Identifier: GPL-2.0
// Takes alerts out of the queue, one at a time, and tells what did not get through.
#include "alert/courier.hpp"

#include "util/log.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

namespace knell::alert {

using Clock = std::chrono::steady_clock;

Courier::Courier(model::AlertTarget target, Origin origin, Deliver deliver)
	: target_(std::move(target)), origin_(std::move(origin)), deliver_(std::move(deliver)),
	  cancel_(::eventfd(0, EFD_CLOEXEC)), limit_(target_.limit, target_.period)
{
	surroundings_.cancel = cancel_.get();
	thread_ = std::thread([this] { run(); });
}

Courier::~Courier()
{
	{
		const std::lock_guard lock(mutex_);
		stopping_ = true;
		if (!queue_.empty())
			log::warning("alert target {}: {} alerts are not sent, knelld ends", target_.name,
				     queue_.size());
	}
	(void)::eventfd_write(cancel_.get(), 1);
	wake_.notify_all();
	thread_.join();
}

void Courier::post(const Alert &alert)
{
	if (!model::wants(target_, alert.event, alert.severity))
		return;
	{
		const std::lock_guard lock(mutex_);
		if (queue_.size() >= queue_limit) {
			if (!dropped_++)
				log::error("alert target {}: {} alerts wait already, the next ones are dropped",
					   target_.name, queue_limit);
			return;
		}
		queue_.push_back(alert);
	}
	wake_.notify_all();
}

Alert Courier::missing(unsigned count) const
{
	Alert alert;

	alert.event = model::AlertEvent::alerts_suppressed;
	alert.severity = model::severity_of(alert.event);
	alert.time_ns = now_ns();
	alert.node = origin_.node;
	alert.local = true;
	alert.text = fmt::format("{} alerts were not sent to {}: there were more than {} in {} s, or its queue was full; "
				 "see knellctl history on node {}",
				 count, target_.name, target_.limit,
				 std::chrono::duration<double>(target_.period).count(), origin_.node);
	return alert;
}

void Courier::send(const Alert &alert)
{
	if (auto done = deliver_(target_, alert, origin_, surroundings_); !done)
		log::error("{}", done.error().text());
}

void Courier::run()
{
	const auto ready = [this] { return stopping_ || !queue_.empty() || dropped_; };
	std::unique_lock lock(mutex_);

	for (;;) {
		if (const auto due = limit_.due())
			wake_.wait_until(lock, *due, ready);
		else
			wake_.wait(lock, ready);
		if (stopping_)
			return;
		const auto now = Clock::now();
		std::optional<Alert> next;
		limit_.miss(std::exchange(dropped_, 0));
		// What did not get through is told before what comes next.
		if (const auto due = limit_.due(); due && now >= *due) {
			next = missing(limit_.tell(now));
		} else if (!queue_.empty()) {
			if (limit_.admit(now))
				next = std::move(queue_.front());
			else if (limit_.missed() == 1)
				log::warning("alert target {}: more than {} alerts in {} ms, the next ones are kept back",
					     target_.name, target_.limit, target_.period.count());
			queue_.pop_front();
		}
		if (!next)
			continue;
		lock.unlock();
		send(*next);
		lock.lock();
	}
}

} // namespace knell::alert
