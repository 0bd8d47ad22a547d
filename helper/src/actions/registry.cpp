// SPDX-License-Identifier: GPL-2.0
// The table of actions. Its order is the order of a takeover: nothing is mounted before
// everything is fenced, no client comes before the programs run; a target listens on an address that is there.
#include "actions/registry.hpp"

#include "actions/address.hpp"
#include "actions/device.hpp"
#include "actions/exec.hpp"
#include "actions/export.hpp"
#include "actions/fence.hpp"
#include "actions/mount.hpp"
#include "actions/replica.hpp"
#include "actions/unit.hpp"

namespace knell::actions {

namespace {

void add_fences(const Site &site, const model::Application &app, Actions &actions)
{
	for (const auto &replica : app.replicas)
		actions.push_back(std::make_unique<Fence>(site, replica.witness, find_units));
	// Volumes of replicas are fenced by the witness.
	if (!app.replicas.empty())
		return;
	for (const auto &volume : app.volumes)
		actions.push_back(std::make_unique<Fence>(site, volume.device, find_units));
}

void add_replicas(const Site &site, const model::Application &app, Actions &actions)
{
	for (const auto &replica : app.replicas)
		actions.push_back(std::make_unique<Replica>(
			site, app.id, replica, std::make_unique<Drbd>(replica.resource, replica.devices),
			std::make_unique<WitnessDevice>(replica.witness), find_units, grants_directory));
}

void add_mounts(const Site &, const model::Application &app, Actions &actions)
{
	for (const auto &volume : app.volumes)
		actions.push_back(std::make_unique<Mount>(volume));
}

void add_executables(const Site &site, const model::Application &app, Actions &actions)
{
	for (const auto &executable : app.executables) {
		if (executable.unit.empty())
			actions.push_back(std::make_unique<Exec>(site, app.name, app.id, executable));
		else
			actions.push_back(std::make_unique<Unit>(executable));
	}
}

void add_addresses(const Site &, const model::Application &app, Actions &actions)
{
	for (const auto &address : app.addresses)
		actions.push_back(std::make_unique<Address>(address));
}

void add_exports(const Site &site, const model::Application &app, Actions &actions)
{
	for (std::size_t i = 0; i < app.exports.size(); i++)
		actions.push_back(std::make_unique<Export>(site, app.id, i, app.exports[i],
							   std::make_unique<Configfs>(lio_root)));
}

using Add = void (*)(const Site &, const model::Application &, Actions &);

constexpr Add table[] = {add_fences,      add_replicas,  add_mounts,
			   add_executables, add_addresses, add_exports};

} // namespace

Actions make_actions(const Site &site, const model::Application &app)
{
	Actions actions;

	for (Add add : table)
		add(site, app, actions);
	return actions;
}

} // namespace knell::actions
