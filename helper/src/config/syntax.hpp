// SPDX-License-Identifier: GPL-2.0
// Single values of a cluster file: text in, value or reason out. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/cluster.hpp"
#include "util/result.hpp"

namespace knell::config {

/// Decimal or 0x-hexadecimal, within [low, high].
Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t low, std::uint64_t high);

/// Digits and a unit: ms, s, m or h. A bare 0 needs none. At most 1000 h.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Letters, digits, '.', '_', '-'; begins with a letter or digit, has at least
/// one letter (numbers stand for ids), shorter than KNELL_NAME_MAX.
Result<std::string> parse_label(std::string_view text);

/// iSCSI name of RFC 7143 in lower case: iqn., eui. or naa.
Result<std::string> parse_initiator(std::string_view text);

/// Absolute path without empty, "." or ".." parts and without a final '/'.
Result<std::string> parse_path(std::string_view text);

/// Path below /dev that does not depend on the order in which disks were found.
Result<std::string> parse_device(std::string_view text);

/// "/dev/drbd" and a minor number.
Result<std::string> parse_drbd_device(std::string_view text);

/// Serial number of a logical unit as LIO makes an NAA identifier of it: 25 hexadecimal digits in lower case.
Result<std::string> parse_serial(std::string_view text);

/// Name of a network interface.
Result<std::string> parse_interface(std::string_view text);

/// Name of a systemd unit with its suffix.
Result<std::string> parse_unit(std::string_view text);

/// Numeric unicast IPv4 or IPv6 address in its shortest spelling.
Result<std::string> parse_address(std::string_view text);

/// ADDRESS/PREFIX; the interface stays empty.
Result<model::FloatingAddress> parse_floating(std::string_view text);

/// Anything but an empty text.
Result<std::string> parse_text(std::string_view text);

/// One mount option: not empty, no comma.
Result<std::string> parse_mount_option(std::string_view text);

/// ADDRESS:PORT, or [ADDRESS]:PORT for IPv6; loopback is allowed here.
Result<model::Metrics> parse_listen(std::string_view text);

/// Recipient of e-mail: a local name or NAME@DOMAIN, never something a program takes for an option.
Result<std::string> parse_recipient(std::string_view text);

} // namespace knell::config
