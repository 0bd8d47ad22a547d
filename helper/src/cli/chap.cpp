// SPDX-License-Identifier: GPL-2.0
// Where open-iscsi and LIO keep CHAP passwords, and who may read them there.
#include "cli/chap.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include <fmt/format.h>

namespace knell::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto read_by_others = fs::perms::group_read | fs::perms::others_read;
constexpr std::uintmax_t size_max = 16 << 20;

/// A line of open-iscsi that is no comment, or a member of LIO's JSON, with a password in it.
bool holds_password(const fs::path &path)
{
	static const std::regex record(R"((^|\n)[ \t]*(node\.session|discovery\.sendtargets)\.auth\.password(_in)?[ \t]*=[ \t]*[^ \t\n])");
	static const std::regex saved(R"("[a-z_]*password"[ \t]*:[ \t]*"[^"])");
	std::ifstream file(path, std::ios::binary);
	const std::string text{std::istreambuf_iterator<char>(file), {}};

	return std::regex_search(text, path.extension() == ".json" ? saved : record);
}

void look_at(const fs::path &path, std::vector<Error> &found)
{
	std::error_code error;
	const auto status = fs::status(path, error);

	if (error || !fs::is_regular_file(status) || (status.permissions() & read_by_others) == fs::perms::none)
		return;
	const auto size = fs::file_size(path, error);
	if (error || size > size_max || !holds_password(path))
		return;
	found.push_back({"others may read the CHAP password in " + path.string(),
			 fmt::format("its mode is {:04o}", static_cast<unsigned>(status.permissions())),
			 "chmod 600 " + path.string() + ", and change the password"});
}

void look_below(const fs::path &folder, std::vector<Error> &found)
{
	std::error_code error;

	for (fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
	     !error && entry != end; entry.increment(error))
		look_at(entry->path(), found);
}

} // namespace

std::vector<Error> open_chap_files(const std::string &etc)
{
	std::vector<Error> found;
	const fs::path top(etc);

	look_at(top / "iscsi/iscsid.conf", found);
	look_below(top / "iscsi/nodes", found);
	look_below(top / "iscsi/send_targets", found);
	look_below(top / "rtslib-fb-target", found);
	look_below(top / "target", found);
	return found;
}

} // namespace knell::cli
