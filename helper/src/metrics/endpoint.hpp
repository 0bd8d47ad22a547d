// SPDX-License-Identifier: GPL-2.0
// The HTTP endpoint Prometheus scrapes: /metrics, in a thread of its own, off unless the cluster
// file has 'metrics'. The kernel is asked once a second at most, however often somebody scrapes.
//
// Context and locking: any thread may call; mutex_ protects server_ and where_.
#pragma once

#include "metrics/facts.hpp"
#include "metrics/server.hpp"
#include "model/watching.hpp"

#include <memory>
#include <mutex>

namespace knell::metrics {

class Collector;

class Endpoint {
public:
	explicit Endpoint(Provider provider);
	~Endpoint();
	Endpoint(const Endpoint &) = delete;
	Endpoint &operator=(const Endpoint &) = delete;

	/// Listen there, or nowhere. An error leaves it listening nowhere.
	Status configure(const model::Metrics &where);

	/// A takeover this node saw: from the notice heard here to service.
	void takeover(double seconds);

	/// Where it listens, 0 = nowhere.
	std::uint16_t port();

private:
	std::shared_ptr<Collector> collector_;
	std::mutex mutex_;
	model::Metrics where_;
	std::unique_ptr<Server> server_;
};

} // namespace knell::metrics
