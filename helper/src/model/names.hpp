// SPDX-License-Identifier: GPL-2.0
// One spelling for every enumerated word: files, documents, console and logs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/cluster.hpp"

namespace knell::model {

[[nodiscard]] std::string_view name(Role role);
[[nodiscard]] std::string_view name(OnDown on_down);
[[nodiscard]] std::string_view name(Supervision supervision);
[[nodiscard]] std::string_view name(Takeover takeover);
[[nodiscard]] std::string_view name(Fence fence);
[[nodiscard]] std::string_view name(Fsck fsck);

/// Numbers of the uapi headers; "invalid" for those they do not define.
[[nodiscard]] std::string_view role_name(std::uint8_t role);
[[nodiscard]] std::string_view status_name(std::uint8_t status);
[[nodiscard]] std::string_view reason_name(std::uint8_t reason);
[[nodiscard]] std::string_view app_state_name(std::uint8_t state);
[[nodiscard]] std::string_view answer_name(std::uint8_t answer);
[[nodiscard]] std::string_view link_kind_name(std::uint8_t kind);
[[nodiscard]] std::string_view link_state_name(std::uint8_t state);
[[nodiscard]] std::string_view order_name(std::uint16_t order);

/// The other way, for one of the enum classes above; nothing if the word is unknown.
template <typename E> [[nodiscard]] std::optional<E> parse_name(std::string_view word);
template <> std::optional<Role> parse_name(std::string_view word);
template <> std::optional<OnDown> parse_name(std::string_view word);
template <> std::optional<Supervision> parse_name(std::string_view word);
template <> std::optional<Takeover> parse_name(std::string_view word);
template <> std::optional<Fence> parse_name(std::string_view word);
template <> std::optional<Fsck> parse_name(std::string_view word);
template <> std::optional<Severity> parse_name(std::string_view word);
template <> std::optional<AlertKind> parse_name(std::string_view word);
template <> std::optional<AlertEvent> parse_name(std::string_view word);

} // namespace knell::model
