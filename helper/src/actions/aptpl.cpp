// SPDX-License-Identifier: GPL-2.0
// LIO's PR_REG_START ... PR_REG_END blocks of "name=value" lines.
#include "actions/aptpl.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <sstream>

namespace knell::actions {

Result<std::vector<std::string>> parse_aptpl(const std::string &text)
{
	const std::string what = "cannot read the saved reservations";
	std::vector<std::string> registrations;
	std::istringstream lines(text);
	std::string line, open;
	bool inside = false, ended = false;

	// LIO writes the octet 0 that ends its text, last of all.
	if (text.empty() || text.back() != '\0')
		return Error{what, text.empty() ? "the file is empty" : "its end is missing", "", EILSEQ};
	while (std::getline(lines, line)) {
		if (line.find('\0') != std::string::npos)
			line.resize(line.find('\0'));
		if (line.empty())
			continue;
		ended = false;
		if (line.starts_with("PR_REG_START:")) {
			if (inside)
				return Error{what, "a registration does not end", "", EILSEQ};
			inside = true;
			open.clear();
		} else if (line.starts_with("PR_REG_END:")) {
			if (!inside || open.empty())
				return Error{what, "a registration is empty", "", EILSEQ};
			inside = false;
			ended = true;
			registrations.push_back(open);
		} else if (inside) {
			if (line.find('=') == std::string::npos)
				return Error{what, "'" + line + "' is no value", "", EILSEQ};
			open += (open.empty() ? "" : ",") + line;
		} else if (line == "No Registrations or Reservations") {
			ended = true;
		} else {
			return Error{what, "'" + line + "' is unknown", "", EILSEQ};
		}
	}
	if (!ended)
		return Error{what, "a registration does not end", "", EILSEQ};
	return registrations;
}

std::string locked_aptpl(const std::string &initiator, const std::string &target, std::uint16_t lun, std::uint64_t key)
{
	return fmt::format("initiator_fabric=iSCSI,initiator_node={},sa_res_key={},res_holder=1,res_type=05,res_scope=00,"
			   "res_all_tg_pt=0,mapped_lun={},target_fabric=iSCSI,target_node={},tpgt=1,port_rtpi=1,"
			   "target_lun={}",
			   initiator, key, lun, target, lun);
}

} // namespace knell::actions
