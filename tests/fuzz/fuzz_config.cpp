// SPDX-License-Identifier: GPL-2.0
// libFuzzer: whatever the text, the parser of the cluster file ends in an answer, and a
// cluster it accepts survives the way to the MIB document and back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/config.hpp"
#include "model/document.hpp"
#include "model/order.hpp"

using namespace knell;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string_view text(reinterpret_cast<const char *>(data), size);
	const config::Inspection inspection = config::inspect_text("fuzz", text);

	for (const config::Problem &problem : inspection.problems)
		if (config::format("fuzz", problem).find('\n') != std::string::npos ||
		    problem.line < 0 || problem.column < 0 || problem.hint.empty())
			std::abort();
	if (!inspection.ok())
		return 0;
	const auto back = model::deserialize(model::serialize(inspection.cluster));

	if (!back || *back != inspection.cluster)
		std::abort();
	for (const model::Application &app : back->applications)
		if (model::candidates(*back, app).size() > KNELL_CANDIDATES_MAX)
			std::abort();
	return 0;
}
