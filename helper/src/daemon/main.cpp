// SPDX-License-Identifier: GPL-2.0
// knelld's command line.
#include "daemon/daemon.hpp"
#include "daemon/unassigned.hpp"
#include "netlink/client.hpp"
#include "util/log.hpp"
#include "util/version.hpp"

#include <CLI/CLI.hpp>

namespace {

using knell::daemon::Settings;
using knell::daemon::Unassigned;

/// Waits for a description if there is none. False: told to end meanwhile.
knell::Result<bool> get_described(const Settings &settings)
{
	auto missing = knell::daemon::undescribed(settings);
	if (!missing)
		return missing.error();
	if (!*missing)
		return true;
	auto unassigned = Unassigned::create(settings);
	if (!unassigned)
		return unassigned.error();
	auto end = (*unassigned)->run();
	if (!end)
		return end.error();
	return *end == Unassigned::End::described;
}

/// As if this machine had never been in a cluster.
knell::Status forget(const Settings &settings)
{
	auto kernel = knell::netlink::Client::connect();
	if (kernel && kernel->cluster())
		return knell::Error{"the description is not forgotten", "this node is in its cluster",
				    "stop knelld first, and take the node out with knellctl node remove", 0};
	auto store = knell::mib::Store::open(settings.state_dir);
	if (!store)
		return store.error();
	return store->forget_description();
}

} // namespace

int main(int argc, char **argv)
{
	CLI::App app("knelld - the helper of the knell failover cluster");
	knell::daemon::Settings settings;
	bool verbose = false, forgets = false;

	app.add_option("--config", settings.config, "cluster file")->capture_default_str();
	app.add_option("--node", settings.node,
		       "name of this node; else by its iSCSI initiator name or host name");
	app.add_option("--state-dir", settings.state_dir, "where the MIB and the history are kept")
		->capture_default_str();
	app.add_option("--secret", settings.secret, "the cluster's secret, while there is no description that names it")
		->capture_default_str();
	app.add_flag("--forget", forgets, "forget the stored description, and end: the next start waits for a new one");
	app.add_flag("--verbose", verbose, "log what is of use to developers too");
	app.set_version_flag("--version", std::string("knelld ") + knell::version);
	CLI11_PARSE(app, argc, argv);

	knell::log::setup(verbose ? knell::log::Level::debug : knell::log::Level::info);
	if (forgets) {
		if (auto done = forget(settings); !done) {
			knell::log::error("{}", done.error().text());
			return 1;
		}
		return 0;
	}
	// After a restart the kernel still waits for an earlier daemon's pet: user space works, or
	// this would not run. The petter follows as soon as the cluster is known.
	if (auto kernel = knell::netlink::Client::connect())
		(void)kernel->pet().ok();
	auto described = get_described(settings);
	if (!described) {
		knell::log::error("{}", described.error().text());
		return 1;
	}
	if (!*described)
		return 0;
	auto daemon = knell::daemon::Daemon::create(settings);
	if (!daemon) {
		knell::log::error("{}", daemon.error().text());
		return 1;
	}
	return (*daemon)->run();
}
