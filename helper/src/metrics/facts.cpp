// SPDX-License-Identifier: GPL-2.0
// Reads the kernel's tables.
#include "metrics/facts.hpp"

#include "netlink/client.hpp"

namespace knell::metrics {

namespace {

/// True if `from` was good.
template <typename T> bool take(Result<T> from, T &into, std::optional<Error> &error)
{
	if (from)
		into = std::move(*from);
	else
		error = from.error();
	return from.ok();
}

} // namespace

Result<Facts> kernel_facts()
{
	Facts facts;
	std::optional<Error> error;
	auto client = netlink::Client::connect();

	if (!client)
		return client.error();
	if (take(client->cluster(), facts.cluster, error) && take(client->nodes(), facts.nodes, error) &&
	    take(client->applications(), facts.apps, error) && take(client->links(), facts.links, error) &&
	    take(client->checks(), facts.checks, error) && take(client->counters(), facts.counters, error))
		return facts;
	return *error;
}

} // namespace knell::metrics
