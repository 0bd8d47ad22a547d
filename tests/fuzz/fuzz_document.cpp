// SPDX-License-Identifier: GPL-2.0
// libFuzzer: a MIB document of any content, as it comes from another node or from the disk, is
// refused, or is what the helper would have written itself, octet by octet.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/document.hpp"

using namespace knell;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	const std::string text(reinterpret_cast<const char *>(data), size);
	const auto cluster = model::deserialize(text);

	if (!cluster)
		return 0;
	if (model::serialize(*cluster) != text)
		std::abort();
	return 0;
}
