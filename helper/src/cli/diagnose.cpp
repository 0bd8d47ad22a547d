// SPDX-License-Identifier: GPL-2.0
// Asks every node that is up for its facts, and compares.
#include "cli/diagnose.hpp"

#include <chrono>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/text.hpp"
#include "model/document.hpp"
#include "util/version.hpp"

namespace knell::cli {
namespace {

constexpr const char *command_name = "diagnose";

std::uint64_t now_ns()
{
	using namespace std::chrono;
	return static_cast<std::uint64_t>(
		duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count());
}

int tell(Context &context, const std::vector<std::string> &problems, const std::vector<std::string> &known,
	 std::size_t asked)
{
	if (context.json) {
		json document = Context::envelope(command_name);

		document["asked"] = asked;
		document["problems"] = problems;
		document["notes"] = known;
		context.print(document);
		return problems.empty() ? exit_ok : exit_failed;
	}
	if (problems.empty())
		context.out << "nothing is wrong as far as the " << asked << " nodes asked can tell\n";
	for (const std::string &problem : problems)
		context.out << "! " << problem << "\n";
	for (const std::string &note : known)
		context.out << "  " << note << "\n";
	return problems.empty() ? exit_ok : exit_failed;
}

int diagnose(Context &context)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail(command_name, client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail(command_name, s.error());
	auto document = client->mib();

	if (!document)
		return context.fail(command_name, document.error());
	auto console = Console::open();

	if (!console)
		return context.fail(command_name, console.error());
	std::vector<std::uint16_t> asked;
	std::vector<Testimony> testimonies;

	for (const auto &node : s->nodes)
		if (askable(node))
			asked.push_back(node.id);
	for (std::uint16_t id : asked) {
		const auto told = (*console)->asker.pull({id}, talk::What::facts);

		if (!told[0] && told[0].error().code == EINTR)
			return context.fail(command_name, told[0].error());
		testimonies.push_back({id, node_name(*s, id),
				       told[0] ? talk::read_facts(*told[0]) :
						 Result<talk::Facts>(told[0].error()),
				       now_ns()});
	}
	return tell(context, diagnosis(*s, model::hex(document->sha256), testimonies), notes(*s, testimonies), asked.size());
}

} // namespace

std::vector<std::string> diagnosis(const Snapshot &s, const std::string &digest,
				   const std::vector<Testimony> &testimonies)
{
	std::vector<std::string> list = problems(s);

	for (const Testimony &t : testimonies) {
		auto add = [&](const std::string &what) { list.push_back("node " + t.node + ": " + printable(what)); };

		if (!t.facts) {
			list.push_back(printable(t.facts.error().text()));
			continue;
		}
		const talk::Facts &facts = *t.facts;

		// The own ones are among those of the snapshot.
		if (t.id != s.cluster.self)
			for (const std::string &problem : facts.problems)
				add(problem);
		if (facts.id != t.id)
			add(fmt::format("answers as node {} (two machines with one number? see --node of knelld)",
					facts.id));
		if (facts.version != version)
			add(fmt::format("runs knell {}, here it is {} (install the same version)", facts.version,
					version));
		if (facts.sha256 != digest)
			add(fmt::format("has generation {} in force, and it is another one than here (knellctl mib "
					"diff {}; knellctl start-of-day FILE)",
					facts.generation, t.node));
		if (facts.candidate)
			add("a start of day is under way, or was not finished (it is forgotten after a minute)");
		const std::uint64_t apart = facts.clock_ns > t.heard_ns ? facts.clock_ns - t.heard_ns :
									 t.heard_ns - facts.clock_ns;

		if (apart > clock_tolerance_ns)
			add(fmt::format("its clock is {} s {} (set it; is chrony or ntpd running there?)",
					apart / 1'000'000'000, facts.clock_ns > t.heard_ns ? "ahead" : "behind"));
	}
	return list;
}

std::vector<std::string> notes(const Snapshot &s, const std::vector<Testimony> &testimonies)
{
	std::vector<std::string> list;

	for (const Testimony &t : testimonies)
		if (t.facts && !t.facts->file.empty())
			list.push_back("node " + t.node + ": " + printable(t.facts->file));
	for (const auto &link : s.links)
		if (link.state == KNELL_LINK_STRANGER && !netlink::out_of_order(link))
			list.push_back(printable(link.name) + " is logged in and no member (knellctl node add)");
	return list;
}

void add_diagnose(CLI::App &app, Context &context)
{
	app.add_subcommand(command_name, "what is wrong, as all nodes see it, and what to do")->callback([&context] {
		context.chosen = [&context] { return diagnose(context); };
	});
}

} // namespace knell::cli
