// SPDX-License-Identifier: GPL-2.0
// Asks all nodes for what they know and writes it into one archive.
#include "cli/report.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/status.hpp"
#include "cli/text.hpp"
#include "model/names.hpp"
#include "util/handle.hpp"

namespace knell::cli {
namespace {

constexpr const char *command_name = "report";
constexpr const char *top = "knell-report/";
constexpr std::uint32_t history_count = 2000;

struct Asked {
	talk::What what;
	const char *name;
};

constexpr Asked asked[] = {
	{talk::What::facts, "facts.json"},
	{talk::What::report, "kernel.json"},
	{talk::What::mib, "mib.json"},
	{talk::What::history, "history.json"},
};

std::int64_t now()
{
	using namespace std::chrono;
	return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

/// A new file that only its owner may read: addresses and names of a site are nobody else's business.
Status write_new(const std::string &path, std::string_view octets)
{
	const std::string what = "cannot write " + path;
	const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

	if (!fd)
		return Error::from_errno(what, errno, errno == EEXIST ? "choose another name, or remove it" : "");
	while (!octets.empty()) {
		const ssize_t put = ::write(fd.get(), octets.data(), octets.size());

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			auto failed = Error::from_errno(what, errno, "is the file system full?");
			(void)::unlink(path.c_str());
			return failed;
		}
		octets.remove_prefix(static_cast<std::size_t>(put));
	}
	return {};
}

/// Everything of every node; an error only if the asking was interrupted.
Result<std::vector<Evidence>> gather(const Snapshot &s, talk::Asker &asker)
{
	std::vector<Evidence> evidence;
	std::vector<std::uint16_t> ids;

	for (const auto &node : s.nodes) {
		if (askable(node))
			ids.push_back(node.id);
		else
			evidence.push_back({node.name, "all", Error{"node " + node.name + " is " +
								    std::string(model::status_name(node.status)), "", ""}});
	}
	for (const Asked &file : asked) {
		auto told = asker.pull(ids, file.what, history_count);

		for (std::size_t i = 0; i < ids.size(); i++) {
			if (!told[i] && told[i].error().code == EINTR)
				return told[i].error();
			evidence.push_back({node_name(s, ids[i]), file.name, std::move(told[i])});
		}
	}
	return evidence;
}

int report(Context &context, const std::string &wanted)
{
	auto client = netlink::Client::connect();

	if (!client)
		return context.fail(command_name, client.error());
	auto s = take_snapshot(*client);

	if (!s)
		return context.fail(command_name, s.error());
	auto console = Console::open();

	if (!console)
		return context.fail(command_name, console.error());
	auto evidence = gather(*s, (*console)->asker);

	if (!evidence)
		return context.fail(command_name, evidence.error());
	const auto time = now();
	const std::string path =
		wanted.empty() ? fmt::format("knell-report-{:%Y%m%d-%H%M%S}.tar", fmt::gmtime(time)) : wanted;
	Tar archive(static_cast<std::uint64_t>(time));

	if (!archive.add(std::string(top) + "status.json", status_json(*s).dump(2) + "\n"))
		return context.fail(command_name, {"cannot write " + path, "the status is too long", ""});
	const auto missing = pack(archive, *evidence);

	if (auto done = write_new(path, archive.octets()); !done)
		return context.fail(command_name, done.error());
	if (context.json) {
		json document = Context::envelope(command_name);

		document["file"] = path;
		document["missing"] = missing;
		context.print(document);
	} else {
		context.out << path << "\n";
		for (const std::string &line : missing)
			context.out << "! missing: " << printable(line) << "\n";
	}
	return missing.empty() ? exit_ok : exit_failed;
}

} // namespace

std::vector<std::string> pack(Tar &archive, const std::vector<Evidence> &evidence)
{
	std::vector<std::string> missing;
	std::string text;

	for (const Evidence &e : evidence) {
		if (!e.content)
			missing.push_back(e.node + "/" + e.name + ": " + e.content.error().text());
		else if (!archive.add(top + e.node + "/" + e.name, *e.content))
			missing.push_back(e.node + "/" + e.name + ": it does not fit into the archive");
	}
	for (const std::string &line : missing)
		text += line + "\n";
	if (!text.empty() && !archive.add(std::string(top) + "missing.txt", text))
		missing.push_back("missing.txt");
	return missing;
}

void add_report(CLI::App &app, Context &context)
{
	auto *command = app.add_subcommand(command_name, "what all nodes know, in one archive for who is to help");
	auto file = std::make_shared<std::string>();

	command->add_option("file", *file, "the archive; else knell-report-TIME.tar here");
	command->callback([&context, file] { context.chosen = [&context, file] { return report(context, *file); }; });
}

} // namespace knell::cli
