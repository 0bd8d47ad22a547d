// SPDX-License-Identifier: GPL-2.0
// knellctl probe: an echo through the kernels, over the storage connection.
#include <random>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/follow.hpp"
#include "cli/snapshot.hpp"
#include "cli/text.hpp"

namespace knell::cli {
namespace {

struct ProbeOptions {
	std::string node;
	unsigned timeout_ms = 5000;
};

int told(Context &context, const std::string &node, std::uint64_t rtt_ns)
{
	if (context.json) {
		json document = Context::envelope("probe");

		document["node"] = node;
		document["rtt_ns"] = rtt_ns;
		context.print(document);
	} else {
		context.out << "answer from the kernel of " << node << " after "
			    << duration(std::chrono::nanoseconds(rtt_ns)) << "\n";
	}
	return exit_ok;
}

int probe(Context &context, const ProbeOptions &options)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("probe", client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail("probe", s.error());
	auto node = require_node(*s, options.node);

	if (!node)
		return context.fail("probe", node.error());
	auto follow = Follow::open();

	if (!follow)
		return context.fail("probe", follow.error());
	std::random_device random;
	const std::uint64_t cookie = std::uint64_t{random()} << 32 | random();
	const auto deadline =
		std::chrono::steady_clock::now() + std::chrono::milliseconds(options.timeout_ms);

	if (auto sent = client->probe(node->id, cookie); !sent)
		return context.fail("probe", sent.error());
	for (;;) {
		auto batch = follow->wait(deadline);

		if (!batch)
			return context.fail("probe", batch.error());
		for (const auto &event : batch->events)
			if (event.probe && event.probe->cookie == cookie)
				return told(context, node->name, event.probe->rtt_ns);
		if (batch->interrupted)
			return exit_failed;
		if (batch->late)
			return context.fail("probe",
					    {"no answer from node " + node->name, "waited " +
						     duration(std::chrono::milliseconds(options.timeout_ms)),
					     "look at its status and at the links: knellctl fabric"});
	}
}

} // namespace

void add_probe(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand("probe", "ask a node's kernel for an echo");
	auto options = std::make_shared<ProbeOptions>();

	command->add_option("node", options->node, "name or number")->required();
	command->add_option("--timeout", options->timeout_ms, "milliseconds to wait")
		->check(CLI::Range(1, 600000))
		->capture_default_str();
	command->callback([&context, options] {
		context.chosen = [&context, options] { return probe(context, *options); };
	});
}

} // namespace knell::cli
