// SPDX-License-Identifier: GPL-2.0
// The facts behind the server.
#include "metrics/endpoint.hpp"

#include "metrics/exposition.hpp"
#include "util/log.hpp"

#include <chrono>

namespace knell::metrics {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds fresh{1};	// facts younger than this serve another scrape

} // namespace

/// What is scraped.
class Collector {
public:
	explicit Collector(Provider provider) : provider_(std::move(provider)) {}

	std::string scrape()
	{
		const std::lock_guard lock(mutex_);

		if (!taken_ || Clock::now() - *taken_ >= fresh) {
			auto facts = provider_();
			auto all = facts ? families(*facts) : std::vector<Family>();
			all.push_back(up(facts.ok()));
			text_ = text(all);
			taken_ = Clock::now();
		}
		return text_ + text({takeovers()});
	}

	void takeover(double seconds)
	{
		const std::lock_guard lock(takeovers_mutex_);

		takeovers_.observe(seconds);
	}

private:
	Family takeovers()
	{
		const std::lock_guard lock(takeovers_mutex_);

		return takeovers_.family("knell_takeover_seconds",
					 "Takeovers this node saw: from the notice heard here to service.");
	}

	const Provider provider_;
	std::mutex mutex_;		// protects the two below
	std::string text_;
	std::optional<Clock::time_point> taken_;
	std::mutex takeovers_mutex_;	// never held while the kernel is asked
	Histogram takeovers_;
};

Endpoint::Endpoint(Provider provider) : collector_(std::make_shared<Collector>(std::move(provider))) {}

Endpoint::~Endpoint() = default;

Status Endpoint::configure(const model::Metrics &where)
{
	const std::lock_guard lock(mutex_);

	if (where == where_ && (server_ || !where.port))
		return {};
	server_.reset();
	where_ = where;
	if (!where.port)
		return {};
	auto server = Server::listen(where.address, where.port, [collector = collector_] { return collector->scrape(); });
	if (!server)
		return server.error().within("metrics");
	server_ = std::move(*server);
	log::info("metrics at {} port {}, /metrics", where.address, where.port);
	return {};
}

void Endpoint::takeover(double seconds)
{
	collector_->takeover(seconds);
}

std::uint16_t Endpoint::port()
{
	const std::lock_guard lock(mutex_);

	return server_ ? server_->port() : 0;
}

} // namespace knell::metrics
