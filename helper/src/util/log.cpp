// SPDX-License-Identifier: GPL-2.0
// The log sink: spdlog on stderr, in the form the reader on the other side understands.
#include "util/log.hpp"

#include <cstdlib>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace knell::log {

namespace {

bool under_journal = false;

spdlog::logger &sink()
{
	static auto logger = [] {
		auto made = std::make_shared<spdlog::logger>(
			"knell", std::make_shared<spdlog::sinks::stderr_sink_mt>());
		made->set_pattern("%Y-%m-%dT%H:%M:%S.%f %v");
		made->set_level(spdlog::level::trace);
		made->flush_on(spdlog::level::trace);
		return made;
	}();
	return *logger;
}

Level lowest_level = Level::info;

// sd-daemon(3) priority prefixes.
constexpr const char *prefix[] = {"<7>", "<6>", "<5>", "<4>", "<3>"};
constexpr const char *name[] = {"debug: ", "", "", "warning: ", "error: "};

} // namespace

void setup(Level lowest)
{
	lowest_level = lowest;
	under_journal = std::getenv("JOURNAL_STREAM") != nullptr;
	if (under_journal)
		sink().set_pattern("%v");
}

void write(Level level, std::string_view text)
{
	if (level < lowest_level)
		return;
	auto index = static_cast<std::size_t>(level);
	sink().info("{}{}", under_journal ? prefix[index] : name[index], text);
}

} // namespace knell::log
