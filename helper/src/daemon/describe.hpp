// SPDX-License-Identifier: GPL-2.0
// A description of the cluster, and what this machine is in it.
#pragma once

#include "actions/action.hpp"
#include "daemon/install.hpp"
#include "mib/store.hpp"
#include "model/document.hpp"

#include <string>
#include <vector>

namespace knell::daemon {

struct Settings {
	std::string config = "/etc/knell/cluster.yaml";
	std::string node;		///< empty = by initiator or host name
	std::string state_dir = "/var/lib/knell";
	std::string secret = "/etc/knell/secret";	///< while there is no description that says where it is
};

/// What the cluster file says, ready to be installed.
struct Description {
	model::Cluster cluster;
	ClusterKey key;
	model::Node self;
	std::string document;		///< canonical MIB
	model::Sha256 digest{};
};

/// How the cluster file differs from the description in force, but for its generation; for
/// people, empty = not at all.
std::string file_difference(const std::string &path, std::uint32_t generation, const std::string &sha256);

/// There is something under this name; also if it cannot be seen what.
bool has_file(const std::string &path);
/// Read and check everything create() needs from the cluster file.
Result<Description> describe(const Settings &settings);
/// The same of a document from the store, or from another node.
Result<Description> describe_document(const Settings &settings, const std::string &document);
/// The cluster file if it is good, else the newest stored generation of it.
Result<Description> describe_or_remember(const Settings &settings, mib::Store &store);

/// What a node could not do under a description, for people; empty = it could do all. Blocks.
/// `self`: number of this node, 0 = it is in no cluster yet.
std::vector<std::string> test_description(const Settings &settings, std::uint16_t self, actions::Site site,
					  const std::string &document);

} // namespace knell::daemon
