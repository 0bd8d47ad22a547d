// SPDX-License-Identifier: GPL-2.0
// knelld's command line.
#include "daemon/daemon.hpp"
#include "netlink/client.hpp"
#include "util/log.hpp"

#include <CLI/CLI.hpp>

int main(int argc, char **argv)
{
	CLI::App app("knelld - the helper of the knell failover cluster");
	knell::daemon::Settings settings;
	bool verbose = false;

	app.add_option("--config", settings.config, "cluster file")->capture_default_str();
	app.add_option("--node", settings.node,
		       "name of this node; else by its iSCSI initiator name or host name");
	app.add_option("--state-dir", settings.state_dir, "where the MIB and the history are kept")
		->capture_default_str();
	app.add_flag("--verbose", verbose, "log what is of use to developers too");
	app.set_version_flag("--version", "knelld 0.1.0");
	CLI11_PARSE(app, argc, argv);

	knell::log::setup(verbose ? knell::log::Level::debug : knell::log::Level::info);
	// After a restart the kernel still waits for an earlier daemon's pet: user space works, or
	// this would not run. The petter follows as soon as the cluster is known.
	if (auto kernel = knell::netlink::Client::connect())
		(void)kernel->pet().ok();
	auto daemon = knell::daemon::Daemon::create(settings);
	if (!daemon) {
		knell::log::error("{}", daemon.error().text());
		return 1;
	}
	return (*daemon)->run();
}
