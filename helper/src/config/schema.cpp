// SPDX-License-Identifier: GPL-2.0
// The cluster file, key by key; the manual page is knell-cluster.yaml(5).
#include "config/schema.hpp"

#include "config/fields.hpp"
#include "config/syntax.hpp"
#include "config/values.hpp"
#include "config/watching.hpp"
#include "model/names.hpp"

namespace knell::config {
namespace {

using model::milliseconds;
using namespace std::chrono_literals;

Result<bool> parse_oops(std::string_view text)
{
	if (text == "down" || text == "ignore")
		return text == "down";
	return Error{"'" + std::string(text) + "' is not known here", "",
		     "write one of: down, ignore"};
}

Result<std::uint8_t> parse_gasp(std::string_view text)
{
	if (text == "iscsi")
		return std::uint8_t{KNELL_GASP_ISCSI};
	if (text == "certificate")
		return std::uint8_t{KNELL_GASP_CERT};
	return Error{"'" + std::string(text) + "' is not a way of the last gasp", "",
		     "write one or both of: iscsi, certificate"};
}

Result<std::string> parse_fs_type(std::string_view text)
{
	if (text == "ext4" || text == "xfs")
		return std::string(text);
	return Error{"'" + std::string(text) + "' is not a file system knell mounts", "",
		     "write one of: ext4, xfs"};
}

void read_options(Fields &f, model::Options &o)
{
	std::vector<std::uint8_t> ways;

	f.scalar("helper_timeout", o.helper_timeout, Need::optional, duration(200ms, 600s, true));
	f.scalar("lost_grace", o.lost_grace, Need::optional, duration(0ms, 600s));
	f.scalar("link_grace", o.link_grace, Need::optional, duration(100ms, 600s, true));
	f.scalar("start_grace", o.start_grace, Need::optional, duration(1s, 3600s));
	f.scalar("takeover_deadline", o.takeover_deadline, Need::optional, duration(1s, 3600s));
	f.scalar("release_deadline", o.release_deadline, Need::optional, duration(1s, 3600s));
	f.scalar("cpu_timeout", o.cpu_timeout, Need::optional, duration(1s, 600s, true));
	f.scalar("on_down", o.on_down, Need::optional,
		 word<model::OnDown>("reboot, panic, isolate, none"));
	f.scalar("supervision", o.supervision, Need::optional, word<model::Supervision>("nop, off"));
	f.scalar("oops", o.oops_down, Need::optional, parse_oops);
	f.list("lastgasp", ways, Need::optional, parse_gasp);
	if (f.has("lastgasp")) {
		o.gasp_iscsi = o.gasp_certificate = false;
		for (std::uint8_t way : ways) {
			o.gasp_iscsi |= way == KNELL_GASP_ISCSI;
			o.gasp_certificate |= way == KNELL_GASP_CERT;
		}
	}
}

/// True if the role is known.
bool read_node(Fields &f, model::Node &n, std::vector<std::string> &standby)
{
	bool role;

	f.scalar("name", n.name, Need::required, parse_label);
	f.scalar("id", n.id, Need::required, number(1, KNELL_NODE_MAX));
	role = f.scalar("role", n.role, Need::required, word<model::Role>("server, router, array"));
	f.scalar("initiator", n.initiator, Need::optional, parse_initiator);
	f.list("addresses", n.addresses, Need::optional, parse_address);
	f.list("standby", standby, Need::optional, parse_text);
	return role;
}

void read_volume(Fields &f, model::Volume &v)
{
	f.scalar("device", v.device, Need::required, parse_device);
	f.scalar("mount", v.mount, Need::required, parse_path);
	f.scalar("type", v.type, Need::required, parse_fs_type);
	f.list("options", v.options, Need::optional, parse_mount_option);
	f.scalar("fsck", v.fsck, Need::optional, word<model::Fsck>("auto, never, force"));
}

void read_executable(Fields &f, model::Executable &e)
{
	f.scalar("program", e.program, Need::optional, parse_path);
	f.list("arguments", e.arguments, Need::optional, parse_argument);
	f.scalar("unit", e.unit, Need::optional, parse_unit);
	f.scalar("start_timeout", e.start_timeout, Need::optional, duration(100ms, 3600s));
	f.scalar("stop_timeout", e.stop_timeout, Need::optional, duration(100ms, 3600s));
	if (f.has("program") == f.has("unit"))
		f.problems().add(f.place(),
				 f.has("unit") ? "an executable has 'program' or 'unit', not both" :
						 "an executable needs 'program' or 'unit'",
				 "keep exactly one of them");
	else if (f.has("unit") && f.has("arguments"))
		f.problems().add(f.child("arguments"), "a systemd unit takes no arguments here",
				 "put them into the unit file");
}

void read_floating(Fields &f, model::FloatingAddress &a)
{
	model::FloatingAddress parsed;

	f.scalar("address", parsed, Need::required, parse_floating);
	f.scalar("interface", parsed.interface, Need::required, parse_interface);
	a = std::move(parsed);
}

void read_replica(Fields &f, model::Replica &r)
{
	f.scalar("resource", r.resource, Need::required, parse_label);
	f.list("devices", r.devices, Need::required, parse_drbd_device);
	f.scalar("witness", r.witness, Need::required, parse_device);
}

void read_export(Fields &f, model::Export &e, std::vector<std::string> &initiators)
{
	f.scalar("target", e.target, Need::required, parse_initiator);
	f.scalar("lun", e.lun, Need::required, number(0, 255));
	f.scalar("device", e.device, Need::required, parse_drbd_device);
	f.scalar("serial", e.serial, Need::required, parse_serial);
	f.scalar("portal", e.portal, Need::required, parse_address);
	f.scalar("reservations", e.reservations, Need::required, parse_path);
	f.list("initiators", initiators, Need::required, parse_text);
}

/// A program and its arguments in one list.
void read_response(Fields &f, std::vector<std::string> &response)
{
	f.list("response", response, Need::optional, parse_argument);
	if (!f.has("response"))
		return;
	if (response.empty())
		f.problems().add(f.child("response"), "there is no program that could ask the application",
				 "write the program and its arguments as a list, or remove the line");
	else if (auto program = parse_path(response.front()); !program)
		f.problems().add(f.child("response[0]"), program.error().what, program.error().hint);
}

void read_app(Fields &f, model::Application &a, std::string &home,
	      std::optional<std::vector<std::string>> &standby,
	      std::vector<std::vector<std::string>> &initiators)
{
	f.scalar("name", a.name, Need::required, parse_label);
	f.scalar("id", a.id, Need::required, number(1, KNELL_APP_MAX));
	f.scalar("node", home, Need::required, parse_text);
	if (f.has("standby"))
		standby.emplace();
	std::vector<std::string> names;

	f.list("standby", names, Need::optional, parse_text);
	if (standby)
		*standby = std::move(names);
	f.scalar("takeover", a.takeover, Need::optional, word<model::Takeover>("standby, any"));
	f.scalar("fence", a.fence, Need::optional, word<model::Fence>("reservation, none"));
	f.maps("volumes", Need::optional,
	       [&](Fields &v) { read_volume(v, a.volumes.emplace_back()); });
	f.maps("executables", Need::optional,
	       [&](Fields &e) { read_executable(e, a.executables.emplace_back()); });
	f.maps("addresses", Need::optional,
	       [&](Fields &i) { read_floating(i, a.addresses.emplace_back()); });
	f.maps("replicas", Need::optional,
	       [&](Fields &r) { read_replica(r, a.replicas.emplace_back()); });
	f.maps("exports", Need::optional, [&](Fields &e) {
		read_export(e, a.exports.emplace_back(), initiators.emplace_back());
	});
	read_response(f, a.response);
}

} // namespace

Draft read_schema(const YAML::Node &document, Problems &problems)
{
	Draft d;
	model::Cluster &c = d.cluster;
	Fields top(document, "", problems);
	unsigned version = 0;

	problems.note("", 1, 1);
	top.scalar("version", version, Need::required, number(1, 1));
	top.map("cluster", Need::required, [&](Fields &f) {
		f.scalar("name", c.name, Need::required, parse_label);
		f.scalar("id", c.id, Need::required, number(1, 0xffffffff));
		f.scalar("generation", c.generation, Need::optional, number(1, 0xffffffff));
		f.scalar("secret_file", c.secret_file, Need::required, parse_path);
	});
	top.map("options", Need::optional, [&](Fields &f) { read_options(f, c.options); });
	top.maps("nodes", Need::required, [&](Fields &f) {
		d.node_role_known.push_back(
			read_node(f, c.nodes.emplace_back(), d.node_standby.emplace_back()));
	});
	top.maps("applications", Need::optional, [&](Fields &f) {
		read_app(f, c.applications.emplace_back(), d.app_home.emplace_back(),
			 d.app_standby.emplace_back(), d.app_initiators.emplace_back());
	});
	read_watching(top, c.watching);
	top.finish();
	return d;
}

} // namespace knell::config
