// SPDX-License-Identifier: GPL-2.0
// Error: construction from errno and its text for people.
#include "util/result.hpp"

#include <system_error>

namespace knell {

Error Error::from_errno(std::string what, int errnum, std::string hint)
{
	return {std::move(what), std::generic_category().message(errnum), std::move(hint), errnum};
}

Error Error::within(const std::string &context) const
{
	return {context + ": " + what, why, hint, code};
}

std::string Error::text() const
{
	std::string line = what;

	if (!why.empty())
		line += ": " + why;
	if (!hint.empty())
		line += " (" + hint + ")";
	return line;
}

} // namespace knell
