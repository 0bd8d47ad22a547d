// SPDX-License-Identifier: GPL-2.0
// A strict reader of Prometheus' text format: what it complains about a scraper might not take.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

class ExpositionCheck {
public:
	explicit ExpositionCheck(const std::string &text)
	{
		std::istringstream in(text);

		if (text.empty() || text.back() != '\n')
			complain("the last line has no end");
		for (std::string line; std::getline(in, line);)
			read(line);
		for (const auto &[series, buckets] : buckets_)
			check_histogram(series, buckets);
		for (const auto &name : types_)
			if (!used_.contains(name.first))
				complain(name.first + " has no sample");
	}

	[[nodiscard]] const std::vector<std::string> &complaints() const { return complaints_; }
	/// Value of a series as written, such as `knell_nodes{status="down"}`; NaN if there is none.
	[[nodiscard]] double value(const std::string &series) const
	{
		const auto found = values_.find(series);

		return found == values_.end() ? std::nan("") : found->second;
	}
	[[nodiscard]] std::size_t size() const { return values_.size(); }

private:
	void complain(const std::string &what) { complaints_.push_back(what); }

	void read(const std::string &line)
	{
		static const std::regex comment(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
		static const std::regex sample(
			R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+))re");
		std::smatch match;

		if (std::regex_match(line, match, comment)) {
			const std::string name = match[2];
			family_ = name;
			if (match[1] == "HELP") {
				if (!helped_.insert(name).second)
					complain(name + " has HELP twice");
			} else if (!types_.emplace(name, match[3]).second) {
				complain(name + " has TYPE twice");
			}
			return;
		}
		if (!std::regex_match(line, match, sample))
			return complain("not understood: " + line);
		check_sample(match[1], match[2], match[3], line);
	}

	void check_sample(const std::string &name, const std::string &labels, const std::string &number,
			  const std::string &line)
	{
		char *end = nullptr;
		const double value = std::strtod(number.c_str(), &end);
		std::string base = name;

		if (*end)
			complain("no number: " + line);
		if (!values_.emplace(name + labels, value).second)
			complain("twice: " + name + labels);
		for (const char *suffix : {"_bucket", "_sum", "_count"})
			if (name.ends_with(suffix) && types_.contains(name.substr(0, name.size() - std::string(suffix).size())))
				base = name.substr(0, name.size() - std::string(suffix).size());
		if (base != family_)
			complain("not below its TYPE: " + line);
		used_.insert(base);
		const std::string type = types_.contains(base) ? types_.at(base) : "";
		if (!helped_.contains(base) || type.empty())
			complain(base + " lacks HELP or TYPE");
		if ((type == "counter") != base.ends_with("_total"))
			complain(base + ": counters and nothing else end in _total");
		if (type == "counter" && !(value >= 0))
			complain("a counter below 0: " + line);
		if (type == "gauge" && (base.ends_with("_ms") || base.ends_with("_ns") || base.ends_with("_percent")))
			complain(base + ": not a base unit");
		if (type == "histogram")
			add_bucket(name, base, labels, value);
	}

	void add_bucket(const std::string &name, const std::string &base, const std::string &labels, double value)
	{
		static const std::regex le("le=\"([^\"]+)\"");
		std::smatch match;

		if (name == base + "_count")
			counts_[base] = value;
		if (name != base + "_bucket")
			return;
		if (!std::regex_search(labels, match, le))
			return complain(name + " has no le");
		const std::string bound = match[1];
		buckets_[base].emplace_back(bound == "+Inf" ? HUGE_VAL : std::stod(bound), value);
	}

	void check_histogram(const std::string &name, const std::vector<std::pair<double, double>> &buckets)
	{
		if (!std::ranges::is_sorted(buckets))
			complain(name + ": buckets are not cumulative or not in order");
		if (buckets.back().first != HUGE_VAL || buckets.back().second != counts_[name])
			complain(name + ": the last bucket is not +Inf with all of them");
	}

	std::string family_;
	std::set<std::string> helped_, used_;
	std::map<std::string, std::string> types_;
	std::map<std::string, double> values_, counts_;
	std::map<std::string, std::vector<std::pair<double, double>>> buckets_;
	std::vector<std::string> complaints_;
};
