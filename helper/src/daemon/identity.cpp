// SPDX-License-Identifier: GPL-2.0
// The own node and its epoch.
#include "daemon/identity.hpp"

#include "model/epoch.hpp"
#include "model/members.hpp"

#include <algorithm>
#include <climits>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unistd.h>

namespace knell::daemon {

namespace {

constexpr const char *initiator_file = "/etc/iscsi/initiatorname.iscsi";

} // namespace

std::string initiator_of(std::string_view text)
{
	std::istringstream lines{std::string(text)};
	std::string line;
	const std::string key = "InitiatorName=";

	while (std::getline(lines, line))
		if (line.starts_with(key)) {
			auto name = line.substr(key.size());
			name.erase(std::find_if(name.begin(), name.end(),
						[](unsigned char letter) { return letter <= ' '; }),
				   name.end());
			return name;
		}
	return {};
}

std::string own_initiator()
{
	std::ifstream file(initiator_file);
	std::string text{std::istreambuf_iterator<char>(file), {}};

	return initiator_of(text);
}

Result<model::Node> find_self(const model::Cluster &cluster, const std::string &name)
{
	char host[HOST_NAME_MAX + 1] = {};

	gethostname(host, sizeof(host) - 1);
	return model::find_self(cluster, name, own_initiator(), host);
}

std::uint32_t next_epoch(std::uint32_t last, std::chrono::system_clock::time_point now)
{
	auto epoch = std::max(last + 1, model::minutes_since_2020(now));

	return (epoch & 0xffff) ? epoch : epoch + 1;
}

} // namespace knell::daemon
