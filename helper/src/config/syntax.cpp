// SPDX-License-Identifier: GPL-2.0
// Parsers of single values.
#include "config/syntax.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cctype>

#include <arpa/inet.h>
#include <net/if.h>

namespace knell::config {
namespace {

std::string quote(std::string_view text)
{
	return "'" + std::string(text) + "'";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <typename F> bool all(std::string_view text, F f)
{
	return std::ranges::all_of(text, f);
}

bool one_of(char c, std::string_view set) { return set.find(c) != set.npos; }

/// Network order octets of a numeric address.
struct Octets {
	int family = AF_UNSPEC;
	std::array<unsigned char, 16> data{};
};

Octets to_octets(std::string_view text)
{
	const std::string copy(text);
	Octets o;

	if (inet_pton(AF_INET, copy.c_str(), o.data.data()) == 1)
		o.family = AF_INET;
	else if (inet_pton(AF_INET6, copy.c_str(), o.data.data()) == 1)
		o.family = AF_INET6;
	return o;
}

/// Why no host can have this address; empty if it can.
std::string_view unusable(const Octets &o)
{
	const auto &d = o.data;

	if (o.family == AF_INET) {
		if (d[0] == 0)
			return "is not the address of a host";
		if (d[0] == 127)
			return "is a loopback address";
		if (d[0] >= 224)
			return "is a multicast or reserved address";
		return {};
	}
	if (std::all_of(d.begin(), d.end() - 1, [](auto c) { return c == 0; }))
		return d[15] == 1 ? "is a loopback address" : "is not the address of a host";
	if (d[0] == 0xff)
		return "is a multicast address";
	return {};
}

} // namespace

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t low, std::uint64_t high)
{
	const std::string hint =
		"write a number from " + std::to_string(low) + " to " + std::to_string(high);
	const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
	const std::string_view digits = hexadecimal ? text.substr(2) : text;
	std::uint64_t value = 0;
	auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value,
					    hexadecimal ? 16 : 10);

	if (error == std::errc::invalid_argument || end != digits.data() + digits.size())
		return Error{quote(text) + " is not a number", "", hint};
	if (!hexadecimal && digits.size() > 1 && digits[0] == '0')
		return Error{quote(text) + " begins with a zero", "",
			     "write it without leading zeros, or in hexadecimal with 0x"};
	if (error != std::errc() || value < low || value > high)
		return Error{quote(text) + " is out of range", "", hint};
	return value;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text)
{
	static constexpr struct {
		std::string_view name;
		std::uint64_t factor;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
	static constexpr std::uint64_t limit = 1000ULL * 3'600'000;
	const auto digits = std::ranges::find_if_not(text, is_digit) - text.begin();
	const std::string_view unit = text.substr(digits);
	std::uint64_t value = 0;

	if (text == "0")
		return std::chrono::milliseconds(0);
	auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);

	if (digits == 0 || end != text.data() + digits)
		return Error{quote(text) + " is not a duration", "",
			     "write digits and a unit, such as 500ms, 10s, 2m or 1h"};
	for (const auto &u : units)
		if (u.name == unit) {
			if (error != std::errc() || value > limit / u.factor)
				return Error{quote(text) + " is too long", "",
					     "write at most 1000h"};
			return std::chrono::milliseconds(value * u.factor);
		}
	return Error{quote(text) +
			     (unit.empty() ? " has no unit" : " has an unknown unit"),
		     "", "write ms, s, m or h after the digits"};
}

Result<std::string> parse_label(std::string_view text)
{
	if (text.size() >= KNELL_NAME_MAX)
		return Error{"the name is longer than " + std::to_string(KNELL_NAME_MAX - 1) +
				     " characters",
			     "", "choose a shorter name"};
	if (text.empty() || !(is_letter(text[0]) || is_digit(text[0])) ||
	    !all(text, [](char c) { return is_letter(c) || is_digit(c) || one_of(c, "._-"); }))
		return Error{quote(text) + " is not a name", "",
			     "use letters, digits, '.', '_' and '-', and begin with a letter or digit"};
	if (std::ranges::none_of(text, is_letter))
		return Error{quote(text) + " has no letter", "",
			     "give the name a letter; bare numbers stand for ids"};
	return std::string(text);
}

