// SPDX-License-Identifier: GPL-2.0
// Shows and compares the MIB document.
#include "cli/mib.hpp"

#include <algorithm>
#include <cerrno>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/text.hpp"
#include "model/document.hpp"
#include "model/names.hpp"

namespace knell::cli {
namespace {

int show(Context &context)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("mib", client.error());
	auto document = client->mib();

	if (!document)
		return context.fail("mib", document.error());
	const auto parsed = json::parse(document->text, nullptr, false);

	if (parsed.is_discarded())
		return context.fail("mib", {"the stored MIB document is not JSON", "",
					    "restart knelld; it installs its own copy again"});
	if (!context.json) {
		context.out << parsed.dump(2) << "\n";
		return exit_ok;
	}
	json out = Context::envelope("mib show");

	out["generation"] = document->generation;
	out["sha256"] = model::hex(document->sha256);
	out["document"] = parsed;
	context.print(out);
	return exit_ok;
}

/// The document in force here, and what all hold.
struct Comparison {
	netlink::MibDocument document;
	std::vector<Copy> copies;
};

/// Asks every node that is up, or only @wanted.
Result<Comparison> compare(const std::string &wanted)
{
	auto client = netlink::Client::connect();

	if (!client)
		return client.error();
	auto s = take_snapshot(*client);

	if (!s)
		return s.error();
	if (!wanted.empty()) {
		auto node = require_node(*s, wanted);

		if (!node)
			return node.error();
		s->nodes = {*node};
	}
	auto document = client->mib();

	if (!document)
		return document.error();
	auto digest = model::sha256(document->text);

	if (!digest)
		return digest.error();
	if (*digest != document->sha256)
		return Error{"the stored MIB document is damaged",
			     "its SHA-256 is " + model::hex(*digest) + ", not " + model::hex(document->sha256),
			     "restart knelld; it installs its own copy again"};
	auto copies = compare_copies(*s, document->generation, model::short_hash(*digest));
	auto console = Console::open();

	if (!console)
		return console.error();
	std::vector<std::uint16_t> asked;

	for (const Copy &copy : copies)
		if (copy.known)
			asked.push_back(copy.id);
	const auto fetched = (*console)->asker.pull(asked, talk::What::mib);

	for (std::size_t i = 0, next = 0; i < copies.size(); i++) {
		if (!copies[i].known)
			continue;
		const auto &copy = fetched[next++];

		if (!copy && copy.error().code == EINTR)
			return copy.error();
		judge(copies[i], copy, document->text);
	}
	return Comparison{std::move(*document), std::move(copies)};
}

int exit_status(const std::vector<Copy> &copies)
{
	return std::ranges::all_of(copies, [](const Copy &c) { return c.same || !c.known; }) ? exit_ok :
											       exit_failed;
}

int verify(Context &context)
{
	auto result = compare("");

	if (!result)
		return context.fail("mib", result.error());
	const auto digest = model::hex(result->document.sha256);

	if (context.json)
		context.print(verify_json(result->copies, result->document.generation, digest));
	else
		context.out << verify_text(result->copies, result->document.generation, digest);
	return exit_status(result->copies);
}

int diff(Context &context, const std::string &node)
{
	auto result = compare(node);

	if (!result)
		return context.fail("mib", result.error());
	if (context.json)
		context.print(diff_json(result->copies));
	else
		context.out << diff_text(result->copies);
	return exit_status(result->copies);
}

std::string judgement(const Copy &copy)
{
	if (!copy.known)
		return "not known";
	const std::string verdict = copy.same ? "same" : "DIFFERENT";

	return copy.compared ? verdict : verdict + " by hash";
}

/// A value of one of the two documents.
std::string value(const std::string &text)
{
	return text.empty() ? std::string(absent) : printable(text);
}

} // namespace

std::vector<Copy> compare_copies(const Snapshot &s, std::uint32_t generation, std::uint32_t hash)
{
	std::vector<Copy> copies;

	for (const auto &node : s.nodes) {
		Copy copy;

		copy.id = node.id;
		copy.node = node.name;
		copy.status = model::status_name(node.status);
		copy.generation = node.generation;
		copy.hash = node.mib_hash;
		copy.known = askable(node);
		copy.same = copy.generation == generation && copy.hash == hash;
		if (!copy.known)
			copy.why = "node " + node.name + " is " + copy.status;
		copies.push_back(std::move(copy));
	}
	return copies;
}

