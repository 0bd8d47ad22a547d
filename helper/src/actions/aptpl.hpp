// SPDX-License-Identifier: GPL-2.0
// The file in which LIO keeps the persistent reservations of a volume, so that they outlive a restart.
#pragma once

#include "util/result.hpp"

#include <string>
#include <vector>

namespace knell::actions {

/// What LIO takes back through pr/res_aptpl_metadata, one line per registration. Error if the file is not
/// whole: LIO empties it before it writes it, and the array may have died in between.
Result<std::vector<std::string>> parse_aptpl(const std::string &text);

/// A registration of `initiator`, which never logs in, that holds a reservation of type Write Exclusive -
/// Registrants Only: nobody may write until a node has fenced anew.
std::string locked_aptpl(const std::string &initiator, const std::string &target, std::uint16_t lun,
			 std::uint64_t key);

} // namespace knell::actions
