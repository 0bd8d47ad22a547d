// SPDX-License-Identifier: GPL-2.0
// What a program file needs to be started: the interpreter of a script, the loader of a binary.
#pragma once

#include "util/result.hpp"

#include <span>
#include <string>

namespace knell::actions {

/// What starts a program.
struct Starter {
	enum class Kind {
		kernel,		///< nothing else: a static binary, or what binfmt_misc knows
		script,		///< an interpreter
		loader,		///< a dynamic loader
	};
	Kind kind = Kind::kernel;
	std::string path;	///< empty: kernel

	/// "interpreter", "loader"
	std::string text() const { return kind == Kind::script ? "interpreter" : "loader"; }
	bool operator==(const Starter &) const = default;
};

/// Octets of a program that are looked at, from its begin.
inline constexpr std::size_t program_head = 4096;

/// From the first octets of a file. Error: the kernel of this machine would not start it. Pure.
Result<Starter> starter_of(std::span<const char> head);

/// The same for a file.
Result<Starter> starter_of(const std::string &program);

} // namespace knell::actions
