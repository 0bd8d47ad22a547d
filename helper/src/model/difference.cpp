// SPDX-License-Identifier: GPL-2.0
// Two JSON trees, walked side by side.
#include "model/difference.hpp"

#include <map>
#include <nlohmann/json.hpp>

namespace knell::model {

namespace {

using json = nlohmann::json;

constexpr auto lenient = json::error_handler_t::replace;

/// Members of an array as they are told: objects with an id by it, all else by position.
std::map<std::string, const json *> members(const json &array)
{
	std::map<std::string, const json *> found;

	for (std::size_t i = 0; i < array.size(); i++) {
		const bool by_id = array[i].is_object() && array[i].contains("id");
		auto name = by_id ? array[i]["id"].dump(-1, ' ', false, lenient) : std::to_string(i);
		// Two of one id would hide each other.
		if (found.contains("[" + name + "]"))
			name += " at " + std::to_string(i);
		found.emplace("[" + name + "]", &array[i]);
	}
	return found;
}

std::map<std::string, const json *> children(const json &value)
{
	std::map<std::string, const json *> found;

	if (value.is_array())
		return members(value);
	if (value.is_object())
		for (const auto &[key, child] : value.items())
			found.emplace("." + key, &child);
	return found;
}

std::string text(const json *value)
{
	return value ? value->dump(-1, ' ', false, lenient) : std::string();
}

/// What a path is called; the root has none.
std::string called(const std::string &path)
{
	if (path.empty())
		return "document";
	return path.starts_with(".") ? path.substr(1) : path;
}

void compare(const std::string &path, const json *ours, const json *theirs, std::vector<Difference> &list)
{
	if (ours && theirs && *ours == *theirs)
		return;
	const bool both = ours && theirs && ours->type() == theirs->type() && ours->is_structured();
	if (!both) {
		list.push_back({called(path), text(ours), text(theirs)});
		return;
	}
	auto left = children(*ours), right = children(*theirs);
	const std::size_t before = list.size();
	for (const auto &[name, child] : left)
		compare(path + name, child, right.contains(name) ? right[name] : nullptr, list);
	for (const auto &[name, child] : right)
		if (!left.contains(name))
			compare(path + name, nullptr, child, list);
	// The same members in another order.
	if (list.size() == before)
		list.push_back({called(path), text(ours), text(theirs)});
}

} // namespace

std::vector<Difference> differences(std::string_view ours, std::string_view theirs)
{
	std::vector<Difference> list;

	if (ours == theirs)
		return list;
	const json left = json::parse(ours, nullptr, false), right = json::parse(theirs, nullptr, false);
	if (!left.is_discarded() && !right.is_discarded())
		compare("", &left, &right, list);
	if (list.empty())
		list.push_back({"document", std::to_string(ours.size()) + " octets",
				std::to_string(theirs.size()) + " octets"});
	return list;
}

} // namespace knell::model
