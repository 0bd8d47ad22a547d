// SPDX-License-Identifier: GPL-2.0
// Each look reads everything: an event only says that it is time for one.
#include "snmp/reader.hpp"

#include "model/document.hpp"
#include "netlink/client.hpp"
#include "statistics/history.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <utility>

namespace knell::snmp {

namespace {

using model::AlertEvent;

netlink::Event event_of(const netlink::NodeRecord &record)
{
	netlink::Event event;

	event.command = KNELL_CMD_NODE_GET;
	event.node = record;
	return event;
}

netlink::Event event_of(const netlink::AppRecord &record)
{
	netlink::Event event;

	event.command = KNELL_CMD_APP_GET;
	event.app = record;
	return event;
}

} // namespace

/// Without the kernel part there are no events either; it is asked again with the next look.
void Reader::listen()
{
	if (events_)
		return;
	if (auto opened = netlink::Subscription::open())
		events_ = std::make_unique<netlink::Subscription>(std::move(*opened));
}

std::optional<statistics::Sample> Reader::latest_sample() const
{
	auto history = statistics::History::open_read_only(state_dir_);
	if (!history)
		return std::nullopt;
	auto newest = history->newest(1);
	if (!newest || newest->empty())
		return std::nullopt;
	return std::move(newest->front());
}

/// Volumes and addresses are those of the document the records are of, or those of before until
/// the kernel has it.
void Reader::describe(std::uint32_t mib_hash)
{
	if (mib_hash_ == mib_hash)
		return;
	auto client = netlink::Client::connect();
	if (!client)
		return;
	const auto document = client->mib();
	if (!document)
		return;
	const auto digest = model::sha256(document->text);
	if (!digest || model::short_hash(*digest) != mib_hash)
		return;
	auto cluster = model::deserialize(document->text);
	if (!cluster) {
		log::warning("{}", cluster.error().text());
		cluster_ = {};
	} else {
		cluster_ = std::move(*cluster);
	}
	mib_hash_ = mib_hash;
}

void Reader::place(const metrics::Facts &facts)
{
	const alert::Position position{facts.cluster.self, facts.cluster.mib_hash, {}};

	if (judge_)
		return judge_->place(position);
	// What was so when this program began is no news.
	judge_ = std::make_unique<alert::Judge>(position);
	for (const auto &record : facts.nodes)
		judge_->know(record);
	for (const auto &record : facts.apps)
		judge_->know(record);
}

/// What of an event is a notification waits until the image that goes with it is told.
void Reader::judge(const netlink::Event &event)
{
	// An event need not name what it is about.
	const auto named = [](auto record, const auto &known) {
		const auto found = std::ranges::find(known, record.id, &std::decay_t<decltype(record)>::id);
		if (record.name.empty() && found != known.end())
			record.name = found->name;
		return record;
	};

	if (!judge_ || !facts_)
		return;
	for (const auto &alert : judge_->hear(event, std::chrono::steady_clock::now())) {
		if ((alert.event == AlertEvent::node_down || alert.event == AlertEvent::node_lost) && event.node)
			waiting_.push_back(node_down(named(*event.node, facts_->nodes)));
		else if (alert.event == AlertEvent::node_recovered && event.node)
			waiting_.push_back(recovered(named(*event.node, facts_->nodes)));
		else if (alert.event == AlertEvent::takeover_done && event.app)
			waiting_.push_back(takeover(named(*event.app, facts_->apps)));
	}
}

/// The judge compares with what it was told before, so this finds what an event that was lost
/// would have said.
void Reader::judge(const metrics::Facts &facts)
{
	for (const auto &record : facts.nodes)
		judge(event_of(record));
	for (const auto &record : facts.apps)
		judge(event_of(record));
}

Status Reader::look()
{
	listen();
	if (auto facts = metrics::kernel_facts()) {
		facts->sample = latest_sample();
		describe(facts->cluster.mib_hash);
		facts_ = std::move(*facts);
		place(*facts_);
		judge(*facts_);
		complained_ = false;
	} else {
		facts_.reset();
		events_.reset();
		if (!complained_)
			log::warning("{}", facts.error().text());
		complained_ = true;
	}
	auto image = make_image(facts_, cluster_);
	if (image != told_) {
		told_ = image;
		if (auto sent = send(speaker_, std::move(image)); !sent)
			return sent;
	}
	for (auto &each : std::exchange(waiting_, {}))
		if (auto sent = send(speaker_, std::move(each)); !sent)
			return sent;
	return {};
}

Status Reader::hear()
{
	if (auto batch = events_->read()) {
		for (const auto &event : batch->events)
			judge(event);
	} else {
		log::warning("{}", batch.error().text());
		events_.reset();
	}
	return look();
}

Status Reader::run(int stop)
{
	using std::chrono::milliseconds;

	if (auto done = look(); !done)
		return done;
	for (;;) {
		std::array<pollfd, 3> fds{{{stop, POLLIN, 0}, {speaker_, POLLIN, 0}, {events_ ? events_->fd() : -1, POLLIN, 0}}};
		const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(milliseconds(period).count()));
		if (ready < 0 && errno != EINTR)
			return Error::from_errno("cannot wait", errno);
		if (fds[0].revents)
			return {};
		if (fds[1].revents)
			return Error{"the AgentX half has ended", "", "systemd starts both again"};
		if (auto done = fds[2].revents ? hear() : look(); !done)
			return done;
	}
}

} // namespace knell::snmp
