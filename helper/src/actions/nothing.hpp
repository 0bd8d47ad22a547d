// SPDX-License-Identifier: GPL-2.0
// nothing: the action that does nothing; copy it to write a new one, then add it to the
// table in registry.cpp.
#pragma once

#include "actions/action.hpp"

namespace knell::actions {

class Nothing : public Action {
public:
	std::string kind() const override { return "nothing"; }
	std::string subject() const override { return "-"; }
	std::string dry_run() const override { return "do nothing"; }
	Status test() const override { return {}; }
	Status run(const Control &) override { return {}; }
	Status undo(Release, const Control &) override { return {}; }
	Status verify() override { return {}; }
};

} // namespace knell::actions
