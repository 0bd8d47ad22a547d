// SPDX-License-Identifier: GPL-2.0
// Events as records and lines of the history.
#include "daemon/recorder.hpp"

#include "model/names.hpp"
#include "util/log.hpp"

#include <asio/post.hpp>
#include <fmt/format.h>

namespace knell::daemon {

namespace {

std::uint64_t now_ns()
{
	using namespace std::chrono;
	return static_cast<std::uint64_t>(
		duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

std::string app_text(const netlink::AppRecord &record)
{
	auto state = model::app_state_name(record.state);

	return record.owner ? fmt::format("{} on node {}", state, record.owner) : std::string(state);
}

} // namespace

void Recorder::post(std::function<Status(mib::Store &)> work)
{
	asio::post(thread_, [this, work = std::move(work)] {
		if (auto done = work(store_); !done)
			log::error("{}", done.error().text());
	});
}

void Recorder::node(const netlink::Event &event)
{
	post([event](mib::Store &store) -> Status {
		const auto &record = *event.node;
		if (auto done = store.put_node(record); !done)
			return done;
		std::string old;
		if (event.node_old)
			old = model::status_name(event.node_old->status);
		std::string now(model::status_name(record.status));
		if (old == now)
			return {};
		return store.append({event.time_ns ? event.time_ns : now_ns(), "node " + record.name, old, now,
				     std::string(model::reason_name(record.reason))});
	});
}

void Recorder::app(const netlink::Event &event)
{
	post([event](mib::Store &store) -> Status {
		const auto &record = *event.app;
		if (auto done = store.put_app(record); !done)
			return done;
		std::string old;
		if (event.app_old)
			old = app_text(*event.app_old);
		auto now = app_text(record);
		if (old == now)
			return {};
		return store.append({event.time_ns ? event.time_ns : now_ns(), "application " + record.name, old,
				     now, std::string(model::reason_name(record.reason))});
	});
}

void Recorder::step(const plan::StepReport &report)
{
	// One line for machines that follow the log: the word "step", then JSON.
	log::info("step {}", plan::to_json(report));
	post([report](mib::Store &store) {
		auto result = report.error.empty()
				      ? fmt::format("done in {:.1f} ms",
						    static_cast<double>(report.duration.count()) / 1000)
				      : report.error;
		return store.append({report.start_ns, "application " + report.app_name,
				     fmt::format("{}{} {}", report.undo ? "undo " : "", report.kind, report.subject),
				     result, report.error.empty() ? "" : "step"});
	});
}

void Recorder::note(const std::string &what, const std::string &text)
{
	post([what, text, time = now_ns()](mib::Store &store) {
		return store.append({time, what, "", text, ""});
	});
}

void Recorder::processes(std::uint16_t app, std::vector<mib::ProcessEntry> entries)
{
	post([app, entries = std::move(entries)](mib::Store &store) {
		return store.set_processes(app, entries);
	});
}

} // namespace knell::daemon
