// SPDX-License-Identifier: GPL-2.0
// Archives: every octet of a header is where POSIX has it, and what goes in comes out.
#include <catch2/catch.hpp>

#include "cli/report.hpp"
#include "util/tar.hpp"

using namespace knell;

namespace {

struct Member {
	std::string name, content;
};

unsigned octal(const std::string &text)
{
	return static_cast<unsigned>(std::stoul(text, nullptr, 8));
}

/// As a reader of ustar archives would; every header is checked.
std::vector<Member> members(const std::string &archive)
{
	std::vector<Member> all;
	std::size_t at = 0;

	REQUIRE(archive.size() % 512 == 0);
	while (at + 1024 < archive.size()) {
		std::string header = archive.substr(at, 512);
		const auto size = octal(header.substr(124, 11));
		const auto sum = octal(header.substr(148, 6));
		unsigned total = 0;
		header.replace(148, 8, 8, ' ');
		for (unsigned char octet : header)
			total += octet;
		CHECK(sum == total);
		CHECK(octal(header.substr(100, 7)) == 0600);
		CHECK(octal(header.substr(136, 11)) == 1795172400);
		CHECK(header.substr(257, 8) == std::string("ustar\00000", 8));
		CHECK(header[156] == '0');
		const std::string name = header.c_str();
		all.push_back({name, archive.substr(at + 512, size)});
		const std::size_t filled = (size + 511) / 512 * 512;
		CHECK(archive.substr(at + 512 + size, filled - size).find_first_not_of('\0') == std::string::npos);
		at += 512 + filled;
	}
	CHECK(archive.substr(at) == std::string(1024, '\0'));
	return all;
}

} // namespace

TEST_CASE("what goes into an archive comes out of it", "[tar]")
{
	Tar archive(1795172400);
	const std::vector<Member> in = {{"a/empty", ""}, {"a/one", "1"}, {std::string(99, 'n'), std::string(512, 'x')},
					{"b", std::string(513, '\0')}};

	CHECK(archive.octets() == std::string(1024, '\0'));
	for (const auto &member : in)
		REQUIRE(archive.add(member.name, member.content));
	const auto out = members(archive.octets());
	REQUIRE(out.size() == in.size());
	for (std::size_t i = 0; i < in.size(); i++) {
		CHECK(out[i].name == in[i].name);
		CHECK(out[i].content == in[i].content);
	}
}

TEST_CASE("a name that does not fit is refused and adds nothing", "[tar]")
{
	Tar archive(0);

	CHECK_FALSE(archive.add("", "x"));
	CHECK_FALSE(archive.add(std::string(100, 'n'), "x"));
	CHECK(archive.octets() == std::string(1024, '\0'));
}

TEST_CASE("a report has what every node gave, and says what it has not", "[tar]")
{
	Tar archive(1795172400);
	const auto missing = cli::pack(archive, {{"a", "facts.json", std::string("{}")},
						 {"b", "all", Error{"node b is down", "", ""}},
						 {"c", std::string(99, 'x'), std::string("1")}});
	const auto out = members(archive.octets());

	REQUIRE(missing.size() == 2);
	CHECK(missing[0] == "b/all: node b is down");
	CHECK(missing[1].ends_with("it does not fit into the archive"));
	REQUIRE(out.size() == 2);
	CHECK(out[0].name == "knell-report/a/facts.json");
	CHECK(out[0].content == "{}");
	CHECK(out[1].name == "knell-report/missing.txt");
	CHECK(out[1].content == missing[0] + "\n" + missing[1] + "\n");
}
