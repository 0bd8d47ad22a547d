// SPDX-License-Identifier: GPL-2.0
// exec: an application's program, started in a session of its own and watched by pidfd.
// It stays in the foreground; its end, whatever the status, is a failure of the application.
//
// The program's environment is exactly: PATH, LANG=C, KNELL_CLUSTER (name), KNELL_NODE
// (name), KNELL_EPOCH, KNELL_APP (name), KNELL_APP_ID, KNELL_PROGRAM (its own path),
// KNELL_PLANNED (1 = the former owner let go in good order or there was none, 0 = takeover
// after a death). KNELL_CLUSTER, KNELL_APP_ID and KNELL_PROGRAM also tell a later knelld
// which processes an earlier one left behind.
#pragma once

#include "actions/action.hpp"
#include "util/process.hpp"

namespace knell::actions {

class Exec : public Action {
public:
	Exec(const Site &site, std::string app, std::uint16_t app_id, model::Executable executable);

	std::string kind() const override { return "exec"; }
	std::string subject() const override { return executable_.program; }
	std::string dry_run() const override;
	Status test() const override;
	/// A dry start: the dynamic loader says whether the program's libraries are there. None of the
	/// program's own code runs.
	Result<std::string> inspect(const Situation &situation) const override;
	Status run(const Control &control) override;
	Status undo(Release how, const Control &control) override;
	Status verify() override;
	std::optional<ProcessView> process() const override;
	Status adopt(const ProcessView &view) override;

private:
	Status end_strays() const;

	const Site &site_;
	std::string app_;
	std::uint16_t app_id_;
	model::Executable executable_;
	std::optional<process::Child> child_;
};

} // namespace knell::actions
