// SPDX-License-Identifier: GPL-2.0
// The own node and its epoch.
#include "daemon/identity.hpp"

#include "model/epoch.hpp"

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

Result<model::Node> find_self(const model::Cluster &cluster, const std::string &name,
			      const std::string &initiator, const std::string &host)
{
	auto find = [&](auto matches) -> const model::Node * {
		for (const auto &node : cluster.nodes)
			if (matches(node))
				return &node;
		return nullptr;
	};
	const model::Node *self = nullptr;

	if (!name.empty()) {
		self = find([&](const auto &node) { return node.name == name; });
		if (!self)
			return Error{"cannot find this node", "the cluster file has no node " + name,
				     "check --node"};
		return *self;
	}
	if (!initiator.empty())
		self = find([&](const auto &node) { return node.initiator == initiator; });
	if (!self)
		self = find([&](const auto &node) { return node.name == host; });
	if (!self)
		return Error{"cannot find this node",
			     "the cluster file has neither its initiator name (" +
				     (initiator.empty() ? "none" : initiator) + ") nor its host name (" + host + ")",
			     "add it, or name it with --node"};
	return *self;
}

Result<model::Node> find_self(const model::Cluster &cluster, const std::string &name)
{
	std::ifstream file(initiator_file);
	std::string text{std::istreambuf_iterator<char>(file), {}};
	char host[HOST_NAME_MAX + 1] = {};

	gethostname(host, sizeof(host) - 1);
	return find_self(cluster, name, initiator_of(text), host);
}

std::uint32_t next_epoch(std::uint32_t last, std::chrono::system_clock::time_point now)
{
	auto epoch = std::max(last + 1, model::minutes_since_2020(now));

	return (epoch & 0xffff) ? epoch : epoch + 1;
}

} // namespace knell::daemon
