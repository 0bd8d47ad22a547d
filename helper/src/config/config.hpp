// SPDX-License-Identifier: GPL-2.0
// The cluster file: one YAML document, checked as a whole before anyone sees it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/cluster.hpp"
#include "util/result.hpp"

namespace knell::config {

/// One thing wrong with a cluster file.
struct Problem {
	int line = 0;	  ///< from 1; 0 = the file as a whole
	int column = 0;	  ///< from 1; 0 = the file as a whole
	std::string what; ///< what is wrong
	std::string hint; ///< what to do about it
};

/// Everything wrong with a file, or the cluster if nothing is.
struct Inspection {
	std::string file;
	model::Cluster cluster; ///< meaningful only if problems is empty
	std::vector<Problem> problems;

	[[nodiscard]] bool ok() const { return problems.empty(); }
};

/// "file:line:column: what; hint", or "file: what; hint" without a position.
[[nodiscard]] std::string format(std::string_view file, const Problem &problem);

/// Checks the text of a cluster file. Pure: touches no file system.
[[nodiscard]] Inspection inspect_text(std::string_view file, std::string_view text);

/// Reads and checks a cluster file.
[[nodiscard]] Inspection inspect(const std::string &path);

/// Reads and checks a cluster file; the error's why holds one formatted line
/// per problem, in the order of the file.
Result<model::Cluster> load(const std::string &path);

/// Reads the key of the death certificates: a regular file, mode 0600 or
/// stricter, owned by root or the caller, 64 hexadecimal digits and at most one newline.
Result<model::Secret> load_secret(const std::string &path);

} // namespace knell::config
