// SPDX-License-Identifier: GPL-2.0
// Shows and compares the MIB document.
#include "cli/mib.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/commands.hpp"
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

int verify(Context &context)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail("mib", client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail("mib", s.error());
	auto document = client->mib();

	if (!document)
		return context.fail("mib", document.error());
	auto digest = model::sha256(document->text);

	if (!digest)
		return context.fail("mib", digest.error());
	if (*digest != document->sha256)
		return context.fail("mib", {"the stored MIB document is damaged",
					    "its SHA-256 is " + model::hex(*digest) + ", not " +
						    model::hex(document->sha256),
					    "restart knelld; it installs its own copy again"});
	const auto copies = compare_copies(*s, document->generation, model::short_hash(*digest));

	if (context.json)
		context.print(verify_json(copies, document->generation, model::hex(*digest)));
	else
		context.out << verify_text(copies, document->generation, model::hex(*digest));
	return std::ranges::all_of(copies, [](const Copy &c) { return c.same || !c.known; }) ?
		       exit_ok :
		       exit_failed;
}

const char *judgement(const Copy &copy)
{
	return !copy.known ? "not known" : copy.same ? "same" : "DIFFERENT";
}

} // namespace

std::vector<Copy> compare_copies(const Snapshot &s, std::uint32_t generation, std::uint32_t hash)
{
	std::vector<Copy> copies;

	for (const auto &node : s.nodes) {
		Copy copy{node.name, std::string(model::status_name(node.status)), node.generation,
			  node.mib_hash, false, false};

		copy.known = node.status != KNELL_STATUS_UNKNOWN && node.status < KNELL_STATUS_LEFT;
		copy.same = copy.generation == generation && copy.hash == hash;
		copies.push_back(copy);
	}
	return copies;
}

std::string verify_text(const std::vector<Copy> &copies, std::uint32_t generation,
			const std::string &digest)
{
	Table table({"NODE", "STATUS", "GENERATION", "HASH", "COPY"});
	std::string text = fmt::format("generation {}, SHA-256 {}\n\n", generation, digest);

	for (const Copy &copy : copies)
		table.add({copy.node, copy.status, std::to_string(copy.generation), hex32(copy.hash),
			   judgement(copy)});
	return text + table.text();
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
					      {"same", copy.known ? json(copy.same) : json(nullptr)}});
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
	mib->add_subcommand("verify", "compare it with what every node says it holds")
		->callback([&context] { context.chosen = [&context] { return verify(context); }; });
}

} // namespace knell::cli
