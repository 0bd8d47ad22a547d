// SPDX-License-Identifier: GPL-2.0
// The second copy of the MIB: STATE_DIR/generation-N.mib, one file per generation, so that
// a damaged database costs no generation.
#pragma once

#include "mib/store.hpp"

namespace knell::mib {

struct FoundGenerations {
	std::vector<Generation> intact;		///< by number, ascending
	std::vector<std::string> rejected;	///< why a file was not used, for the administrator
};

Status write_generation_file(const std::string &directory, const Generation &generation);
FoundGenerations read_generation_files(const std::string &directory);

/// Remove the file of one generation, if there is one.
void remove_generation_file(const std::string &directory, std::uint32_t number);

/// Remove all but the newest `keep`.
void forget_generation_files(const std::string &directory, std::size_t keep);

} // namespace knell::mib
