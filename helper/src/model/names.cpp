// SPDX-License-Identifier: GPL-2.0
// The tables behind names.hpp, indexed by the numbers of the uapi headers.
#include "model/names.hpp"

#include <array>
#include <iterator>

namespace knell::model {
namespace {

template <std::size_t N>
std::string_view lookup(const std::array<std::string_view, N> &table, std::size_t index)
{
	return index < N && !table[index].empty() ? table[index] : "invalid";
}

template <typename E, std::size_t N>
std::optional<E> find(const std::array<std::string_view, N> &table, std::string_view word)
{
	for (std::size_t i = 0; i < N; i++)
		if (!table[i].empty() && table[i] == word)
			return static_cast<E>(i);
	return std::nullopt;
}

constexpr auto roles = std::to_array<std::string_view>({"", "server", "router", "array"});
constexpr auto on_downs = std::to_array<std::string_view>({"none", "isolate", "reboot", "panic"});
constexpr auto supervisions = std::to_array<std::string_view>({"off", "nop"});
constexpr auto takeovers = std::to_array<std::string_view>({"standby", "any"});
constexpr auto fences = std::to_array<std::string_view>({"reservation", "none"});
constexpr auto fscks = std::to_array<std::string_view>({"auto", "never", "force"});
constexpr auto statuses = std::to_array<std::string_view>(
	{"unknown", "joining", "standby", "active", "recovered", "left", "lost", "down"});
constexpr auto reasons = std::to_array<std::string_view>(
	{"none", "panic", "crash", "oops", "cpu", "helper", "storage", "link", "shutdown",
	 "admin", "nexus", "fenced", "takeover", "planned", "step", "deadline", "memory",
	 "start", "test"});
constexpr auto app_states = std::to_array<std::string_view>(
	{"unknown", "stopped", "orphan", "starting", "running", "stopping", "failed"});
constexpr auto answers = std::to_array<std::string_view>({"off", "ok", "no"});
constexpr auto link_kinds = std::to_array<std::string_view>({"", "initiator", "target"});
constexpr auto link_states = std::to_array<std::string_view>({"down", "hello", "up", "stranger"});
constexpr auto orders = std::to_array<std::string_view>({"", "release", "reset", "maintenance"});

static_assert(statuses.size() == KNELL_STATUS_DOWN + 1);
static_assert(reasons.size() == KNELL_REASON_TEST + 1);
static_assert(app_states.size() == KNELL_APP_FAILED + 1);
static_assert(orders.size() == KNELL_ORDER_MAINTENANCE + 1);

} // namespace

std::string_view name(Role role) { return role_name(static_cast<std::uint8_t>(role)); }
std::string_view name(OnDown v) { return lookup(on_downs, static_cast<std::size_t>(v)); }
std::string_view name(Supervision v)
{
	return lookup(supervisions, static_cast<std::size_t>(v));
}
std::string_view name(Takeover v) { return lookup(takeovers, static_cast<std::size_t>(v)); }
std::string_view name(Fence v) { return lookup(fences, static_cast<std::size_t>(v)); }
std::string_view name(Fsck v) { return lookup(fscks, static_cast<std::size_t>(v)); }

std::string_view role_name(std::uint8_t role) { return lookup(roles, role); }
std::string_view status_name(std::uint8_t status) { return lookup(statuses, status); }
std::string_view reason_name(std::uint8_t reason) { return lookup(reasons, reason); }
std::string_view app_state_name(std::uint8_t state) { return lookup(app_states, state); }
std::string_view answer_name(std::uint8_t answer) { return lookup(answers, answer); }
std::string_view link_kind_name(std::uint8_t kind) { return lookup(link_kinds, kind); }
std::string_view link_state_name(std::uint8_t state) { return lookup(link_states, state); }
std::string_view order_name(std::uint16_t order) { return lookup(orders, order); }

template <> std::optional<Role> parse_name(std::string_view w) { return find<Role>(roles, w); }
template <> std::optional<OnDown> parse_name(std::string_view w) { return find<OnDown>(on_downs, w); }
template <> std::optional<Supervision> parse_name(std::string_view w)
{
	return find<Supervision>(supervisions, w);
}
template <> std::optional<Takeover> parse_name(std::string_view w)
{
	return find<Takeover>(takeovers, w);
}
template <> std::optional<Fence> parse_name(std::string_view w) { return find<Fence>(fences, w); }
template <> std::optional<Fsck> parse_name(std::string_view w) { return find<Fsck>(fscks, w); }

} // namespace knell::model
