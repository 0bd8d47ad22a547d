// SPDX-License-Identifier: GPL-2.0
// Rules across values: uniqueness, references, fencing, timeouts.
#include "config/rules.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <linux/knell.h>

#include "model/order.hpp"

namespace knell::config {
namespace {

using model::milliseconds;
using namespace std::chrono_literals;

constexpr milliseconds silence{KNELL_SILENCE_MS};
constexpr milliseconds let_go{KNELL_LET_GO_MS};
constexpr std::size_t addresses_max = 8; // of a node; the kernel keeps no more

std::string at(const char *list, std::size_t index)
{
	return std::string(list) + "[" + std::to_string(index) + "]";
}

std::string at(const std::string &place, const char *list, std::size_t index)
{
	return place + "." + at(list, index);
}

std::string text(milliseconds t)
{
	return t % 1s == 0ms ? std::to_string(t / 1s) + "s" : std::to_string(t.count()) + "ms";
}

/// Unique - complains when a value turns up a second time.
class Unique {
    public:
	Unique(const char *what, Problems &problems) : what_(what), problems_(problems) {}

	/// @owner: "node a" or "application records", told at the second one.
	void check(const std::string &value, const std::string &place, const std::string &owner)
	{
		if (value.empty() || value == "0") // wrong or missing, told already
			return;
		auto [it, fresh] = seen_.emplace(value, owner);

		if (!fresh)
			problems_.add(place,
				      std::string(what_) + " " + value + " belongs to " + it->second +
					      " already",
				      "give each its own");
	}

    private:
	const char *what_;
	Problems &problems_;
	std::map<std::string, std::string> seen_;
};

class Rules {
    public:
	Rules(Draft draft, Problems &problems)
		: draft_(std::move(draft)), cluster_(draft_.cluster), problems_(problems),
		  readable_(problems.empty())
	{
	}

	model::Cluster run()
	{
		options();
		nodes();
		applications();
		routers();
		reachable();
		volumes();
		executables();
		addresses();
		replicas();
		return std::move(cluster_);
	}

    private:
	void options();
	void nodes();
	void reachable();
	void applications();
	void deadlines(const model::Application &app, const std::string &place);
	void volumes();
	void executables();
	void addresses();
	void replicas();
	void exports(std::size_t index);
	void routers();
	model::NodeId candidate(const std::string &name, const std::string &place);
	std::vector<model::NodeId> order(const std::vector<std::string> &names,
					 model::NodeId home, const std::string &place);

