// SPDX-License-Identifier: GPL-2.0
// The numbers of KNELL-MIB, table by table.
#include "snmp/image.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cmath>
#include <ctime>
#include <limits>

namespace knell::snmp {

namespace {

// Below knellObjects.
enum Group : std::uint32_t { cluster_group = 1, node_table, application_table, volume_table, address_table, statistics_table, response_table };

// Columns.
enum NodeColumn : std::uint32_t {
	node_name = 2, node_role, node_status, node_reason, node_epoch, node_generation, node_mib_matches, node_since, node_serves,
};
enum ApplicationColumn : std::uint32_t {
	application_name = 2, application_state, application_reason, application_owner, application_from, application_home,
	application_since,
};

constexpr std::uint32_t objects = 1, entry = 1;
constexpr std::size_t text_max = 255;	// octets of an SnmpAdminString

Value integer(std::int64_t number) { return {Type::integer, number, {}}; }
Value truth(bool yes) { return integer(yes ? 1 : 2); }

/// Beyond 32 bits the highest value stands for all.
Value gauge(double number)
{
	constexpr double most = std::numeric_limits<std::uint32_t>::max();

	return {Type::gauge, static_cast<std::int64_t>(std::llround(std::clamp(number, 0.0, most))), {}};
}

Value text(std::string octets)
{
	octets.resize(std::min(octets.size(), text_max));
	return {Type::octets, 0, std::move(octets)};
}

/// DateAndTime, UTC.
Value date(std::uint64_t time_ns)
{
	constexpr std::uint64_t ns_per_s = 1'000'000'000, ns_per_ds = ns_per_s / 10;
	const auto seconds = static_cast<std::time_t>(time_ns / ns_per_s);
	std::tm tm{};
	std::string octets;

	gmtime_r(&seconds, &tm);
	const int year = tm.tm_year + 1900;
	for (const int octet : {year >> 8, year & 0xff, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
				static_cast<int>(time_ns % ns_per_s / ns_per_ds), int{'+'}, 0, 0})
		octets += static_cast<char>(octet);
	return {Type::octets, 0, std::move(octets)};
}

Oid cell(Group table, std::uint32_t column, std::uint32_t row)
{
	return {objects, table, entry, column, row};
}

Oid cell(Group table, std::uint32_t column, std::uint32_t row, std::uint32_t place)
{
	return {objects, table, entry, column, row, place};
}

class Painter {
public:
	Painter(const metrics::Facts &facts, const model::Cluster &cluster) : facts_(facts), cluster_(cluster) {}

	Image run()
	{
		scalars();
		for (const auto &node : facts_.nodes)
			paint(node);
		for (const auto &app : facts_.apps)
			paint(app);
		for (const auto &app : cluster_.applications) {
			volumes(app);
			addresses(app);
		}
		if (facts_.sample)
			statistics(*facts_.sample);
		return std::move(image_);
	}

private:
	void scalars()
	{
		const auto &c = facts_.cluster;
		std::uint32_t number = 1;

		for (const auto &value : {truth(true), text(c.name), gauge(c.id), gauge(c.generation), integer(c.self),
					  truth(c.maintenance)})
			image_[{objects, cluster_group, number++, 0}] = value;
	}

	void paint(const netlink::NodeRecord &node)
	{
		const auto at = [&](NodeColumn column) -> Value & { return image_[cell(node_table, column, node.id)]; };

		at(node_name) = text(node.name);
		at(node_role) = integer(node.role);
		at(node_status) = integer(node.status);
		at(node_reason) = integer(node.reason);
		at(node_epoch) = gauge(node.epoch);
		at(node_generation) = gauge(node.generation);
		at(node_mib_matches) = truth(node.mib_hash == facts_.cluster.mib_hash);
		if (node.stamp_ns)
			at(node_since) = date(node.stamp_ns);
		at(node_serves) = gauge(node.served);
	}

	void paint(const netlink::AppRecord &app)
	{
		const auto at = [&](ApplicationColumn column) -> Value & {
			return image_[cell(application_table, column, app.id)];
		};

		at(application_name) = text(app.name);
		at(application_state) = integer(app.state);
		at(application_reason) = integer(app.reason);
		at(application_owner) = integer(app.owner);
		at(application_from) = integer(app.from);
		at(application_home) = integer(app.candidates.empty() ? KNELL_NODE_NONE : app.candidates.front());
		if (app.stamp_ns)
			at(application_since) = date(app.stamp_ns);
	}

