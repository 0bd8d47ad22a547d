// SPDX-License-Identifier: GPL-2.0
// Cluster to canonical JSON and back.
#include "model/document.hpp"

#include <openssl/evp.h>

#include <nlohmann/json.hpp>

#include "model/names.hpp"
#include "model/watching_document.hpp"

namespace knell::model {
namespace {

using json = nlohmann::json; // an ordered map underneath: keys come out sorted

json json_of(const Application &a);
void read(const json &j, Application &a);

json json_of(const Options &o)
{
	return {
		{"cpu_timeout", o.cpu_timeout.count()},
		{"gasp_certificate", o.gasp_certificate},
		{"gasp_iscsi", o.gasp_iscsi},
		{"helper_timeout", o.helper_timeout.count()},
		{"link_grace", o.link_grace.count()},
		{"lost_grace", o.lost_grace.count()},
		{"on_down", name(o.on_down)},
		{"oops_down", o.oops_down},
		{"release_deadline", o.release_deadline.count()},
		{"start_grace", o.start_grace.count()},
		{"supervision", name(o.supervision)},
		{"takeover_deadline", o.takeover_deadline.count()},
	};
}

json json_of(const Node &n)
{
	return {
		{"addresses", n.addresses}, {"id", n.id},	    {"initiator", n.initiator},
		{"name", n.name},	    {"role", name(n.role)}, {"standby", n.standby},
	};
}

json json_of(const Volume &v)
{
	return {
		{"device", v.device},	{"fsck", name(v.fsck)}, {"mount", v.mount},
		{"options", v.options}, {"type", v.type},
	};
}

json json_of(const Executable &e)
{
	return {
		{"arguments", e.arguments},
		{"program", e.program},
		{"start_timeout", e.start_timeout.count()},
		{"stop_timeout", e.stop_timeout.count()},
		{"unit", e.unit},
	};
}

json json_of(const FloatingAddress &a)
{
	return {{"address", a.address}, {"interface", a.interface}, {"prefix", a.prefix}};
}

json json_of(const Replica &r)
{
	return {
		{"devices", r.devices},
		{"nodes", r.nodes},
		{"resource", r.resource},
		{"witness", r.witness},
	};
}

json json_of(const Export &e)
{
	return {
		{"device", e.device},	    {"initiators", e.initiators}, {"lun", e.lun},
		{"portal", e.portal},	    {"reservations", e.reservations},
		{"serial", e.serial},	    {"target", e.target},
	};
}

template <typename T> json json_of(const std::vector<T> &items)
{
	json list = json::array();

	for (const T &item : items)
		list.push_back(json_of(item));
	return list;
}

json json_of(const Application &a)
{
	json j = {
		{"addresses", json_of(a.addresses)},
		{"executables", json_of(a.executables)},
		{"fence", name(a.fence)},
		{"home", a.home},
		{"id", a.id},
		{"name", a.name},
		{"standby", a.standby ? json(*a.standby) : json(nullptr)},
		{"takeover", name(a.takeover)},
		{"volumes", json_of(a.volumes)},
	};

	// Documents of applications without them are as they were before there were any.
	if (!a.replicas.empty())
		j["replicas"] = json_of(a.replicas);
	if (!a.exports.empty())
		j["exports"] = json_of(a.exports);
	if (!a.response.empty())
		j["response"] = a.response;
	return j;
}

milliseconds get_time(const json &j, const char *key)
{
	return milliseconds(j.at(key).get<milliseconds::rep>());
}

template <typename E> E get_name(const json &j, const char *key)
{
	if (auto value = parse_name<E>(j.at(key).get<std::string>()))
		return *value;
	throw json::other_error::create(501, std::string("unknown word in ") + key, &j);
}

void read(const json &j, Options &o)
{
	o.cpu_timeout = get_time(j, "cpu_timeout");
	o.gasp_certificate = j.at("gasp_certificate").get<bool>();
	o.gasp_iscsi = j.at("gasp_iscsi").get<bool>();
	o.helper_timeout = get_time(j, "helper_timeout");
	o.link_grace = get_time(j, "link_grace");
	o.lost_grace = get_time(j, "lost_grace");
	o.on_down = get_name<OnDown>(j, "on_down");
	o.oops_down = j.at("oops_down").get<bool>();
	o.release_deadline = get_time(j, "release_deadline");
	o.start_grace = get_time(j, "start_grace");
	o.supervision = get_name<Supervision>(j, "supervision");
	o.takeover_deadline = get_time(j, "takeover_deadline");
}

void read(const json &j, Node &n)
{
	j.at("addresses").get_to(n.addresses);
	j.at("id").get_to(n.id);
	j.at("initiator").get_to(n.initiator);
	j.at("name").get_to(n.name);
	n.role = get_name<Role>(j, "role");
	j.at("standby").get_to(n.standby);
}

void read(const json &j, Volume &v)
{
	j.at("device").get_to(v.device);
	v.fsck = get_name<Fsck>(j, "fsck");
	j.at("mount").get_to(v.mount);
	j.at("options").get_to(v.options);
	j.at("type").get_to(v.type);
}

void read(const json &j, Executable &e)
{
	j.at("arguments").get_to(e.arguments);
	j.at("program").get_to(e.program);
	e.start_timeout = get_time(j, "start_timeout");
	e.stop_timeout = get_time(j, "stop_timeout");
	j.at("unit").get_to(e.unit);
}

void read(const json &j, FloatingAddress &a)
{
	j.at("address").get_to(a.address);
	j.at("interface").get_to(a.interface);
	j.at("prefix").get_to(a.prefix);
}

void read(const json &j, Replica &r)
{
	j.at("devices").get_to(r.devices);
	j.at("nodes").get_to(r.nodes);
	j.at("resource").get_to(r.resource);
	j.at("witness").get_to(r.witness);
}

void read(const json &j, Export &e)
{
	j.at("device").get_to(e.device);
	j.at("initiators").get_to(e.initiators);
	j.at("lun").get_to(e.lun);
	j.at("portal").get_to(e.portal);
	j.at("reservations").get_to(e.reservations);
	j.at("serial").get_to(e.serial);
	j.at("target").get_to(e.target);
}

template <typename T> void read(const json &j, std::vector<T> &items)
{
	for (const json &entry : j)
		read(entry, items.emplace_back());
}

void read(const json &j, Application &a)
{
	read(j.at("addresses"), a.addresses);
	read(j.at("executables"), a.executables);
	a.fence = get_name<Fence>(j, "fence");
	j.at("home").get_to(a.home);
	j.at("id").get_to(a.id);
	j.at("name").get_to(a.name);
	if (const json &standby = j.at("standby"); !standby.is_null())
		a.standby = standby.get<std::vector<NodeId>>();
	a.takeover = get_name<Takeover>(j, "takeover");
	read(j.at("volumes"), a.volumes);
	if (j.contains("replicas"))
		read(j.at("replicas"), a.replicas);
	if (j.contains("exports"))
		read(j.at("exports"), a.exports);
	if (j.contains("response"))
		j.at("response").get_to(a.response);
}

// The library would convert 1e38 to an integer, which is undefined; a document holds integers only.
bool refuse_fractions(int, json::parse_event_t event, json &value)
{
	if (event == json::parse_event_t::value && value.is_number_float())
		throw json::type_error::create(302, "a number is not an integer: " + value.dump(),
					       &value);
	return true;
}

} // namespace

Result<Sha256> sha256(std::string_view octets)
{
	Sha256 digest{};
	unsigned int length = digest.size();

	if (EVP_Digest(octets.data(), octets.size(), digest.data(), &length, EVP_sha256(),
		       nullptr) != 1)
		return Error{"cannot compute a SHA-256", "the crypto library refused",
			     "check the installation of libcrypto (OpenSSL)"};
	return digest;
}

std::string hex(std::string_view octets)
{
	static constexpr char digits[] = "0123456789abcdef";
	std::string text;

	text.reserve(octets.size() * 2);
	for (unsigned char octet : octets) {
		text += digits[octet >> 4];
		text += digits[octet & 15];
	}
	return text;
}

std::string hex(const Sha256 &digest)
{
	return hex({reinterpret_cast<const char *>(digest.data()), digest.size()});
}

std::uint32_t short_hash(const Sha256 &digest)
{
	return std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 |
	       std::uint32_t{digest[2]} << 8 | digest[3];
}

std::string serialize(const Cluster &cluster)
{
	json j = {
		{"applications", json_of(cluster.applications)},
		{"generation", cluster.generation},
		{"id", cluster.id},
		{"name", cluster.name},
		{"nodes", json_of(cluster.nodes)},
		{"options", json_of(cluster.options)},
		{"secret_file", cluster.secret_file},
		{"version", document_version},
	};

	// Absent when nothing of it was asked for: documents of before keep their octets.
	if (cluster.watching != Watching{})
		j["watching"] = json_of(cluster.watching);
	return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Cluster> deserialize(std::string_view text)
{
	const std::string what = "cannot read the MIB document";
	const std::string hint = "install the cluster file again on this node";

	try {
		json j = json::parse(text, refuse_fractions);
		Cluster cluster;

		if (j.at("version").get<int>() != document_version)
			return Error{what,
				     "it has version " + j.at("version").dump() + ", known is " +
					     std::to_string(document_version),
				     "use the knell version that wrote it"};
		read(j.at("applications"), cluster.applications);
		j.at("generation").get_to(cluster.generation);
		j.at("id").get_to(cluster.id);
		j.at("name").get_to(cluster.name);
		read(j.at("nodes"), cluster.nodes);
		read(j.at("options"), cluster.options);
		j.at("secret_file").get_to(cluster.secret_file);
		if (j.contains("watching"))
			read(j.at("watching"), cluster.watching);
		// Numbers out of range were cut and unknown members skipped above.
		if (serialize(cluster) != text)
			return Error{what, "it is not in canonical form", hint};
		return cluster;
	} catch (const json::exception &e) {
		return Error{what, e.what(), hint};
	}
}

} // namespace knell::model
