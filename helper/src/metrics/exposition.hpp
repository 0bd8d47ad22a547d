// SPDX-License-Identifier: GPL-2.0
// Facts as metrics, named as Prometheus' conventions have it; knelld(8) lists them.
#pragma once

#include "metrics/facts.hpp"
#include "metrics/family.hpp"

namespace knell::metrics {

/// Pure. Node names are resolved here; text that came over the network is made plain ASCII.
[[nodiscard]] std::vector<Family> families(const Facts &facts);

/// The one that says whether the kernel answered.
[[nodiscard]] Family up(bool answered);

} // namespace knell::metrics
