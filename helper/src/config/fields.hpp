// SPDX-License-Identifier: GPL-2.0
// Typed access to one mapping of a YAML file; complains about what is missing,
// doubled, unknown or of the wrong kind.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "config/problems.hpp"
#include "util/result.hpp"

namespace knell::config {

enum class Need { optional, required };

/// Fields - every key is asked for once, then finish() tells which keys nobody
/// asked for. Values that are wrong are recorded as problems and left as they were.
class Fields {
    public:
	Fields(const YAML::Node &node, std::string place, Problems &problems);

	/// A single value, given to parse(text) -> Result<U>; U converts to T.
	/// True if into was set.
	template <typename T, typename Parse>
	bool scalar(std::string_view key, T &into, Need need, Parse parse)
	{
		const YAML::Node node = find(key, need);

		if (node.IsDefined())
			if (auto text = as_text(node, child(key)))
				return store(child(key), parse(std::string_view(*text)), into);
		return false;
	}

	/// A list of single values.
	template <typename T, typename Parse>
	void list(std::string_view key, std::vector<T> &into, Need need, Parse parse)
	{
		each(key, need, [&](const YAML::Node &item, const std::string &place) {
			T value{};

			if (auto text = as_text(item, place))
				if (store(place, parse(std::string_view(*text)), value))
					into.push_back(std::move(value));
		});
	}

	/// A mapping, or a list of mappings; visit(fields) reads each.
	void map(std::string_view key, Need need, const std::function<void(Fields &)> &visit);
	void maps(std::string_view key, Need need, const std::function<void(Fields &)> &visit);

	[[nodiscard]] bool has(std::string_view key) const;

	/// Place of this mapping, or of one of its keys, for Problems::add().
	[[nodiscard]] const std::string &place() const { return place_; }
	[[nodiscard]] std::string child(std::string_view key) const;

	Problems &problems() { return problems_; }

	/// Complains about keys nobody asked for.
	void finish();

    private:
	using Visit = std::function<void(const YAML::Node &, const std::string &)>;

	YAML::Node find(std::string_view key, Need need);
	void each(std::string_view key, Need need, const Visit &visit);
	std::optional<std::string> as_text(const YAML::Node &node, const std::string &place);

	template <typename T, typename U>
	bool store(const std::string &place, Result<U> result, T &into)
	{
		if (!result) {
			problems_.add(place, result.error().what, result.error().hint);
			return false;
		}
		into = static_cast<T>(std::move(*result));
		return true;
	}

	YAML::Node node_;
	std::string place_;
	Problems &problems_;
	std::set<std::string, std::less<>> present_;
	std::set<std::string, std::less<>> asked_;
	std::vector<std::string> order_; ///< keys as asked, for "known are ..."
};

} // namespace knell::config
