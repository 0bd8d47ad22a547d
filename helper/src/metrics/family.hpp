// SPDX-License-Identifier: GPL-2.0
// Metrics as passive data, and their text as Prometheus reads it (text format 0.0.4).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace knell::metrics {

enum class Kind : std::uint8_t { counter, gauge, histogram };

struct Label {
	std::string name, value;
};

struct Sample {
	std::vector<Label> labels;
	double value = 0;
	std::string suffix;	///< of a histogram: "_bucket", "_sum", "_count"
};

/// All samples of one metric.
struct Family {
	Kind kind = Kind::gauge;
	std::string name, help;
	std::vector<Sample> samples;
};

/// A count of observations by size. No lock of its own.
class Histogram {
public:
	/// Upper bounds of its buckets, rising.
	static constexpr std::array bounds{0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0};

	void observe(double value);
	[[nodiscard]] Family family(std::string name, std::string help) const;

private:
	std::array<std::uint64_t, bounds.size() + 1> counts_{};	// one each; the last is beyond all bounds
	double sum_ = 0;
};

inline constexpr std::string_view text_type = "text/plain; version=0.0.4; charset=utf-8";

/// Pure. Values of labels and help are escaped here; they have to be UTF-8.
[[nodiscard]] std::string text(const std::vector<Family> &families);

} // namespace knell::metrics
