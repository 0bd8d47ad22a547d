// SPDX-License-Identifier: GPL-2.0
// One handler for the whole of knellObjects: what is asked for is looked up in the image.
#include "snmp/speaker.hpp"

#include "snmp/pipe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <sys/select.h>

// After all others: it defines words they use.
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

namespace knell::snmp {

namespace {

constexpr char name[] = "knell-snmp";
constexpr oid snmp_trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};

std::vector<oid> absolute(const Oid &below)
{
	std::vector<oid> all(mib_root.begin(), mib_root.end());

	all.insert(all.end(), below.begin(), below.end());
	return all;
}

/// What of an asked object identifier is below knellMIB.
Oid relative(const oid *asked, std::size_t length)
{
	Oid below;

	for (std::size_t i = std::min(length, mib_root.size()); i < length; i++)
		below.push_back(static_cast<std::uint32_t>(asked[i]));
	return below;
}

/// The octets of a value as net-snmp takes them.
class Wire {
public:
	explicit Wire(const Value &value) : value_(value), number_(static_cast<long>(value.number)) {}

	[[nodiscard]] u_char type() const
	{
		switch (value_.type) {
		case Type::integer:
			return ASN_INTEGER;
		case Type::gauge:
			return ASN_GAUGE;
		case Type::octets:
			break;
		}
		return ASN_OCTET_STR;
	}
	[[nodiscard]] const void *data() const
	{
		return value_.type == Type::octets ? static_cast<const void *>(value_.octets.data()) : &number_;
	}
	[[nodiscard]] std::size_t size() const
	{
		return value_.type == Type::octets ? value_.octets.size() : sizeof(number_);
	}

private:
	const Value &value_;
	const long number_;
};

void get(const Image &image, netsnmp_agent_request_info *info, netsnmp_request_info *request)
{
	const auto *asked = request->requestvb;
	const auto found = image.find(relative(asked->name, asked->name_length));

	if (found == image.end()) {
		netsnmp_set_request_error(info, request, SNMP_NOSUCHINSTANCE);
		return;
	}
	const Wire wire(found->second);
	snmp_set_var_typed_value(request->requestvb, wire.type(), wire.data(), wire.size());
}

void get_next(const Image &image, netsnmp_request_info *request)
{
	const auto *asked = request->requestvb;
	const auto below = relative(asked->name, asked->name_length);
	const auto found = request->inclusive ? image.lower_bound(below) : image.upper_bound(below);

	// Without a value the agent goes on behind this subtree.
	if (found == image.end())
		return;
	const auto next = absolute(found->first);
	const Wire wire(found->second);
	snmp_set_var_objid(request->requestvb, next.data(), next.size());
	snmp_set_var_typed_value(request->requestvb, wire.type(), wire.data(), wire.size());
}

extern "C" int knell_snmp_handle(netsnmp_mib_handler *handler, netsnmp_handler_registration * /*registration*/,
				 netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	const auto &image = *static_cast<const Image *>(handler->myvoid);

	for (auto *request = requests; request; request = request->next) {
		if (request->processed)
			continue;
		if (info->mode == MODE_GET)
			get(image, info, request);
		else if (info->mode == MODE_GETNEXT)
			get_next(image, request);
		else
			return SNMP_ERR_GENERR;
	}
	return SNMP_ERR_NOERROR;
}

Status begin(Image &image, const std::string &master)
{
	// No file of net-snmp is read or written, no module of its own is served.
	::setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 1);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, master.c_str());
	// It is told when the master is found and lost, not every time it is looked for.
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
	snmp_enable_stderrlog();
	if (init_agent(name) != 0)
		return Error{"cannot begin as an AgentX subagent", "net-snmp does not say why", ""};
	const auto root = absolute({1});
	auto *registration = netsnmp_create_handler_registration("knell", knell_snmp_handle, root.data(), root.size(),
								 HANDLER_CAN_RONLY);
	if (!registration || !registration->handler)
		return Error{"cannot serve KNELL-MIB", "no memory", ""};
	registration->handler->myvoid = &image;
	if (netsnmp_register_handler(registration) != MIB_REGISTERED_OK)
		return Error{"cannot serve KNELL-MIB", "its subtree is taken", ""};
	init_snmp(name);
	return {};
}

void tell(const Notification &notification)
{
	const auto id = absolute({0, notification.number});
	netsnmp_variable_list *list = nullptr;

	snmp_varlist_add_variable(&list, snmp_trap_oid, std::size(snmp_trap_oid), ASN_OBJECT_ID, id.data(),
				  id.size() * sizeof(id[0]));
	for (const auto &[below, value] : notification.objects) {
		const auto object = absolute(below);
		const Wire wire(value);
		snmp_varlist_add_variable(&list, object.data(), object.size(), wire.type(), wire.data(), wire.size());
	}
	send_v2trap(list);
	snmp_free_varbind(list);
}

/// Waits for the reader, the master or an alarm of net-snmp, and serves the latter two.
/// True if the reader has something to say.
Result<bool> wait(int fd)
{
	fd_set set;
	timeval patience{60, 0};
	int last = fd + 1, block = 0;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	snmp_select_info(&last, &set, &patience, &block);
	const int ready = ::select(last, &set, nullptr, nullptr, &patience);
	if (ready < 0 && errno != EINTR)
		return Error::from_errno("cannot wait", errno);
	bool news = false;
	if (ready > 0) {
		news = FD_ISSET(fd, &set);
		FD_CLR(fd, &set);
		snmp_read(&set);
	} else {
		snmp_timeout();
	}
	run_alarms();
	netsnmp_check_outstanding_agent_requests();
	return news;
}

} // namespace

Status speak(int fd, const std::string &master)
{
	Inbox inbox(fd);
	Image image;

	if (fd >= FD_SETSIZE)
		return Error{"cannot begin", "too many open files", ""};
	if (auto begun = begin(image, master); !begun)
		return begun;
	for (;;) {
		const auto ready = wait(fd);
		if (!ready)
			return ready.error();
		if (!*ready)
			continue;
		auto all = inbox.read();
		if (!all)
			return all.error();
		for (auto &news : *all)
			if (auto *next = std::get_if<Image>(&news))
				image = std::move(*next);
			else
				tell(std::get<Notification>(news));
		if (inbox.ended())
			return {};
	}
}

} // namespace knell::snmp
