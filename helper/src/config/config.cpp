// SPDX-License-Identifier: GPL-2.0
// File to text, text to YAML, YAML to draft, draft to cluster.
#include "config/config.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include <sys/stat.h>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "config/problems.hpp"
#include "config/rules.hpp"
#include "config/schema.hpp"

namespace knell::config {
namespace {

constexpr std::size_t size_max = 1 << 20;

/// Position of the first octet that is no UTF-8, or of a control character
/// that no editor shows.
struct Bad {
	int line;
	int column;
	const char *what;
};

std::optional<Bad> find_bad(std::string_view text)
{
	Bad here{1, 1, "this is not UTF-8 text"};

	for (std::size_t i = 0; i < text.size();) {
		const auto octet = [&](std::size_t k) -> unsigned {
			return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u;
		};
		const unsigned first = octet(0);
		const std::size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 :
					   first >= 0xe0 && first < 0xf0 ? 3 :
					   first >= 0xf0 && first < 0xf5 ? 4 : 0;

		if (length == 0)
			return here;
		for (std::size_t k = 1; k < length; k++)
			if ((octet(k) & 0xc0) != 0x80)
				return here;
		if ((first == 0xe0 && octet(1) < 0xa0) || (first == 0xed && octet(1) >= 0xa0) ||
		    (first == 0xf0 && octet(1) < 0x90) || (first == 0xf4 && octet(1) >= 0x90))
			return here;
		if ((first < 0x20 && first != '\n' && first != '\r' && first != '\t') ||
		    first == 0x7f) {
			here.what = "a control character stands here";
			return here;
		}
		i += length;
		here.column++;
		if (first == '\n') {
			here.line++;
			here.column = 1;
		}
	}
	return std::nullopt;
}

/// Remembers where a document began, nothing else.
class Start final : public YAML::EventHandler {
public:
	YAML::Mark mark = YAML::Mark::null_mark();

	void OnDocumentStart(const YAML::Mark &here) override { mark = here; }
	void OnDocumentEnd() override {}
	void OnNull(const YAML::Mark &, YAML::anchor_t) override {}
	void OnAlias(const YAML::Mark &, YAML::anchor_t) override {}
	void OnScalar(const YAML::Mark &, const std::string &, YAML::anchor_t,
		      const std::string &) override
	{
	}
	void OnSequenceStart(const YAML::Mark &, const std::string &, YAML::anchor_t,
			     YAML::EmitterStyle::value) override
	{
	}
	void OnSequenceEnd() override {}
	void OnMapStart(const YAML::Mark &, const std::string &, YAML::anchor_t,
			YAML::EmitterStyle::value) override
	{
	}
	void OnMapEnd() override {}
};

/// Is there exactly one document? Not YAML::LoadAll: after some errors the parser of yaml-cpp
/// begins a new document for ever without reading on.
bool one_document(const std::string &text, Problems &problems)
{
	const char *hint = "describe one cluster; Documentation/cluster-example.yaml is one";
	std::istringstream stream(text);
	YAML::Parser parser(stream);
	Start start;

	if (!parser.HandleNextDocument(start)) {
		problems.add(0, 0, "the file is empty", hint);
		return false;
	}
	if (parser.HandleNextDocument(start)) {
		problems.add(start.mark.line + 1, start.mark.column + 1,
			     "the YAML document ends before this, and another one begins", hint);
		return false;
	}
	return true;
}

void inspect_yaml(const std::string &text, Inspection &inspection, Problems &problems)
{
	try {
		if (!one_document(text, problems))
			return;
		Draft draft = read_schema(YAML::Load(text), problems);

		inspection.cluster = apply_rules(std::move(draft), problems);
	} catch (const YAML::Exception &e) {
		problems.add(e.mark.line + 1, e.mark.column + 1, "YAML: " + e.msg,
			     "correct indentation, quotes and brackets around here");
	}
}

std::string printable(std::string text)
{
	for (char &c : text)
		if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
			c = '?';
	return text;
}

} // namespace

std::string format(std::string_view file, const Problem &problem)
{
	std::string line(file);

	if (problem.line > 0)
		line += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
	line += ": " + printable(problem.what);
	if (!problem.hint.empty())
		line += "; " + printable(problem.hint);
	return line;
}

Inspection inspect_text(std::string_view file, std::string_view text)
{
	Inspection inspection{std::string(file), {}, {}};
	Problems problems;

	if (text.size() > size_max)
		problems.add(0, 0, "the file is larger than 1 MiB",
			     "a cluster file has a few hundred lines; is this the right file?");
	else if (auto bad = find_bad(text))
		problems.add(bad->line, bad->column, bad->what, "save the file as UTF-8 text");
	else
		inspect_yaml(std::string(text), inspection, problems);
	inspection.problems = problems.take();
	return inspection;
}

Inspection inspect(const std::string &path)
{
	struct stat st {};
	std::string text;
	std::string why;

	if (stat(path.c_str(), &st) != 0) {
		why = std::strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		why = "it is not a regular file";
	} else {
		std::ifstream in(path, std::ios::binary);

		text.resize(size_max + 1);
		if (in && (in.read(text.data(), static_cast<std::streamsize>(text.size())) || in.eof()))
			text.resize(static_cast<std::size_t>(in.gcount()));
		else
			why = std::strerror(errno);
	}
	if (!why.empty())
		return {path, {}, {{0, 0, "cannot read the cluster file: " + why,
				    "check the path and its permissions"}}};
	return inspect_text(path, text);
}

Result<model::Cluster> load(const std::string &path)
{
	Inspection inspection = inspect(path);
	std::string why;

	if (inspection.ok())
		return std::move(inspection.cluster);
	for (const Problem &problem : inspection.problems)
		why += (why.empty() ? "" : "\n") + format(path, problem);
	return Error{"the cluster file " + path + " is refused", why,
		     "correct it and try `knellctl check " + path + "`"};
}

} // namespace knell::config
