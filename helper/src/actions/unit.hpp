// SPDX-License-Identifier: GPL-2.0
// exec, as a systemd unit: started and stopped over the system bus, watched through its
// main process.
#pragma once

#include "actions/action.hpp"

namespace knell::actions {

class Unit : public Action {
public:
	explicit Unit(model::Executable executable) : executable_(std::move(executable)) {}

	std::string kind() const override { return "exec"; }
	std::string subject() const override { return executable_.unit; }
	std::string dry_run() const override { return "start the unit " + executable_.unit; }
	Status test() const override;
	/// Also: systemd does not start it by itself.
	Result<std::string> inspect(const Situation &situation) const override;
	Status run(const Control &control) override;
	/// Release::abandon kills the unit's processes before it is stopped.
	Status undo(Release how, const Control &control) override;
	Status verify() override;
	std::optional<ProcessView> process() const override;
	Status adopt(const ProcessView &view) override;

private:
	model::Executable executable_;
	std::optional<ProcessView> main_;	// none: a unit without a main process
};

} // namespace knell::actions
