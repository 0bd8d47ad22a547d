// SPDX-License-Identifier: GPL-2.0
// Exclusion and return of an array: the grant's file, and what is written on the witness.
#include "actions/exclusion.hpp"

#include "util/log.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>

namespace knell::actions {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::json;

constexpr milliseconds lock_again{20};

std::string path_of(const std::string &directory, const std::string &resource, const char *suffix)
{
	return directory + "/" + resource + suffix;
}

Status make_directory(const std::string &directory)
{
	std::error_code error;

	fs::create_directories(directory, error);
	if (error)
		return Error::from_errno("cannot make " + directory, error.value());
	if (::chmod(directory.c_str(), 0700) < 0)
		return Error::from_errno("cannot make " + directory + " private", errno);
	return {};
}

} // namespace

Status save_grant(const std::string &directory, const Grant &grant)
{
	const auto path = path_of(directory, grant.resource, ".grant");
	const json document{{"app", grant.app},		{"cluster", grant.cluster}, {"devices", grant.devices},
			    {"epoch", grant.epoch},	{"node", grant.node},	    {"nodes", grant.nodes},
			    {"resource", grant.resource}, {"witness", grant.witness}};

	if (auto done = make_directory(directory); !done)
		return done;
	{
		std::ofstream file(path + ".new", std::ios::trunc);
		file << document.dump() << "\n";
		file.close();
		if (!file)
			return Error::from_errno("cannot write " + path, errno);
	}
	if (std::rename((path + ".new").c_str(), path.c_str()) < 0)
		return Error::from_errno("cannot write " + path, errno);
	return {};
}

Result<Grant> load_grant(const std::string &directory, const std::string &resource)
{
	const auto path = path_of(directory, resource, ".grant");
	std::ifstream file(path);

	if (!file)
		return Error::from_errno("resource " + resource + " is not granted to this node", errno,
					 "knelld promotes it when its application is taken");
	try {
		const auto document = json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
		Grant grant;
		document.at("app").get_to(grant.app);
		document.at("cluster").get_to(grant.cluster);
		document.at("devices").get_to(grant.devices);
		document.at("epoch").get_to(grant.epoch);
		document.at("node").get_to(grant.node);
		document.at("nodes").get_to(grant.nodes);
		document.at("resource").get_to(grant.resource);
		document.at("witness").get_to(grant.witness);
		return grant;
	} catch (const json::exception &e) {
		return Error{"cannot read " + path, e.what(), "", EINVAL};
	}
}

Status remove_grant(const std::string &directory, const std::string &resource)
{
	const auto path = path_of(directory, resource, ".grant");

	if (::unlink(path.c_str()) < 0 && errno != ENOENT)
		return Error::from_errno("cannot remove " + path, errno);
	return {};
}

Result<UniqueFd> lock_grant(const std::string &directory, const std::string &resource, const Control &control)
{
	if (auto done = make_directory(directory); !done)
		return done.error();
	const auto path = path_of(directory, resource, ".lock");
	UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	if (!fd)
		return Error::from_errno("cannot open " + path, errno);
	while (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
		if (errno != EINTR && errno != EWOULDBLOCK)
			return Error::from_errno("cannot lock " + path, errno);
		if (!control.pause(lock_again))
			return control.expired("cannot lock " + path);
	}
	return fd;
}

Status holds_witness(const Grant &grant, const UnitFinder &find)
{
	const Key own{grant.cluster, grant.node, grant.epoch};
	const auto units = find(grant.witness);

	if (!units)
		return units.error();
	for (const auto &unit : *units) {
		Status answer = Error{"cannot ask the witness " + grant.witness, "no path to it answers", "", EIO};
		for (const auto &path : unit.paths) {
			if (!path->usable())
				continue;
			const auto holder = path->read_reservation();
			if (!holder) {
				answer = holder.error();
				continue;
			}
			answer = Status();
			if (!holder->held || holder->key != own.number() ||
			    holder->type != write_exclusive_registrants_only)
				answer = Error{"this node does not hold the witness " + grant.witness,
					       holder->held ? "it is held by " + Key::from(holder->key).text() :
							      "nobody does",
					       "another array has taken over", reservation_conflict};
			break;
		}
		if (!answer)
			return answer;
	}
	return {};
}

Status exclude_peers(const Grant &grant, const UnitFinder &find, WitnessStore &store,
		     const ReplicationState &state)
{
	// Else a copy that cannot be served would rule out the one that can.
	if (!state.whole)
		return Error{"this replica of " + grant.resource + " may not be served alone",
			     "it is not whole: " + state.text, "start the other array", reservation_conflict};
	// The write below would be refused as well, unless somebody cleared all reservations by hand.
	if (auto done = holds_witness(grant, find); !done)
		return done;
	const auto record = read_witness(store, grant.cluster, grant.app);
	if (!record)
		return record.error();
	if (!record->has(grant.node))
		return Error{"this replica of " + grant.resource + " may not be served alone",
			     "another one was served without it", "start the other array", reservation_conflict};
	// Also if it says so already: that this write is let through is the proof that nobody has taken over.
	return write_witness(store, *record, {grant.node});
}

Status include_peers(const Grant &grant, const UnitFinder &find, WitnessStore &store,
		     const ReplicationState &state)
{
	if (!state.primary || !state.connected || !state.up_to_date || !state.peer_up_to_date)
		return {};
	if (auto done = holds_witness(grant, find); !done)
		return done;
	const auto record = read_witness(store, grant.cluster, grant.app);
	auto all = grant.nodes;
	std::sort(all.begin(), all.end());
	if (!record && record.error().code != witness_damaged)
		return record.error();
	if (!record)
		return reset_witness(store, grant.cluster, grant.app, all);
	if (record->current == all)
		return {};
	if (auto done = write_witness(store, *record, std::move(all)); !done)
		return done;
	log::notice("{}: both replicas are current", grant.resource);
	return {};
}

} // namespace knell::actions
