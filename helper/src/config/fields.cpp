// SPDX-License-Identifier: GPL-2.0
// The kind of every YAML node is tested before it is used: yaml-cpp never throws here.
#include "config/fields.hpp"

#include <algorithm>
#include <numeric>

namespace knell::config {
namespace {

const char *kind(const YAML::Node &node)
{
	switch (node.Type()) {
	case YAML::NodeType::Sequence:
		return "a list";
	case YAML::NodeType::Map:
		return "a mapping";
	case YAML::NodeType::Scalar:
		return "a single value";
	default:
		return "nothing";
	}
}

/// A block list or mapping, or nothing, begins where the line after the key
/// begins: what people look for is the key.
void note(Problems &problems, const std::string &place, const YAML::Node &node,
	  const YAML::Node &key)
{
	const YAML::Mark mark = (node.IsScalar() ? node : key).Mark();

	if (!mark.is_null())
		problems.note(place, mark.line + 1, mark.column + 1);
}

/// Edit distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b)
{
	std::vector<std::size_t> row(b.size() + 1);

	std::iota(row.begin(), row.end(), std::size_t{0});
	for (std::size_t i = 0; i < a.size(); i++) {
		std::size_t diagonal = row[0]++;

		for (std::size_t j = 0; j < b.size(); j++) {
			const std::size_t above = row[j + 1];

			row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] != b[j])});
			diagonal = above;
		}
	}
	return row.back();
}

} // namespace

Fields::Fields(const YAML::Node &node, std::string place, Problems &problems)
	: node_(node), place_(std::move(place)), problems_(problems)
{
	if (!node_.IsMap()) {
		problems_.add(place_, std::string("a mapping is expected here, not ") + kind(node_),
			      "write lines of the form KEY: VALUE");
		return;
	}
	for (const auto &entry : node_) {
		const YAML::Mark mark = entry.first.Mark();

		if (!entry.first.IsScalar())
			problems_.add(mark.line + 1, mark.column + 1,
				      std::string("a key is a word, not ") + kind(entry.first),
				      "write lines of the form KEY: VALUE");
		else if (!present_.insert(entry.first.Scalar()).second)
			problems_.add(mark.line + 1, mark.column + 1,
				      "key '" + entry.first.Scalar() + "' stands here twice",
				      "remove one of the two");
	}
}

std::string Fields::child(std::string_view key) const
{
	return place_.empty() ? std::string(key) : place_ + "." + std::string(key);
}

bool Fields::has(std::string_view key) const
{
	return present_.contains(key);
}

YAML::Node Fields::find(std::string_view key, Need need)
{
	if (asked_.emplace(key).second)
		order_.emplace_back(key);
	if (node_.IsMap())
		for (const auto &entry : node_)
			if (entry.first.IsScalar() && entry.first.Scalar() == key) {
				note(problems_, child(key), entry.second, entry.first);
				return entry.second;
			}
	if (need == Need::required && node_.IsMap())
		problems_.add(place_, "key '" + std::string(key) + "' is missing",
			      "add it; Documentation/cluster-example.yaml shows where");
	return YAML::Node(YAML::NodeType::Undefined);
}

std::optional<std::string> Fields::as_text(const YAML::Node &node, const std::string &place)
{
	if (!node.IsScalar()) {
		problems_.add(place, std::string("a single value is expected here, not ") + kind(node),
			      node.IsNull() ? "write the value or remove the line" :
					      "write one word, number or quoted text");
		return std::nullopt;
	}
	if (node.Scalar().find('\0') != std::string::npos) {
		problems_.add(place, "the value contains a NUL character", "remove it");
		return std::nullopt;
	}
	return node.Scalar();
}

void Fields::each(std::string_view key, Need need, const Visit &visit)
{
	const YAML::Node node = find(key, need);
	std::size_t index = 0;

	if (!node.IsDefined())
		return;
	if (!node.IsSequence()) {
		problems_.add(child(key), std::string("a list is expected here, not ") + kind(node),
			      "write [A, B] or one line '- A' per entry; [] is the empty list");
		return;
	}
	for (const YAML::Node &item : node) {
		const std::string place = child(key) + "[" + std::to_string(index++) + "]";

		note(problems_, place, item, item);
		visit(item, place);
	}
}

void Fields::map(std::string_view key, Need need, const std::function<void(Fields &)> &visit)
{
	const YAML::Node node = find(key, need);

	if (!node.IsDefined())
		return;
	Fields fields(node, child(key), problems_);

	if (node.IsMap()) {
		visit(fields);
		fields.finish();
	}
}

void Fields::maps(std::string_view key, Need need, const std::function<void(Fields &)> &visit)
{
	each(key, need, [&](const YAML::Node &item, const std::string &place) {
		Fields fields(item, place, problems_);

		visit(fields);
		fields.finish();
	});
}

void Fields::finish()
{
	if (!node_.IsMap())
		return;
	for (const auto &entry : node_) {
		if (!entry.first.IsScalar() || asked_.contains(entry.first.Scalar()))
			continue;
		const std::string &key = entry.first.Scalar();
		std::string known;
		std::string hint;

		for (const std::string &candidate : order_) {
			known += (known.empty() ? "" : ", ") + candidate;
			if (hint.empty() && distance(key, candidate) <= 2)
				hint = "did you mean '" + candidate + "'?";
		}
		if (hint.empty())
			hint = "known here: " + known;
		problems_.add(entry.first.Mark().line + 1, entry.first.Mark().column + 1,
			      "unknown key '" + key + "'", hint);
	}
}

} // namespace knell::config
