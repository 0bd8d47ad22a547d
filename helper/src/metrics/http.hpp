// SPDX-License-Identifier: GPL-2.0
// As much of HTTP/1.1 (RFC 9112) as a scrape needs: GET /metrics, one request per connection.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace knell::metrics {

enum class HttpStatus : unsigned {
	ok = 200,
	bad_request = 400,
	not_found = 404,
	method_not_allowed = 405,
	fields_too_large = 431,
	version_not_supported = 505,
};

/// Octets of a request line and its fields, their empty line included, that are read at most.
inline constexpr std::size_t request_max = 8192;

/// What ends them.
inline constexpr std::string_view end_of_head = "\r\n\r\n";

/// Pure. `head` is everything up to and with the first empty line; a body is nobody's concern.
[[nodiscard]] HttpStatus judge(std::string_view head);

/// Pure. The whole answer; `body` is sent with `ok` only, anything else is told in words.
[[nodiscard]] std::string answer(HttpStatus status, std::string_view body);

} // namespace knell::metrics
