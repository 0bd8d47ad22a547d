// SPDX-License-Identifier: GPL-2.0
// Spells alerts. Texts may hold what came over the network: control characters never get out.
#include "alert/alert.hpp"

#include <chrono>
#include <ctime>
#include <fmt/format.h>

namespace knell::alert {

namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;

std::string printable(std::string text)
{
	for (char &c : text)
		if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
			c = '?';
	return text;
}

/// In UTC and English, whatever the locale of this machine.
std::string time_text(std::uint64_t stamp_ns, const char *format)
{
	const auto seconds = static_cast<std::time_t>(stamp_ns / ns_per_s);
	std::tm tm{};
	char text[64];

	gmtime_r(&seconds, &tm);
	return {text, std::strftime(text, sizeof(text), format, &tm)};
}

std::string iso(std::uint64_t stamp_ns)
{
	return time_text(stamp_ns, "%Y-%m-%dT%H:%M:%SZ");
}

std::string who(const Origin &origin)
{
	return "cluster " + origin.cluster + ", told by " + origin.node;
}

} // namespace

std::uint64_t now_ns()
{
	using namespace std::chrono;
	return static_cast<std::uint64_t>(
		duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

std::string line_of(const Alert &alert, const Origin &origin)
{
	return printable(fmt::format("{} {} {}: {} [{}]", iso(alert.time_ns), model::name(alert.severity),
				     model::name(alert.event), alert.text, who(origin)));
}

std::vector<std::pair<std::string, std::string>> environment_of(const Alert &alert, const Origin &origin)
{
	return {
		{"KNELL_EVENT", std::string(model::name(alert.event))},
		{"KNELL_SEVERITY", std::string(model::name(alert.severity))},
		{"KNELL_TIME", iso(alert.time_ns)},
		{"KNELL_CLUSTER", origin.cluster},
		{"KNELL_REPORTER", origin.node},
		{"KNELL_NODE", printable(alert.node)},
		{"KNELL_APPLICATION", printable(alert.application)},
		{"KNELL_REASON", printable(alert.reason)},
		{"KNELL_TEXT", printable(alert.text)},
		{"KNELL_TEST", alert.event == model::AlertEvent::test ? "1" : "0"},
	};
}

std::string mail_of(const Alert &alert, const Origin &origin, const model::AlertTarget &target)
{
	std::string to;

	for (const std::string &recipient : target.recipients)
		to += (to.empty() ? "" : ",\n ") + recipient;
	std::string mail = fmt::format("To: {}\nSubject: {}\nDate: {}\n", to,
				       printable(fmt::format("[knell {}] {}: {}", origin.cluster,
							     model::name(alert.severity), alert.text)),
				       time_text(now_ns(), "%a, %d %b %Y %H:%M:%S +0000"));

	// RFC 3834: nobody's holiday notice answers.
	mail += "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n";
	mail += printable(alert.text) + "\n\n";
	for (const auto &[key, value] : environment_of(alert, origin))
		if (key != "KNELL_TEXT" && !value.empty())
			mail += fmt::format("{:<18}{}\n", key, value);
	return mail;
}

std::string journal_of(const Alert &alert, const Origin &origin)
{
	std::string datagram = fmt::format("MESSAGE={}\nPRIORITY={}\nSYSLOG_IDENTIFIER=knelld\n",
					   printable(alert.text), static_cast<int>(alert.severity));

	for (const auto &[key, value] : environment_of(alert, origin))
		if (key != "KNELL_TEXT" && !value.empty())
			datagram.append(key).append("=").append(value).append("\n");
	return datagram;
}

} // namespace knell::alert
