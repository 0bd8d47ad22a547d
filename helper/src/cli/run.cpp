// SPDX-License-Identifier: GPL-2.0
// The command line of knellctl.
#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

#include "cli/status.hpp"
#include "util/version.hpp"

namespace knell::cli {

int run(int argc, const char *const *argv, std::ostream &out, std::ostream &err)
{
	Context context{out, err, false, {}};
	CLI::App app("knellctl - status and control of a knell cluster", "knellctl");

	app.add_flag("--json", context.json, "JSON instead of text for people; see cli-json.md");
	app.set_version_flag("--version", std::string("knellctl ") + version);
	app.require_subcommand(0, 1);
	app.fallthrough();
	app.footer("Without a command: status. Exit status: 0 done, 1 failed, 2 usage. "
		   "See knellctl(8).");
	add_status(app, context);
	add_monitor(app, context);
	add_check(app, context);
	add_start_of_day(app, context);
	add_failover(app, context);
	add_failback(app, context);
	add_node(app, context);
	add_history(app, context);
	add_fabric(app, context);
	add_health(app, context);
	add_mib(app, context);
	add_probe(app, context);
	add_reset(app, context);
	add_maintenance(app, context);
	add_stats(app, context);
	add_statistics(app, context);
	add_alert(app, context);
	add_diagnose(app, context);
	add_report(app, context);
	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &e) {
		return app.exit(e, out, err) == 0 ? exit_ok : exit_usage;
	}
	return context.chosen ? context.chosen() : status(context, false);
}

} // namespace knell::cli
