// SPDX-License-Identifier: GPL-2.0
// The table of contents of knellctl: every command adds itself to the command line.
#pragma once

#include "cli/context.hpp"

namespace knell::cli {

void add_status(CLI::App &app, Context &context);
void add_monitor(CLI::App &app, Context &context);
void add_check(CLI::App &app, Context &context);
void add_failover(CLI::App &app, Context &context);
void add_failback(CLI::App &app, Context &context);
void add_node(CLI::App &app, Context &context);
void add_history(CLI::App &app, Context &context);
void add_fabric(CLI::App &app, Context &context);
void add_health(CLI::App &app, Context &context);
void add_mib(CLI::App &app, Context &context);
void add_probe(CLI::App &app, Context &context);
void add_reset(CLI::App &app, Context &context);
void add_maintenance(CLI::App &app, Context &context);
void add_alert(CLI::App &app, Context &context);
void add_statistics(CLI::App &app, Context &context);
void add_stats(CLI::App &app, Context &context);
void add_start_of_day(CLI::App &app, Context &context);
void add_diagnose(CLI::App &app, Context &context);
void add_report(CLI::App &app, Context &context);

/// Parses the command line and runs the command; returns the exit status.
int run(int argc, const char *const *argv, std::ostream &out, std::ostream &err);

} // namespace knell::cli
