// SPDX-License-Identifier: GPL-2.0
// address: a floating IP address on an interface, and the neighbours told about it.
#pragma once

#include "actions/action.hpp"

#include <thread>

namespace knell::actions {

class Address : public Action {
public:
	explicit Address(model::FloatingAddress address) : address_(std::move(address)) {}

	std::string kind() const override { return "address"; }
	std::string subject() const override;
	std::string dry_run() const override;
	Status test() const override;
	/// Asks the neighbours: who serves the application answers, and else nobody.
	Result<std::string> inspect(const Situation &situation) const override;
	/// Planned: an address that somebody still answers for is not taken.
	Status run(const Control &control) override;
	Status undo(Release how, const Control &control) override;
	Status verify() override;

	/// What it means that another host answers for the address, or nobody does. Pure.
	Result<std::string> judge_answer(Served served, bool answered) const;

private:
	Error in_use() const;
	void keep_announcing();

	model::FloatingAddress address_;
	std::jthread announcer_;	// repeats the announcement for a short while
};

} // namespace knell::actions