void judge(Copy &copy, const Result<std::string> &fetched, const std::string &ours)
{
	if (!fetched) {
		copy.why = fetched.error().text();
		return;
	}
	copy.compared = true;
	copy.differences = model::differences(ours, *fetched);
	copy.same = copy.differences.empty();
}

std::string verify_text(const std::vector<Copy> &copies, std::uint32_t generation,
			const std::string &digest)
{
	Table table({"NODE", "STATUS", "GENERATION", "HASH", "COPY"});
	std::string text = fmt::format("generation {}, SHA-256 {}\n\n", generation, digest);

	for (const Copy &copy : copies)
		table.add({copy.node, copy.status, std::to_string(copy.generation), hex32(copy.hash),
			   judgement(copy)});
	text += table.text();
	for (const Copy &copy : copies)
		if (!copy.compared)
			text += "! its copy was not fetched: " + printable(copy.why) + "\n";
	return text;
}

json verify_json(const std::vector<Copy> &copies, std::uint32_t generation,
		 const std::string &digest)
{
	json document = Context::envelope("mib verify");

	document["generation"] = generation;
	document["sha256"] = digest;
	document["copies"] = json::array();
	for (const Copy &copy : copies)
		document["copies"].push_back({{"node", copy.node},
					      {"status", copy.status},
					      {"generation", copy.generation},
					      {"hash", hex32(copy.hash)},
					      {"same", copy.known ? json(copy.same) : json(nullptr)},
					      {"compared", copy.compared},
					      {"why", copy.compared ? json(nullptr) : json(copy.why)}});
	return document;
}

std::string diff_text(const std::vector<Copy> &copies)
{
	Table table({"NODE", "FIELD", "HERE", "THERE"});
	std::string text;

	for (const Copy &copy : copies)
		for (const model::Difference &difference : copy.differences)
			table.add({copy.node, printable(difference.path), value(difference.ours),
				   value(difference.theirs)});
	text = table.empty() ? "" : table.text();
	for (const Copy &copy : copies)
		if (!copy.compared)
			text += "! " + copy.node + (copy.known && !copy.same ? " holds another description; its" : "'s") +
				" copy was not fetched: " + printable(copy.why) + "\n";
	return text.empty() ? "no difference\n" : text;
}

json diff_json(const std::vector<Copy> &copies)
{
	json document = Context::envelope("mib diff");

	document["copies"] = json::array();
	for (const Copy &copy : copies) {
		json list = json::array();

		for (const model::Difference &d : copy.differences)
			list.push_back({{"field", d.path},
					{"here", d.ours.empty() ? json(nullptr) : json(d.ours)},
					{"there", d.theirs.empty() ? json(nullptr) : json(d.theirs)}});
		document["copies"].push_back({{"node", copy.node},
					      {"same", copy.known ? json(copy.same) : json(nullptr)},
					      {"compared", copy.compared},
					      {"why", copy.compared ? json(nullptr) : json(copy.why)},
					      {"differences", list}});
	}
	return document;
}

void add_mib(CLI::App &app, Context &context)
{
	auto *mib = app.add_subcommand("mib", "the cluster's description as this node holds it");

	mib->require_subcommand(1);
	mib->fallthrough();
	mib->add_subcommand("show", "print the document")->callback([&context] {
		context.chosen = [&context] { return show(context); };
	});
	mib->add_subcommand("verify", "compare it with the copy of every node")
		->callback([&context] { context.chosen = [&context] { return verify(context); }; });
	auto *command = mib->add_subcommand("diff", "print the fields in which other copies differ");
	auto node = std::make_shared<std::string>();

	command->add_option("node", *node, "name or number; else all nodes");
	command->callback([&context, node] { context.chosen = [&context, node] { return diff(context, *node); }; });
}

} // namespace knell::cli
