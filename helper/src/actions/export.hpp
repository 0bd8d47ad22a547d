// SPDX-License-Identifier: GPL-2.0
// export: a volume is served to initiators through LIO, under the same names and with the same persistent
// reservations wherever it is served.
#pragma once

#include "actions/action.hpp"
#include "actions/configfs.hpp"

#include <memory>

namespace knell::actions {

inline constexpr const char *lio_root = "/sys/kernel/config/target";

class Export : public Action {
public:
	/// `index`: of this export among the application's.
	Export(const Site &site, std::uint16_t app, std::size_t index, model::Export what,
	       std::unique_ptr<ConfigTree> lio);

	std::string kind() const override { return "export"; }
	std::string subject() const override { return what_.target; }
	std::string dry_run() const override;
	Status test() const override;
	Status run(const Control &control) override;
	Status undo(Release how, const Control &control) override;
	Status verify() override;

private:
	Status make_store();
	/// The reservations as they were; locked if they cannot be known.
	Status restore_reservations();
	Status allow(const std::string &initiator);
	Status make_target();
	Result<std::string> database_link() const;
	std::string locked_initiator() const { return what_.target + ".locked"; }

	const Site &site_;
	model::Export what_;
	std::unique_ptr<ConfigTree> lio_;
	std::string hba_;	// paths below lio_root
	std::string store_;
	std::string tpg_;
	std::string lun_;
};

} // namespace knell::actions