	Draft draft_;
	model::Cluster &cluster_;
	Problems &problems_;
	const bool readable_; ///< every single value was understood
};

void Rules::options()
{
	const model::Options &o = cluster_.options;

	// A node that is cut off has dropped its addresses before it is called lost.
	const milliseconds gives_up = o.link_grace * 5 / 4 + let_go;
	const bool gives_up_at_all = o.supervision == model::Supervision::nop && o.link_grace != 0ms;

	if (gives_up_at_all && o.lost_grace < gives_up)
		problems_.add("options.lost_grace",
			      "lost_grace (" + text(o.lost_grace) + ") is shorter than " +
				      text(gives_up) + ", 1.25 times link_grace (" +
				      text(o.link_grace) + ") and one second to let go",
			      "raise lost_grace or lower link_grace; else a node that is cut off "
			      "would still hold its addresses when another one takes them");
	// A router that restarts loses count of the silence before.
	const milliseconds start = o.lost_grace + (gives_up_at_all ? silence : 1ms);

	if (o.start_grace < start)
		problems_.add("options.start_grace",
			      "start_grace (" + text(o.start_grace) + ") is shorter than " + text(start),
			      "raise start_grace; nodes need time to log in after a router's start, "
			      "and those that are cut off to let go");
	if (o.takeover_deadline <= o.helper_timeout)
		problems_.add("options.takeover_deadline",
			      "takeover_deadline (" + text(o.takeover_deadline) +
				      ") is not longer than helper_timeout (" +
				      text(o.helper_timeout) + ")",
			      "raise takeover_deadline or lower helper_timeout");
}

void Rules::nodes()
{
	Unique ids("id", problems_), names("name", problems_), initiators("initiator", problems_),
		addresses("address", problems_);

	for (std::size_t i = 0; i < cluster_.nodes.size(); i++) {
		model::Node &node = cluster_.nodes[i];
		const std::string place = at("nodes", i);
		const std::string owner = "node " + node.name;
		const bool server = node.role == model::Role::server;

		ids.check(std::to_string(node.id), place + ".id", owner);
		names.check(node.name, place + ".name", owner);
		initiators.check(node.initiator, place + ".initiator", owner);
		for (std::size_t a = 0; a < node.addresses.size(); a++)
			addresses.check(node.addresses[a], at(place, "addresses", a), owner);
		if (server && draft_.node_role_known[i] && node.initiator.empty())
			problems_.add(place + ".initiator", "server " + node.name + " has no initiator",
				      "copy its name from /etc/iscsi/initiatorname.iscsi of the node");
		if (node.addresses.size() > addresses_max)
			problems_.add(place + ".addresses", owner + " has more than 8 addresses",
				      "keep those on the storage network");
		if (cluster_.options.gasp_certificate && node.addresses.empty())
			problems_.add(place + ".addresses", owner + " has no address",
				      "add the addresses on the storage network; death "
				      "certificates are sent to them");
		if (node.role == model::Role::router && !draft_.node_standby[i].empty())
			problems_.add(place + ".standby", "a router has no applications for a standby to take",
				      "remove the line");
		else
			node.standby = order(draft_.node_standby[i], node.id, place + ".standby");
	}
}

model::NodeId Rules::candidate(const std::string &name, const std::string &place)
{
	const model::Node *node = model::find_node(cluster_, name);

	if (name.empty())
		return 0;
	if (!node)
		problems_.add(place, "node '" + name + "' is not in the list of nodes",
			      "correct the name or add the node");
	else if (node->role == model::Role::router)
		problems_.add(place, "node '" + name + "' is not a server or an array",
			      "a router relays and grants; applications run on servers, replicas are on arrays");
	else
		return node->id;
	return 0;
}

std::vector<model::NodeId> Rules::order(const std::vector<std::string> &names, model::NodeId home,
					const std::string &place)
{
	std::vector<model::NodeId> ids;

	for (std::size_t i = 0; i < names.size(); i++) {
		const std::string here = place + "[" + std::to_string(i) + "]";
		const model::NodeId id = candidate(names[i], here);

		if (id == 0)
			continue;
		if (id == home)
			problems_.add(here, "node '" + names[i] + "' cannot stand by for itself",
				      "name other nodes");
		else if (std::ranges::find(ids, id) != ids.end())
			problems_.add(here, "node '" + names[i] + "' stands in this order twice",
				      "remove one of the two");
		else
			ids.push_back(id);
	}
	if (ids.size() + 1 > KNELL_CANDIDATES_MAX)
		problems_.add(place,
			      "the order has " + std::to_string(ids.size()) + " nodes, possible are " +
				      std::to_string(KNELL_CANDIDATES_MAX - 1),
			      "shorten it");
	return ids;
}

void Rules::applications()
{
	Unique ids("id", problems_), names("name", problems_);

	for (std::size_t i = 0; i < cluster_.applications.size(); i++) {
		model::Application &app = cluster_.applications[i];
		const std::string place = at("applications", i);
		const std::string owner = "application " + app.name;

		ids.check(std::to_string(app.id), place + ".id", owner);
		names.check(app.name, place + ".name", owner);
		app.home = candidate(draft_.app_home[i], place + ".node");
		if (draft_.app_standby[i])
			app.standby = order(*draft_.app_standby[i], app.home, place + ".standby");
		const bool stored = !app.volumes.empty() || !app.replicas.empty();
		if (!stored && app.executables.empty() && app.addresses.empty())
			problems_.add(place, owner + " has nothing to take over",
				      "give it volumes, executables or addresses");
		else if (!stored && app.fence != model::Fence::none)
			problems_.add(place, owner + " has no volume that could be fenced",
				      "write 'fence: none' if two nodes may run it at once while "
				      "the storage link of one is cut; else give it a volume");
		if (stored && app.fence == model::Fence::none)
			problems_.add(place + ".fence", owner + " has a volume and must be fenced",
				      "remove 'fence: none'; without fencing two nodes may write");
		deadlines(app, place);
	}
}

/// Somebody must grant. An array that serves applications is no router.
void Rules::routers()
{
	if (readable_ && std::ranges::all_of(cluster_.nodes, [this](const model::Node &node) {
		    return model::fabric_role(cluster_, node) == model::Role::server;
	    }))
		problems_.add("nodes", "no node is a router or an array",
			      "add the machine that exports the mailbox LUN; it grants takeovers");
}

/// A server that no router can send to has none. Addresses are all the file says about ways.
void Rules::reachable()
{
	const auto is_v6 = [](const std::string &address) { return address.find(':') != address.npos; };
	std::set<bool> hubs; // kinds of addresses of routers and arrays

	for (const model::Node &node : cluster_.nodes)
		if (model::fabric_role(cluster_, node) != model::Role::server)
			for (const std::string &address : node.addresses)
				hubs.insert(is_v6(address));
	for (std::size_t i = 0; i < cluster_.nodes.size(); i++) {
		const model::Node &node = cluster_.nodes[i];

		if (hubs.empty() || model::fabric_role(cluster_, node) != model::Role::server ||
		    node.addresses.empty() ||
		    std::ranges::any_of(node.addresses, [&](const std::string &a) { return hubs.contains(is_v6(a)); }))
			continue;
		const bool v6 = is_v6(node.addresses.front());
		problems_.add(at("nodes", i) + ".addresses",
			      (node.role == model::Role::array ? "array " : "server ") + node.name +
				      " is without any router: its addresses are IPv" +
				      (v6 ? "6" : "4") + ", those of the routers and arrays IPv" + (v6 ? "4" : "6"),
			      "give it an address on the storage network of a router, or a router one on its network");
	}
}

void Rules::deadlines(const model::Application &app, const std::string &place)
{
	const auto sum = [&app](milliseconds model::Executable::*timeout) {
		return std::accumulate(app.executables.begin(), app.executables.end(), 0ms,
				       [timeout](milliseconds total, const model::Executable &e) {
					       return total + e.*timeout;
				       });
	};
	const auto check = [&](milliseconds needed, milliseconds allowed, const char *steps,
			       const char *deadline) {
		if (needed >= allowed)
			problems_.add(place + ".executables",
				      std::string("the ") + steps + " add up to " + text(needed) +
					      ", " + deadline + " is " + text(allowed),
				      std::string("lower them or raise ") + deadline +
					      "; the other steps need time too");
	};

	check(sum(&model::Executable::start_timeout), cluster_.options.takeover_deadline,
	      "start timeouts", "takeover_deadline");
	check(sum(&model::Executable::stop_timeout), cluster_.options.release_deadline,
	      "stop timeouts", "release_deadline");
}

void Rules::volumes()
{
	Unique devices("device", problems_), mounts("mount point", problems_);
	std::map<std::string, std::size_t> owners; // mount point -> application

	for (std::size_t i = 0; i < cluster_.applications.size(); i++) {
		const model::Application &app = cluster_.applications[i];

		for (std::size_t v = 0; v < app.volumes.size(); v++) {
			const model::Volume &volume = app.volumes[v];
			const std::string place = at(at("applications", i), "volumes", v);

			devices.check(volume.device, place + ".device", "application " + app.name);
			mounts.check(volume.mount, place + ".mount", "application " + app.name);
			if (volume.mount == "/")
				problems_.add(place + ".mount", "the root directory is in use",
					      "mount the volume below it");
			owners.emplace(volume.mount, i);
		}
	}
	for (const auto &[mount, app] : owners) {
		for (auto slash = mount.rfind('/'); slash != mount.npos && slash != 0;
		     slash = mount.rfind('/', slash - 1)) {
			const auto outer = owners.find(mount.substr(0, slash));

			if (outer != owners.end() && outer->second != app)
				problems_.add(at("applications", app) + ".volumes",
					      "mount point " + mount + " lies within " + outer->first +
						      " of application " +
						      cluster_.applications[outer->second].name,
					      "keep the volumes of two applications apart; each "
					      "moves on its own");
		}
	}
}

void Rules::executables()
{
	Unique units("unit", problems_);

	for (std::size_t i = 0; i < cluster_.applications.size(); i++) {
		const model::Application &app = cluster_.applications[i];

		for (std::size_t e = 0; e < app.executables.size(); e++)
			units.check(app.executables[e].unit,
				    at(at("applications", i), "executables", e) + ".unit",
				    "application " + app.name);
	}
}

void Rules::addresses()
{
	Unique addresses("address", problems_);

	for (const model::Node &node : cluster_.nodes)
		for (const std::string &address : node.addresses)
			addresses.check(address, "", "node " + node.name);
	for (std::size_t i = 0; i < cluster_.applications.size(); i++) {
		const model::Application &app = cluster_.applications[i];

		for (std::size_t a = 0; a < app.addresses.size(); a++)
			addresses.check(app.addresses[a].address,
					at(at("applications", i), "addresses", a) + ".address",
					"application " + app.name);
	}
}

void Rules::replicas()
{
	Unique resources("resource", problems_), witnesses("witness", problems_), devices("device", problems_),
		targets("target", problems_), serials("serial", problems_);

	for (std::size_t i = 0; i < cluster_.applications.size(); i++) {
		model::Application &app = cluster_.applications[i];
		const std::string place = at("applications", i);
		const std::string owner = "application " + app.name;
		auto nodes = model::candidates(cluster_, app);

		std::ranges::sort(nodes);
		for (model::NodeId id : nodes) {
			const model::Node *node = model::find_node(cluster_, id);

			if (!node || (node->role == model::Role::array) == !app.replicas.empty())
				continue;
			if (app.replicas.empty())
				problems_.add(place, owner + " may come to the array " + node->name,
					      "arrays serve applications with 'replicas' only");
			else
				problems_.add(place + ".replicas", owner + " may come to the server " + node->name,
					      "replicas are on nodes of role array");
		}
		for (model::NodeId id : nodes)
			if (const model::Node *node = model::find_node(cluster_, id);
			    node && node->role == model::Role::array && node->initiator.empty())
				problems_.add(place + ".node", "array " + node->name + " has no initiator",
					      "it logs in to the routers' mailboxes and the witness; copy its "
					      "name from /etc/iscsi/initiatorname.iscsi");
		if (!app.replicas.empty() && nodes.size() != 2 && readable_)
			problems_.add(place + ".replicas",
				      owner + " has " + std::to_string(nodes.size()) + " candidates",
				      "a replica is on two arrays: one node and one standby");
		for (std::size_t r = 0; r < app.replicas.size(); r++) {
			model::Replica &replica = app.replicas[r];
			const std::string here = at(place, "replicas", r);

			replica.nodes = nodes;
			resources.check(replica.resource, here + ".resource", owner);
			witnesses.check(replica.witness, here + ".witness", owner);
			for (std::size_t d = 0; d < replica.devices.size(); d++)
				devices.check(replica.devices[d], at(here, "devices", d), owner);
			if (replica.devices.empty())
				problems_.add(here + ".devices", "replica " + replica.resource + " has no device",
					      "name every volume of the resource");
		}
		for (std::size_t e = 0; e < app.exports.size(); e++) {
			targets.check(app.exports[e].target, at(place, "exports", e) + ".target", owner);
			serials.check(app.exports[e].serial, at(place, "exports", e) + ".serial", owner);
		}
		exports(i);
	}
}

void Rules::exports(std::size_t index)
{
	model::Application &app = cluster_.applications[index];
	const std::string place = at("applications", index);
	const auto replicated = [&app](const std::string &device) {
		return std::ranges::any_of(app.replicas, [&](const model::Replica &r) {
			return std::ranges::find(r.devices, device) != r.devices.end();
		});
	};

	for (std::size_t v = 0; v < app.volumes.size() && !app.replicas.empty(); v++)
		if (!replicated(app.volumes[v].device))
			problems_.add(at(place, "volumes", v) + ".device",
				      app.volumes[v].device + " is no device of a replica",
				      "volumes of an application with replicas are on them; the witness fences no other");
	for (std::size_t e = 0; e < app.exports.size(); e++) {
		model::Export &exported = app.exports[e];
		const std::string here = at(place, "exports", e);

		if (!replicated(exported.device))
			problems_.add(here + ".device", exported.device + " is no device of a replica",
				      "export what the application replicates");
		if (std::ranges::none_of(app.addresses, [&](const auto &a) { return a.address == exported.portal; }))
			problems_.add(here + ".portal", exported.portal + " is no address of the application",
				      "name one of its 'addresses'; it moves with the volume");
		if (std::ranges::none_of(app.volumes, [&](const model::Volume &v) {
			    return (exported.reservations + "/").starts_with(v.mount + "/");
		    }))
			problems_.add(here + ".reservations",
				      exported.reservations + " is on no volume of the application",
				      "persistent reservations must move with the volume they protect");
		if (std::ranges::any_of(app.volumes, [&](const model::Volume &v) {
			    return (exported.reservations + "/").starts_with(v.mount + "/") &&
				   std::ranges::find(v.options, "sync") == v.options.end();
		    }))
			problems_.add(here + ".reservations", exported.reservations + " is on a volume without 'sync'",
				      "write options: [sync]; LIO does not flush what it saves");
		const auto &names = draft_.app_initiators[index][e];
		for (std::size_t n = 0; n < names.size(); n++) {
			const model::Node *node = model::find_node(cluster_, names[n]);

			if (!node || node->initiator.empty())
				problems_.add(at(here, "initiators", n),
					      "node '" + names[n] + "' is not in the list of nodes, or has no initiator",
					      "name nodes that use the volume");
			else
				exported.initiators.push_back(node->initiator);
		}
	}
}

} // namespace

model::Cluster apply_rules(Draft draft, Problems &problems)
{
	return Rules(std::move(draft), problems).run();
}

} // namespace knell::config
