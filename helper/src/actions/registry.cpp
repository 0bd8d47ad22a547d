// SPDX-License-Identifier: GPL-2.0
// The table of actions. Its order is the order of a takeover: nothing is mounted before
// everything is fenced, no client comes before the programs run.
#include "actions/registry.hpp"

#include "actions/address.hpp"
#include "actions/device.hpp"
#include "actions/exec.hpp"
#include "actions/fence.hpp"
#include "actions/mount.hpp"
#include "actions/unit.hpp"

namespace knell::actions {

namespace {

void add_fences(const Site &site, const model::Application &app, Actions &actions)
{
	for (const auto &volume : app.volumes)
		actions.push_back(std::make_unique<Fence>(site, volume.device, find_units));
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

using Add = void (*)(const Site &, const model::Application &, Actions &);

constexpr Add table[] = {add_fences, add_mounts, add_executables, add_addresses};

} // namespace

Actions make_actions(const Site &site, const model::Application &app)
{
	Actions actions;

	for (Add add : table)
		add(site, app, actions);
	return actions;
}

} // namespace knell::actions
