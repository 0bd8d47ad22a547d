// SPDX-License-Identifier: GPL-2.0
// CHAP secrets of open-iscsi and LIO that others can read.
#pragma once

#include <string>
#include <vector>

#include "util/result.hpp"

namespace knell::cli {

/// One error per file below `etc` ("/etc") that holds a CHAP password and that its group or
/// others may read: iscsid.conf and the records of open-iscsi, the saved configuration of LIO.
/// Files that are not there or cannot be read are passed over.
std::vector<Error> open_chap_files(const std::string &etc);

} // namespace knell::cli
