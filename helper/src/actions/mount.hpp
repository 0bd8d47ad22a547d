// SPDX-License-Identifier: GPL-2.0
// mount: a fenced volume becomes a mounted file system, checked first as the policy says.
#pragma once

#include "actions/action.hpp"

namespace knell::actions {

class Mount : public Action {
public:
	explicit Mount(model::Volume volume) : volume_(std::move(volume)) {}

	std::string kind() const override { return "mount"; }
	std::string subject() const override { return volume_.mount; }
	std::string dry_run() const override;
	Status test() const override;
	/// Reads the superblock. Nothing is mounted: another node may write at any moment, a file system
	/// that changes below a mount is an error to it, and ext4 records errors on the volume, of a
	/// read-only mount too, and may panic by them.
	Result<std::string> inspect(const Situation &situation) const override;
	Status run(const Control &control) override;
	Status undo(Release how, const Control &control) override;
	Status verify() override;

private:
	/// What is really on the device; reads in many places, so only asked when in doubt.
	Status check_type(const std::string &device) const { return check_type(device, "cannot mount"); }
	Status check_type(const std::string &device, const char *doing) const;
	/// `demanded`: the kernel found a reason after all.
	Status check_files(const std::string &device, bool demanded, const Control &control) const;
	Status repair_xfs(const std::string &device, const Control &control) const;
	Status attach(const std::string &device, unsigned long flags) const;
	Status detach(Release how, const Control &control) const;

	model::Volume volume_;
};

} // namespace knell::actions
