// SPDX-License-Identifier: GPL-2.0
// The JSON envelope and the way errors are told.
#include "cli/context.hpp"

namespace knell::cli {

json Context::envelope(std::string_view command)
{
	return {{"version", json_version}, {"command", command}};
}

void Context::print(const cli::json &document) const
{
	out << document.dump(-1, ' ', false, cli::json::error_handler_t::replace) << std::endl;
}

json Context::error_json(std::string_view command, const Error &error)
{
	cli::json document = envelope(command);

	document["error"] = {{"what", error.what}, {"why", error.why}, {"hint", error.hint}};
	return document;
}

int Context::fail(std::string_view command, const Error &error) const
{
	if (json)
		print(error_json(command, error));
	err << "knellctl: " << error.what;
	if (!error.why.empty())
		err << ": " << error.why;
	err << "\n";
	if (!error.hint.empty())
		err << "  " << error.hint << "\n";
	return exit_failed;
}

} // namespace knell::cli
