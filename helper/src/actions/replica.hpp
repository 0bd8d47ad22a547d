// SPDX-License-Identifier: GPL-2.0
// replica: this array's copy of a replicated volume becomes the one that is served. Its witness is fenced
// already; what is left is to know that the copy lacks nothing, and that no other one is served.
#pragma once

#include "actions/exclusion.hpp"

#include <memory>

namespace knell::actions {

class Replica : public Action {
public:
	/// `directory`: where grants are kept (grants_directory).
	Replica(const Site &site, std::uint16_t app, model::Replica replica,
		std::unique_ptr<Replication> replication, std::unique_ptr<WitnessStore> witness, UnitFinder find,
		std::string directory);

	std::string kind() const override { return "replica"; }
	std::string subject() const override { return replica_.resource; }
	std::string dry_run() const override;
	Status test() const override;
	Status run(const Control &control) override;
	Status undo(Release how, const Control &control) override;
	Status verify() override;
	/// The witness may have been away when a replica had caught up.
	Status after_relogin() override;

private:
	Grant grant() const;
	Result<ReplicationState> wait_former(const Control &control);
	Status promote(const Control &control);
	/// The first start, or a witness that was damaged: what it says is known from the replicas alone.
	Status found(const Control &control, const std::string &why);
	Status include(const Control &control);

	const Site &site_;
	std::uint16_t app_;
	model::Replica replica_;
	std::unique_ptr<Replication> replication_;
	std::unique_ptr<WitnessStore> witness_;
	UnitFinder find_;
	std::string directory_;
};

} // namespace knell::actions