Result<std::string> parse_initiator(std::string_view text)
{
	const std::string hint = "copy it from /etc/iscsi/initiatorname.iscsi of the node";
	const std::string_view rest = text.size() > 4 ? text.substr(4) : std::string_view();

	if (text.size() >= KNELL_INITIATOR_MAX)
		return Error{"the initiator name is longer than " +
				     std::to_string(KNELL_INITIATOR_MAX - 1) + " characters",
			     "", hint};
	if (std::ranges::any_of(text, is_upper) && !text.starts_with("eui.") &&
	    !text.starts_with("naa."))
		return Error{quote(text) + " has capital letters", "",
			     "iSCSI names are written in lower case"};
	if (text.starts_with("iqn.")) {
		const bool date = rest.size() > 8 && all(rest.substr(0, 4), is_digit) &&
				  rest[4] == '-' && all(rest.substr(5, 2), is_digit) &&
				  rest[7] == '.';

		if (date && all(rest, [](char c) {
			    return is_lower(c) || is_digit(c) || one_of(c, ".:-");
		    }))
			return std::string(text);
	} else if (text.starts_with("eui.") && rest.size() == 16 && all(rest, is_hex)) {
		return std::string(text);
	} else if (text.starts_with("naa.") && (rest.size() == 16 || rest.size() == 32) &&
		   all(rest, is_hex)) {
		return std::string(text);
	}
	return Error{quote(text) + " is not an iSCSI initiator name", "", hint};
}

Result<std::string> parse_path(std::string_view text)
{
	const std::string hint = "write an absolute path without '.', '..', '//' and final '/'";

	if (text.empty() || text[0] != '/')
		return Error{quote(text) + " is not an absolute path", "", hint};
	if (text.size() >= 4096)
		return Error{"the path is longer than 4095 characters", "", hint};
	for (std::size_t begin = 1; text.size() > 1 && begin <= text.size();) {
		const auto end = std::min(text.find('/', begin), text.size());
		const std::string_view part = text.substr(begin, end - begin);

		if (part.empty() || part == "." || part == "..")
			return Error{quote(text) + " is not in normal form", "", hint};
		begin = end + 1;
	}
	if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
		return Error{"the path has control characters", "", "rename the file"};
	return std::string(text);
}

Result<std::string> parse_device(std::string_view text)
{
	auto path = parse_path(text);

	if (!path)
		return path;
	if (!text.starts_with("/dev/"))
		return Error{quote(text) + " is not below /dev", "",
			     "name the block device, best by /dev/disk/by-id/"};
	for (std::string_view unstable : {"/dev/sd", "/dev/dm-", "/dev/sg"})
		if (text.starts_with(unstable))
			return Error{quote(text) + " may be another disk on the next start", "",
				     "use the link in /dev/disk/by-id/ that points to it"};
	return path;
}

Result<std::string> parse_drbd_device(std::string_view text)
{
	constexpr std::string_view prefix = "/dev/drbd";

	if (!text.starts_with(prefix) || !parse_number(text.substr(prefix.size()), 0, 1048575))
		return Error{quote(text) + " is not a device of DRBD", "", "write /dev/drbdN as in /etc/drbd.d"};
	return std::string(text);
}

Result<std::string> parse_serial(std::string_view text)
{
	if (text.size() != 25 || !all(text, [](char c) { return is_hex(c) && !is_upper(c); }))
		return Error{quote(text) + " is not a serial number", "",
			     "write 25 hexadecimal digits in lower case; initiators know the volume by them"};
	return std::string(text);
}

Result<std::string> parse_interface(std::string_view text)
{
	if (text.empty() || text.size() >= IFNAMSIZ || text == "." || text == ".." ||
	    !all(text, [](char c) { return std::isgraph(static_cast<unsigned char>(c)) && c != '/' && c != ':'; }))
		return Error{quote(text) + " is not the name of a network interface", "",
			     "take it from `ip link`"};
	return std::string(text);
}