	void volumes(const model::Application &app)
	{
		constexpr double us_per_ms = 1000;
		std::uint32_t place = 0;

		for (const auto &volume : app.volumes) {
			const auto at = [&, p = place + 1](std::uint32_t column) -> Value & {
				return image_[cell(volume_table, column, app.id, p)];
			};
			place++;
			at(2) = text(volume.device);
			at(3) = text(volume.mount);
			at(4) = text(volume.type);
			const auto *use = use_of(volume.device);
			if (!use)
				continue;
			at(5) = gauge(static_cast<double>(use->reads));
			at(6) = gauge(static_cast<double>(use->writes));
			if (use->read_ms)
				at(7) = gauge(*use->read_ms * us_per_ms);
			if (use->write_ms)
				at(8) = gauge(*use->write_ms * us_per_ms);
		}
	}

	[[nodiscard]] const statistics::VolumeUse *use_of(const std::string &device) const
	{
		if (!facts_.sample)
			return nullptr;
		const auto found = std::ranges::find(facts_.sample->volumes, device, &statistics::VolumeUse::device);

		return found == facts_.sample->volumes.end() ? nullptr : &*found;
	}

	void addresses(const model::Application &app)
	{
		enum InetAddressType { ipv4 = 1, ipv6 = 2 };
		std::uint32_t place = 0;

		for (const auto &address : app.addresses) {
			const auto at = [&, p = place + 1](std::uint32_t column) -> Value & {
				return image_[cell(address_table, column, app.id, p)];
			};
			char octets[sizeof(in6_addr)];
			const bool v6 = address.address.find(':') != std::string::npos;

			place++;
			if (inet_pton(v6 ? AF_INET6 : AF_INET, address.address.c_str(), octets) != 1)
				continue;
			at(2) = integer(v6 ? ipv6 : ipv4);
			at(3) = text({octets, v6 ? sizeof(in6_addr) : sizeof(in_addr)});
			at(4) = gauge(address.prefix);
			at(5) = text(address.interface);
		}
	}

	void statistics(const statistics::Sample &s)
	{
		constexpr double per_mille = 1000, hundredths = 100, us_per_ms = 1000, kib = 1024;
		std::uint32_t column = 1;

		for (const auto &value : {date(s.time_ns), gauge(s.cpu_busy * per_mille), gauge(s.load * hundredths),
					  gauge(s.delay_ms * us_per_ms), gauge(static_cast<double>(s.memory_total) / kib),
					  gauge(static_cast<double>(s.memory_available) / kib)})
			image_[cell(statistics_table, column++, facts_.cluster.self)] = value;
		for (const auto &response : s.responses) {
			const auto app = std::ranges::find(facts_.apps, response.application, &netlink::AppRecord::name);
			// One that was removed meanwhile has no number any more.
			if (app == facts_.apps.end())
				continue;
			image_[cell(response_table, 1, app->id)] = truth(response.ms.has_value());
			if (response.ms)
				image_[cell(response_table, 2, app->id)] = gauge(*response.ms * us_per_ms);
		}
	}

	const metrics::Facts &facts_;
	const model::Cluster &cluster_;
	Image image_;
};

Notification about(std::uint32_t number, const netlink::NodeRecord &node)
{
	return {number,
		{{cell(node_table, node_name, node.id), text(node.name)},
		 {cell(node_table, node_status, node.id), integer(node.status)},
		 {cell(node_table, node_reason, node.id), integer(node.reason)}}};
}

} // namespace

Image make_image(const std::optional<metrics::Facts> &facts, const model::Cluster &cluster)
{
	if (!facts)
		return {{{objects, cluster_group, 1, 0}, truth(false)}};
	return Painter(*facts, cluster).run();
}

Notification node_down(const netlink::NodeRecord &node)
{
	return about(1, node);
}

Notification takeover(const netlink::AppRecord &app)
{
	return {2,
		{{cell(application_table, application_name, app.id), text(app.name)},
		 {cell(application_table, application_state, app.id), integer(app.state)},
		 {cell(application_table, application_owner, app.id), integer(app.owner)},
		 {cell(application_table, application_from, app.id), integer(app.from)}}};
}

Notification recovered(const netlink::NodeRecord &node)
{
	return about(3, node);
}

} // namespace knell::snmp
