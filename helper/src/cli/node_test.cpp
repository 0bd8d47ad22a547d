// SPDX-License-Identifier: GPL-2.0
// Asks one node, waits for its tests and tells them line by line.
#include "cli/node_test.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/console.hpp"
#include "cli/diagnose.hpp"
#include "cli/node.hpp"
#include "cli/text.hpp"
#include "model/document.hpp"
#include "model/names.hpp"
#include "util/version.hpp"

namespace knell::cli {
namespace {

constexpr const char *command_name = "node test";

std::string milli(std::int64_t ns)
{
	return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
}

talk::TestLine compare_clocks(const talk::TimedFacts &theirs)
{
	constexpr auto limit = static_cast<std::int64_t>(clock_tolerance_ns);
	const auto apart = theirs.clock_difference_ns;
	const auto off = apart < 0 ? -(apart + 1) : apart; // of every number, also of the lowest
	talk::TestLine line{"", "clock", theirs.facts.host, false, ""};

	line.passed = off <= limit - theirs.clock_error_ns;
	line.words = fmt::format("{} {}, known to {}", milli(off),
				 apart < 0 ? "behind" : "ahead", milli(theirs.clock_error_ns));
	if (!line.passed)
		line.words += off > limit ? fmt::format("; {} are allowed (set it by NTP)", milli(limit)) :
					    "; the way there is too slow to know more";
	return line;
}

} // namespace

std::vector<talk::TestLine> compare(const Ours &ours, const talk::TimedFacts &theirs)
{
	const talk::Facts &facts = theirs.facts;
	std::vector<talk::TestLine> lines;
	auto add = [&](const char *kind, const std::string &subject, bool passed, std::string words) {
		lines.push_back({"", kind, subject, passed, std::move(words)});
	};

	add("version", facts.host, facts.version == ours.version,
	    "knell " + facts.version + (facts.version == ours.version ? "" : ", here it is " + ours.version));
	add("description", fmt::format("generation {}", facts.generation), facts.sha256 == ours.sha256,
	    facts.sha256 == ours.sha256 ? "the same as here" : "not what is in force here (knellctl mib diff)");
	lines.push_back(compare_clocks(theirs));
	std::string wrong;
	for (const std::string &problem : facts.problems)
		wrong += (wrong.empty() ? "" : "; ") + problem;
	add("health", facts.host, wrong.empty(), wrong);
	return lines;
}

std::string node_test_text(const std::string &node, const std::vector<talk::TestLine> &lines)
{
	Table table({"TEST", "APPLICATION", "OF", "RESULT"});
	std::string text;
	std::size_t failed = 0;

	for (const auto &line : lines) {
		table.add({printable(line.kind), line.application.empty() ? std::string(absent) : printable(line.application),
			   printable(line.subject), line.passed ? "passed" : "failed"});
		if (!line.passed)
			failed++;
	}
	text = table.text();
	for (const auto &line : lines)
		if (!line.passed)
			text += "! " + printable(line.kind) + " " + printable(line.subject) + ": " +
				printable(line.words) + "\n";
	return text + "\nnode " + node + ": " +
	       (failed ? fmt::format("{} of {} tests failed\n", failed, lines.size()) :
			 fmt::format("all {} tests passed\n", lines.size()));
}

json node_test_json(const std::string &node, const std::vector<talk::TestLine> &lines)
{
	json document = Context::envelope(command_name);

	document["node"] = node;
	document["passed"] = std::ranges::all_of(lines, &talk::TestLine::passed);
	document["tests"] = json::array();
	for (const auto &line : lines)
		document["tests"].push_back({{"test", line.kind},
					     {"application", line.application.empty() ? json(nullptr) : json(line.application)},
					     {"subject", line.subject},
					     {"passed", line.passed},
					     {"why", line.words.empty() ? json(nullptr) : json(line.words)}});
	return document;
}

int test_node(Context &context, const std::string &name)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail(command_name, client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail(command_name, s.error());
	auto node = require_node(*s, name);

	if (!node)
		return context.fail(command_name, node.error());
	if (!askable(*node))
		return context.fail(command_name,
				    {"node " + node->name + " cannot be asked",
				     "it is " + std::string(model::status_name(node->status)),
				     "start knelld there; its journal tells why if it does not stay up"});
	auto document = client->mib();

	if (!document)
		return context.fail(command_name, document.error());
	auto digest = model::sha256(document->text);

	if (!digest)
		return context.fail(command_name, digest.error());
	auto console = Console::open();

	if (!console)
		return context.fail(command_name, console.error());
	auto theirs = talk::timed_facts((*console)->asker, node->id);

	if (!theirs)
		return context.fail(command_name, theirs.error());
	auto tested = talk::examine((*console)->asker, node->id);

	if (!tested)
		return context.fail(command_name, tested.error());
	auto lines = compare({version, model::hex(*digest)}, *theirs);

	lines.insert(lines.end(), tested->begin(), tested->end());
	if (context.json)
		context.print(node_test_json(node->name, lines));
	else
		context.out << node_test_text(node->name, lines);
	return std::ranges::all_of(lines, &talk::TestLine::passed) ? exit_ok : exit_failed;
}

void add_node_test(CLI::App &group, Context &context)
{
	auto *command = group.add_subcommand("test", "have a node test that it could serve, now");
	auto name = std::make_shared<std::string>();

	command->add_option("node", *name, "name or number")->required();
	command->callback([&context, name] {
		context.chosen = [&context, name] { return test_node(context, *name); };
	});
}

} // namespace knell::cli
