// SPDX-License-Identifier: GPL-2.0
// The thread between the kernel's events and the targets.
#include "alert/service.hpp"

#include "util/log.hpp"

#include <algorithm>

namespace knell::alert {

namespace {

using Clock = std::chrono::steady_clock;

/// Goes out once for the whole cluster.
bool shared(const model::AlertTarget &target)
{
	return target.kind == model::AlertKind::email || target.kind == model::AlertKind::command;
}

} // namespace

Service::Service(Setup setup, std::function<void(const Alert &)> told, Courier::Deliver deliver)
	: told_(std::move(told)), deliver_(std::move(deliver)), judge_(setup.position)
{
	apply(std::move(setup));
	thread_ = std::thread([this] { run(); });
}

Service::~Service()
{
	{
		const std::lock_guard lock(mutex_);
		stopping_ = true;
	}
	wake_.notify_all();
	thread_.join();
}

void Service::post(Work work)
{
	{
		const std::lock_guard lock(mutex_);
		if (inbox_.size() >= inbox_limit) {
			dropped_++;
			return;
		}
		inbox_.push_back(std::move(work));
	}
	wake_.notify_all();
}

void Service::configure(Setup setup)
{
	post([this, setup = std::move(setup)]() mutable { apply(std::move(setup)); });
}

void Service::know(std::vector<netlink::NodeRecord> nodes, std::vector<netlink::AppRecord> apps)
{
	post([this, nodes = std::move(nodes), apps = std::move(apps)] {
		for (const auto &record : nodes)
			judge_.know(record);
		for (const auto &record : apps)
			judge_.know(record);
	});
}

void Service::hear(netlink::Event event)
{
	post([this, event = std::move(event), now = Clock::now()] { tell(judge_.hear(event, now), now); });
}

/// The service's thread, or the constructor before there is one.
void Service::apply(Setup setup)
{
	setup_ = std::move(setup);
	judge_.place(setup_.position);
	std::list<std::unique_ptr<Courier>> next;
	for (const auto &target : setup_.targets) {
		auto same = std::ranges::find_if(couriers_, [&](const auto &c) { return c->target() == target; });
		if (same != couriers_.end())
			next.splice(next.end(), couriers_, same);
		else
			next.push_back(std::make_unique<Courier>(target, setup_.origin, deliver_));
	}
	couriers_ = std::move(next);
}

void Service::send(const Alert &alert, bool for_all)
{
	for (auto &courier : couriers_)
		if (shared(courier->target()) == for_all)
			courier->post(alert);
}

void Service::tell(const std::vector<Alert> &alerts, Time now)
{
	look_at_reporter(now);
	for (const Alert &alert : alerts) {
		if (told_)
			told_(alert);
		send(alert, false);
		if (alert.local || reporter_ == setup_.position.self)
			send(alert, true);
		else
			held_.push_back({alert, now + held_for});
	}
}

/// When this node becomes the reporter, the one before may have died with something unsent.
void Service::look_at_reporter(Time now)
{
	const auto before = std::exchange(reporter_, judge_.reporter());

	while (!held_.empty() && held_.front().until < now)
		held_.pop_front();
	// A lower number that comes back has missed nothing the one before did not send.
	if (reporter_ != setup_.position.self || before == reporter_ || judge_.may_report(before))
		return;
	for (const Held &held : std::exchange(held_, {}))
		send(held.alert, true);
}

void Service::run()
{
	std::unique_lock lock(mutex_);

	for (;;) {
		const auto ready = [this] { return stopping_ || !inbox_.empty(); };
		if (const auto next = judge_.next())
			wake_.wait_until(lock, *next, ready);
		else
			wake_.wait(lock, ready);
		if (stopping_)
			return;
		auto work = std::exchange(inbox_, {});
		const unsigned dropped = std::exchange(dropped_, 0);
		lock.unlock();
		if (dropped)
			log::error("{} events came too fast for the alerts and were not looked at", dropped);
		for (auto &each : work)
			each();
		const auto now = Clock::now();
		tell(judge_.due(now), now);
		lock.lock();
	}
}

} // namespace knell::alert
