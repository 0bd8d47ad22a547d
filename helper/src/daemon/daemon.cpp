// SPDX-License-Identifier: GPL-2.0
// Construction of the daemon, its event loop and its signals.
#include "daemon/daemon.hpp"

#include "actions/registry.hpp"
#include "actions/shutdown_guard.hpp"
#include "model/order.hpp"
#include "util/log.hpp"

#include <algorithm>
#include <asio/detached.hpp>
#include <csignal>
#include <systemd/sd-daemon.h>

namespace knell::daemon {

using namespace std::chrono_literals;

namespace {

// Documentation/timeouts.md: the kernel waits helper_timeout for a pet; the windows say how
// old a canary's success may be when the kernel is petted.
constexpr milliseconds pet_period_min{50};
constexpr milliseconds exec_period_min{2000}, exec_window_min{6000};
constexpr milliseconds disk_period{5000}, disk_window{20000};
constexpr milliseconds loop_period{500}, loop_window_min{2000};

constexpr milliseconds systemd_patience{30000};	// while it reads all its units again

milliseconds pet_period(const model::Options &options)
{
	return std::max(pet_period_min, options.helper_timeout / 4);
}

} // namespace

Result<std::unique_ptr<Daemon>> Daemon::create(const Settings &settings)
{
	auto store = mib::Store::open(settings.state_dir);
	if (!store)
		return store.error();
	for (const auto &warning : store->warnings())
		log::error("{}", warning);
	auto description = describe_or_remember(settings, *store);
	if (!description)
		return description.error();
	auto kernel = netlink::Client::connect();
	if (!kernel)
		return kernel.error();
	auto petting = netlink::Client::connect();
	if (!petting)
		return petting.error();
	return std::make_unique<Daemon>(settings, std::move(*description), std::move(*store),
					std::move(*kernel), std::move(*petting));
}

Daemon::Daemon(Settings settings, Description description, mib::Store store, netlink::Client kernel,
	       netlink::Client petting)
	: settings_(std::move(settings)), description_(std::move(description)), kernel_(std::move(kernel)),
	  petting_(std::move(petting)), recorder_(std::move(store)),
	  sampler_(settings_.state_dir, sampler_setup(description_)),
	  metrics_([this]() -> Result<metrics::Facts> {
		  auto facts = metrics::kernel_facts();
		  if (facts)
			  facts->sample = sampler_.latest();
		  return facts;
	  }),
	  alerts_(alert_setup(description_),
		  [this](const alert::Alert &alert) {
			  if (alert.seconds)
				  metrics_.takeover(*alert.seconds);
		  }),
	  around_{loop_, workers_, kernel_, recorder_, description_.cluster.options, {}, {}, {}},
	  talker_(loop_, kernel_, recorder_, talk_hooks()),
	  exec_canary_("exec", std::max(exec_period_min, description_.cluster.options.helper_timeout / 2),
		       std::max(exec_window_min, 2 * description_.cluster.options.helper_timeout),
		       [window = std::max(exec_window_min, 2 * description_.cluster.options.helper_timeout)] {
			       return daemon::exec_canary(window);
		       }),
	  disk_canary_("disk", disk_period, disk_window,
		       [directory = settings_.state_dir] { return daemon::disk_canary(directory); }),
	  loop_canary_("event loop", loop_period,
		       std::max(loop_window_min, 2 * description_.cluster.options.helper_timeout), {}),
	  petter_(pet_period(description_.cluster.options), {&exec_canary_, &disk_canary_, &loop_canary_},
		  [this] { return petting_.pet(); })
{
	site_.cluster = description_.cluster.id;
	site_.cluster_name = description_.cluster.name;
	site_.node = description_.self.id;
	site_.node_name = description_.self.name;
	site_.look_up = [](std::uint16_t node) -> Result<actions::NodeView> {
		auto client = netlink::Client::connect();
		if (!client)
			return client.error();
		auto nodes = client->nodes();
		if (!nodes)
			return nodes.error();
		for (const auto &record : *nodes)
			if (record.id == node)
				return actions::NodeView{record.status, record.epoch};
		return actions::NodeView{};
	};
	around_.give_up = [this](std::uint8_t reason, const std::string &why) {
		log::error("this node gives up: {}", why);
		recorder_.note("node " + description_.self.name, "gives up: " + why);
		if (auto done = kernel_.status_set(KNELL_STATUS_DOWN, reason); !done)
			log::error("{}", done.error().text());
	};
	around_.fenced = [this](const std::string &why) {
		log::error("{}", why);
		recorder_.note("node " + description_.self.name, why);
		spawn(leave_fenced());
	};
	around_.serves = [this](std::uint16_t app, bool yes) { sampler_.serves(app, yes); };
}

Daemon::~Daemon() = default;

void Daemon::spawn(Task<void> task)
{
	asio::co_spawn(loop_, std::move(task), asio::detached);
}

Application *Daemon::find(std::uint16_t app)
{
	auto found = applications_.find(app);

	return found == applications_.end() ? nullptr : found->second.get();
}

bool Daemon::candidate_of(const model::Application &app) const
{
	auto candidates = model::candidates(description_.cluster, app);

	return std::find(candidates.begin(), candidates.end(), site_.node) != candidates.end();
}

std::unique_ptr<plan::Plan> Daemon::make_plan(const model::Application &app)
{
	return std::make_unique<plan::Plan>(app.id, app.name, actions::make_actions(site_, app),
					    [this](const plan::StepReport &report) { recorder_.step(report); });
}

/// Applications this node is a candidate of; their actions see the present epoch.
void Daemon::make_applications()
{
	site_.epoch = epoch_;
	for (const auto &app : description_.cluster.applications)
		if (candidate_of(app) && !find(app.id))
			applications_.emplace(app.id, std::make_unique<Application>(around_, app, make_plan(app)));
}

/// What systemd would stop beside us when the machine goes down is left to us.
Task<void> Daemon::guard_shutdown()
{
	std::vector<std::string> units;

	if (sd_booted() <= 0)
		co_return;
	for (const auto &app : description_.cluster.applications)
		if (candidate_of(app))
			for (auto &unit : actions::units_of(app))
				units.push_back(std::move(unit));
	auto done = co_await run_on(workers_, [&units]() -> Status {
		auto changed = actions::guard_units(units, actions::runtime_units);
		if (!changed)
			return changed.error();
		return *changed ? actions::reload_systemd(systemd_patience) : Status();
	});
	if (!done)
		log::warning("{}", done.error().text());
}

Task<void> Daemon::beat()
{
	for (;;) {
		loop_canary_.passed();
		co_await pause(loop_period);
	}
}

Task<void> Daemon::follow_signals()
{
	asio::signal_set signals(loop_, SIGTERM, SIGINT, SIGHUP);
	asio::error_code error;

	for (;;) {
		int signal = co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, error));
		if (error)
			co_return;
		if (signal == SIGHUP)
			reload();
		else if (!stopping_) {
			stopping_ = true;
			spawn(shut_down());
		}
	}
}

int Daemon::run()
{
	std::signal(SIGPIPE, SIG_IGN);
	exec_canary_.start();
	disk_canary_.start();
	loop_canary_.start();
	// A kernel that already has the cluster waits for a pet while this is an early start.
	if (description_.cluster.options.helper_timeout > 0ms)
		petter_.start();
	spawn(beat());
	spawn(follow_signals());
	// A router's disks are its own; the socket alone would load the initiator there.
	if (model::fabric_role(description_.cluster, description_.self) == model::Role::server)
		spawn(follow_sessions());
	configure_watching();
	spawn(begin());
	loop_.run();
	petter_.stop();
	workers_.join();
	recorder_.drain();
	sd_notify(0, "STATUS=stopped");
	return exit_status_;
}

} // namespace knell::daemon