Result<std::string> parse_unit(std::string_view text)
{
	static constexpr std::string_view suffixes[] = {".service", ".socket", ".target", ".timer",
							".path",    ".slice",  ".scope"};
	const bool suffix = std::ranges::any_of(
		suffixes, [text](auto s) { return text.size() > s.size() && text.ends_with(s); });

	if (!suffix || text.size() > 255 ||
	    !all(text, [](char c) { return is_letter(c) || is_digit(c) || one_of(c, ":-_.\\@"); }))
		return Error{quote(text) + " is not the name of a systemd unit", "",
			     "write it with its suffix, such as recordd.service"};
	return std::string(text);
}

Result<std::string> parse_address(std::string_view text)
{
	const Octets o = to_octets(text);
	char canonical[INET6_ADDRSTRLEN];

	if (o.family == AF_UNSPEC || text.find('\0') != text.npos)
		return Error{quote(text) + " is not an IP address", "",
			     "write a numeric IPv4 or IPv6 address; names are not resolved"};
	if (auto why = unusable(o); !why.empty())
		return Error{quote(text) + " " + std::string(why), "",
			     "write an address by which the node is reached"};
	inet_ntop(o.family, o.data.data(), canonical, sizeof(canonical));
	return std::string(canonical);
}

Result<model::FloatingAddress> parse_floating(std::string_view text)
{
	const auto slash = text.find('/');

	if (slash == text.npos)
		return Error{quote(text) + " has no prefix length", "",
			     "write ADDRESS/PREFIX, such as 192.168.77.100/24"};
	auto address = parse_address(text.substr(0, slash));

	if (!address)
		return address.error();
	const unsigned longest = address->find(':') == std::string::npos ? 32 : 128;
	auto prefix = parse_number(text.substr(slash + 1), 1, longest);

	if (!prefix)
		return Error{"the prefix length " + prefix.error().what, "",
			     "write a number from 1 to " + std::to_string(longest)};
	return model::FloatingAddress{*address, static_cast<unsigned>(*prefix), ""};
}

Result<std::string> parse_text(std::string_view text)
{
	if (text.empty())
		return Error{"the text is empty", "", "write a value or leave the line out"};
	return std::string(text);
}

Result<std::string> parse_mount_option(std::string_view text)
{
	if (text.empty() || text.find(',') != text.npos)
		return Error{quote(text) + " is not one mount option", "",
			     "write a list, one option per entry"};
	return std::string(text);
}

Result<model::Metrics> parse_listen(std::string_view text)
{
	const Error wrong{quote(text) + " is not an address and a port", "",
			  "write ADDRESS:PORT, such as 127.0.0.1:9131 or [::1]:9131"};
	const auto colon = text.rfind(':');

	if (colon == text.npos || colon == 0)
		return wrong;
	auto address = text.substr(0, colon);
	const bool brackets = address.size() > 2 && address.front() == '[' && address.back() == ']';
	if (brackets)
		address = address.substr(1, address.size() - 2);
	const Octets o = to_octets(address);
	auto port = parse_number(text.substr(colon + 1), 1, 65535);
	char canonical[INET6_ADDRSTRLEN];

	if (!port || address.find('\0') != address.npos || o.family == AF_UNSPEC ||
	    brackets != (o.family == AF_INET6))
		return wrong;
	inet_ntop(o.family, o.data.data(), canonical, sizeof(canonical));
	return model::Metrics{canonical, static_cast<std::uint16_t>(*port)};
}

Result<std::string> parse_recipient(std::string_view text)
{
	const auto at = text.find('@');
	const auto local = text.substr(0, at);
	const auto domain = at == text.npos ? std::string_view("local") : text.substr(at + 1);
	const auto word = [](std::string_view part, std::string_view set) {
		return !part.empty() && (is_letter(part.front()) || is_digit(part.front())) &&
		       all(part, [set](char c) { return is_letter(c) || is_digit(c) || one_of(c, set); });
	};

	if (text.size() > 254 || !word(local, "._+-=") || !word(domain, ".-"))
		return Error{quote(text) + " is not a recipient of e-mail", "",
			     "write a local name such as root, or NAME@DOMAIN"};
	return std::string(text);
}

} // namespace knell::config
