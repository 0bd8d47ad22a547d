// SPDX-License-Identifier: GPL-2.0
// Machines without a cluster that hang on this node's links.
#pragma once

#include "netlink/client.hpp"
#include "talk/facts.hpp"
#include "talk/relay.hpp"

namespace knell::daemon {

/// JSON: the names of the links to them.
Result<std::string> neighbours(netlink::Client &kernel);

/// Send something on over the link it names; the error says if there is none.
Status pass_to(netlink::Client &kernel, const talk::Passed &passed);

/// Fill in what only the machine itself knows: names, versions, the clock, what is wrong.
void look_up(talk::Facts &facts);

/// Numeric addresses of this machine, but for loopback and link-local ones.
std::vector<std::string> own_addresses();

} // namespace knell::daemon
