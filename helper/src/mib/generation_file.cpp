// SPDX-License-Identifier: GPL-2.0
// Format: one line "knell-mib 1 NUMBER STORED_NS SHA256", then the document to the end.
#include "mib/generation_file.hpp"

#include "mib/files.hpp"
#include "model/document.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace knell::mib {

namespace fs = std::filesystem;

namespace {

constexpr const char *magic = "knell-mib";
constexpr int version = 1;

std::string path_of(const std::string &directory, std::uint32_t number)
{
	return directory + "/generation-" + std::to_string(number) + ".mib";
}

std::vector<fs::path> files_in(const std::string &directory)
{
	std::vector<fs::path> paths;
	std::error_code error;

	for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
	     entry.increment(error)) {
		std::string name = entry->path().filename();
		if (name.starts_with("generation-") && name.ends_with(".mib"))
			paths.push_back(entry->path());
	}
	return paths;
}

Result<Generation> parse(const std::string &path)
{
	auto content = read_file(path);
	if (!content)
		return content.error();
	const Error bad{path + " is not used", "it is damaged", ""};
	auto newline = content->find('\n');
	if (newline == std::string::npos)
		return bad;
	std::istringstream header(content->substr(0, newline));
	std::string word;
	int format = 0;
	Generation generation;
	header >> word >> format >> generation.number >> generation.stored_ns >> generation.sha256;
	if (!header || word != magic || format != version)
		return bad;
	generation.document = content->substr(newline + 1);
	auto sum = model::sha256(generation.document);
	if (!sum)
		return sum.error();
	if (model::hex(*sum) != generation.sha256)
		return bad;
	return generation;
}

} // namespace

Status write_generation_file(const std::string &directory, const Generation &generation)
{
	std::ostringstream content;

	content << magic << ' ' << version << ' ' << generation.number << ' ' << generation.stored_ns << ' '
		<< generation.sha256 << '\n' << generation.document;
	return write_file(path_of(directory, generation.number), content.str());
}

FoundGenerations read_generation_files(const std::string &directory)
{
	FoundGenerations found;

	for (const auto &path : files_in(directory)) {
		auto generation = parse(path);
		if (generation)
			found.intact.push_back(std::move(*generation));
		else
			found.rejected.push_back(generation.error().text());
	}
	std::sort(found.intact.begin(), found.intact.end(),
		  [](const Generation &a, const Generation &b) { return a.number < b.number; });
	return found;
}

void remove_generation_file(const std::string &directory, std::uint32_t number)
{
	std::error_code error;

	fs::remove(path_of(directory, number), error);
}

void forget_generation_files(const std::string &directory, std::size_t keep)
{
	auto found = read_generation_files(directory);
	std::error_code error;

	for (std::size_t index = 0; index + keep < found.intact.size(); index++)
		fs::remove(path_of(directory, found.intact[index].number), error);
}

} // namespace knell::mib
