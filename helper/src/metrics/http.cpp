// SPDX-License-Identifier: GPL-2.0
// A request is refused unless every line of it is as the standard has it.
#include "metrics/http.hpp"

#include "metrics/family.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace knell::metrics {

namespace {

constexpr std::string_view line_end = "\r\n";

bool token_char(char c)
{
	constexpr std::string_view others = "!#$%&'*+-.^_`|~";

	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       others.find(c) != others.npos;
}

bool token(std::string_view text)
{
	return !text.empty() && std::ranges::all_of(text, token_char);
}

/// What may stand in a field's value: no control character but the tab.
bool value_char(char c)
{
	const auto octet = static_cast<unsigned char>(c);

	return octet == '\t' || (octet >= ' ' && octet != 0x7f);
}

/// Takes one line off the front, without its end.
std::string_view take_line(std::string_view &rest)
{
	const auto end = rest.find(line_end);
	const auto line = rest.substr(0, end);

	rest.remove_prefix(end == rest.npos ? rest.size() : end + line_end.size());
	return line;
}

bool is_host(std::string_view name)
{
	constexpr std::string_view host = "host";

	return std::ranges::equal(name, host, [](char a, char b) { return (a | 0x20) == b; });
}

/// Every field is NAME ":" VALUE, and a Host is there as often as the version demands.
bool good_fields(std::string_view rest, bool host_needed)
{
	unsigned hosts = 0;

	for (auto line = take_line(rest); !line.empty(); line = take_line(rest)) {
		const auto colon = line.find(':');
		if (colon == line.npos || !token(line.substr(0, colon)) ||
		    !std::ranges::all_of(line.substr(colon + 1), value_char))
			return false;
		if (is_host(line.substr(0, colon)))
			hosts++;
	}
	return host_needed ? hosts == 1 : hosts <= 1;
}

std::string_view phrase(HttpStatus status)
{
	switch (status) {
	case HttpStatus::ok:
		return "OK";
	case HttpStatus::not_found:
		return "Not Found";
	case HttpStatus::method_not_allowed:
		return "Method Not Allowed";
	case HttpStatus::fields_too_large:
		return "Request Header Fields Too Large";
	case HttpStatus::version_not_supported:
		return "HTTP Version Not Supported";
	case HttpStatus::bad_request:
		break;
	}
	return "Bad Request";
}

} // namespace

HttpStatus judge(std::string_view head)
{
	if (head.find(end_of_head) + end_of_head.size() != head.size())
		return HttpStatus::bad_request;
	const auto line = take_line(head);
	const auto first = line.find(' '), last = line.rfind(' ');
	if (first == line.npos || first == last)
		return HttpStatus::bad_request;
	const auto method = line.substr(0, first), target = line.substr(first + 1, last - first - 1),
		   version = line.substr(last + 1);
	if (!token(method) || target.empty() || !std::ranges::all_of(target, [](char c) { return c > ' ' && c < 0x7f; }))
		return HttpStatus::bad_request;
	if (version != "HTTP/1.1" && version != "HTTP/1.0")
		return version.starts_with("HTTP/") ? HttpStatus::version_not_supported : HttpStatus::bad_request;
	if (!good_fields(head, version == "HTTP/1.1"))
		return HttpStatus::bad_request;
	if (target.substr(0, target.find('?')) != "/metrics")
		return HttpStatus::not_found;
	return method == "GET" ? HttpStatus::ok : HttpStatus::method_not_allowed;
}

std::string answer(HttpStatus status, std::string_view body)
{
	const bool ok = status == HttpStatus::ok;
	const auto words = fmt::format("{}; metrics are at /metrics\n", phrase(status));
	const auto content = ok ? body : std::string_view(words);

	return fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n{}",
			   static_cast<unsigned>(status), phrase(status), ok ? text_type : "text/plain; charset=utf-8",
			   content.size(), status == HttpStatus::method_not_allowed ? "Allow: GET\r\n" : "", content);
}

} // namespace knell::metrics
