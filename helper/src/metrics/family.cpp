// SPDX-License-Identifier: GPL-2.0
// The text format: HELP, TYPE and the samples of each family.
#include "metrics/family.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace knell::metrics {

namespace {

std::string_view kind_name(Kind kind)
{
	switch (kind) {
	case Kind::counter:
		return "counter";
	case Kind::histogram:
		return "histogram";
	case Kind::gauge:
		break;
	}
	return "gauge";
}

/// The shortest text that reads back as the same number.
std::string number(double value)
{
	if (std::isnan(value))
		return "NaN";
	if (std::isinf(value))
		return value > 0 ? "+Inf" : "-Inf";
	return fmt::format("{}", value);
}

void escape(std::string &out, std::string_view text, bool quotes)
{
	for (const char c : text) {
		if (c == '\\' || (quotes && c == '"'))
			out += '\\';
		if (c == '\n')
			out += "\\n";
		else
			out += c;
	}
}

void append(std::string &out, const Family &family, const Sample &sample)
{
	char before = '{';

	out += family.name;
	out += sample.suffix;
	for (const auto &label : sample.labels) {
		out += std::exchange(before, ',');
		out += label.name;
		out += "=\"";
		escape(out, label.value, true);
		out += '"';
	}
	if (before == ',')
		out += '}';
	out += ' ';
	out += number(sample.value);
	out += '\n';
}

} // namespace

void Histogram::observe(double value)
{
	const auto bucket = std::ranges::lower_bound(bounds, value) - bounds.begin();

	counts_[static_cast<std::size_t>(bucket)]++;
	sum_ += value;
}

Family Histogram::family(std::string name, std::string help) const
{
	Family result{Kind::histogram, std::move(name), std::move(help), {}};
	double count = 0;

	for (std::size_t i = 0; i < counts_.size(); i++) {
		count += static_cast<double>(counts_[i]);
		result.samples.push_back({{{"le", number(i < bounds.size() ? bounds[i] : HUGE_VAL)}}, count, "_bucket"});
	}
	result.samples.push_back({{}, sum_, "_sum"});
	result.samples.push_back({{}, count, "_count"});
	return result;
}

std::string text(const std::vector<Family> &families)
{
	std::string out;

	for (const auto &family : families) {
		out += "# HELP " + family.name + ' ';
		escape(out, family.help, false);
		out += "\n# TYPE " + family.name + ' ';
		out += kind_name(family.kind);
		out += '\n';
		for (const auto &sample : family.samples)
			append(out, family, sample);
	}
	return out;
}

} // namespace knell::metrics
